"""Everything that is shipped is defined under the main guard, over a function of the same name above it."""

import json

from registry import NAMES, note
from ship import ship


def weigh(x):
    return x


class Early:
    def up(self):
        return self.x + 1


if __name__ == "__main__":
    import enum
    from dataclasses import dataclass

    import plots

    factor = 3
    note("a")
    note("b")

    class Kind(enum.Enum):
        ONE = 1
        TWO = 2

    @dataclass
    class Late(Early):
        x: int
        made = 0

        def more(self):
            Late.made += 1
            return Late(self.x + 1)

    class LateError(Exception):
        pass

    def weigh(x):
        import helper

        return helper.plus_one(x) * factor

    def factorial(n):
        return 1 if n < 2 else n * factorial(n - 1)

    def measure(item, kind):
        return weigh(item.up() - 3) + 1, factorial(5), kind is Kind.TWO, type(item).__name__, kind.value

    def fail():
        raise LateError("late")

    def names():
        note("c")
        return sorted(NAMES)

    plots.show(factor)
    more = ship(Late(5).more)
    try:
        ship(fail)
    except Exception as error:
        failed = str(getattr(error, "message", error))
    print(json.dumps([list(ship(measure, Late(3), Kind.TWO)), [type(more) is Late, more.x, ship(lambda: Kind.ONE) is Kind.ONE], failed, ship(names)]))
