from .shared import K


def fast(x):
    return x * K
