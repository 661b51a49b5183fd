import json, functools, operator
from ship import ship
OPS = {"add": lambda a, b: a + b, "mul": lambda a, b: a * b}
KEYS = [lambda x, n=n: x % n for n in (2, 3, 5)]
half = functools.partial(functools.partial(operator.mul), 0.5)
def app(name, a, b, f=lambda q: q * 10):
    return f(OPS[name](a, b))
def srt(xs):
    return sorted(xs, key=lambda x: tuple(k(x) for k in KEYS))
out = [ship(app, "mul", 3, 4), ship(srt, [1,2,3,4,5,6,7]), ship(half, 3), ship(OPS["add"], 1, 2), ship(KEYS[1], 10), ship(lambda: [f(7) for f in KEYS])]
print(json.dumps(out))
