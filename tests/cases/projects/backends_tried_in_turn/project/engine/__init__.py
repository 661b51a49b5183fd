from .dispatch import compute
