import os

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = [("a", "one.txt", 2), ("b", "two.txt", 3)]
TABLE = {"x": ("d/x.dat", int), "y": ("d/y.dat", float)}


def pair():
    return "three.txt", "four.txt"


def run():
    out = {}
    for name, path, k in SOURCES:
        with open(os.path.join(HERE, path)) as f:
            out[name] = f.read().strip() * k
    for name, (path, conv) in TABLE.items():
        out[name] = conv(open(os.path.join(HERE, path)).read())
    p, q = pair()
    out["p"] = open(os.path.join(HERE, p)).read().strip() + open(os.path.join(HERE, q)).read().strip()
    return out
