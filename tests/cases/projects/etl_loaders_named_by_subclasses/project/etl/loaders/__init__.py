from . import orders, people
