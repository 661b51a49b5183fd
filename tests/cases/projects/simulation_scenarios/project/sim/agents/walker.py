class Walker:
    kind = "walker"

    def __init__(self, pos):
        self.pos = pos

    def move(self, rng, grid):
        self.pos += rng.integers(0, 3) + grid[0, 1]
