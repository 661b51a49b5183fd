from .base import Actor


class Knight(Actor):
    def act(self, rules):
        return ["knight", self.rng.randint(1, rules.conf["dice"])]
