class Sleeper:
    kind = "sleeper"

    def __init__(self, pos):
        self.pos = pos

    def move(self, rng, grid):
        pass
