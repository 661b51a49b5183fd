import json
from multiprocessing import get_context

from ship import ship


class Model:
    def __init__(self, factor):
        self.factor = factor

    def predict(self, x):
        return self.factor * x


class Registry:
    def __init__(self):
        self.steps = []

    def step(self, function):
        self.steps.append(function)
        return function


model = Model(1)
model.factor = 3
registry = Registry()


@registry.step
def double(x, by=model):
    return [x * 2, registry.steps[0].__name__]


def work():
    with get_context("spawn").Pool(1) as pool:
        return pool.map(model.predict, [2, 3]), pool.apply(double, (1,))


if __name__ == "__main__":
    print(json.dumps(ship(work)))
