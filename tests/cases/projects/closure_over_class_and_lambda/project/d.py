import json

from ship import ship


def build(step):
    calls = 0

    class Cell:
        def __init__(self, v):
            self.v = v

        def moved(self):
            return Cell(self.v + step)

    shift = lambda c: c.v + 1

    def count():
        nonlocal calls
        calls += 1
        return calls

    def run(values):
        out = []
        for v in values:
            out.append(shift(Cell(v).moved()))
            count()
        return [out, calls]

    return run


print(json.dumps(ship(build(10), [1, 2])))
