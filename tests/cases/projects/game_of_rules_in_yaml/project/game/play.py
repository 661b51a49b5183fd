import random
from .rules import Rules
from .actors import make


def play(seed):
    rules = Rules.load("classic")
    rng = random.Random(seed)
    team = [make(spec, rng) for spec in rules.actors]
    return [a.act(rules) for a in team]
