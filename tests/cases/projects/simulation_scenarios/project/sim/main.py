from .world import World
from .io.scenario import Scenario
from .agents import create


def run(scenario, steps=2):
    sc = Scenario.from_name(scenario)
    w = World(sc, [create(k, i) for i, k in enumerate(sc.agents)])
    for _ in range(steps):
        w.tick()
    return w.report()
