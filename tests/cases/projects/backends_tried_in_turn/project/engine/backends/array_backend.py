import array
NAME = "array"


def total(x):
    return sum(array.array("d", x))
