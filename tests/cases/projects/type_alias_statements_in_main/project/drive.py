import json

from ship import ship

type Pair[T] = tuple[T, T]


class Box[T]:
    def __init__(self, value: T):
        self.value = value

    def doubled(self) -> "Box[T]":
        return Box(2 * self.value)


def first[T](pair: Pair[T]) -> T:
    return pair[0]


def work(n):
    return Box(n).doubled().value, first((1, 2)), Pair.__name__


if __name__ == "__main__":
    print(json.dumps(ship(work, 3)))
