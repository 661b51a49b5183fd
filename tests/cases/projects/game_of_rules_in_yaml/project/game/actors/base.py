class Actor:
    def __init__(self, rng, power=1):
        self.rng = rng
        self.power = power
