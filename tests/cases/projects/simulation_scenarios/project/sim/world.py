import numpy as np


class World:
    def __init__(self, sc, agents):
        self.rng = np.random.default_rng(sc.seed)
        self.agents = agents
        self.grid = sc.grid

    def tick(self):
        for a in self.agents:
            a.move(self.rng, self.grid)

    def report(self):
        return [[a.kind, int(a.pos)] for a in self.agents]
