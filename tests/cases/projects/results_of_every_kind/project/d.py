import json, datetime, decimal, enum, pathlib, collections, dataclasses, math
from ship import ship
class E(enum.Enum): A = 1
@dataclasses.dataclass
class D:
    x: int
    other: object = None
class Node:
    def __init__(self): self.me = self
def run():
    n = Node(); d = D(1, n)
    return {"d": [d, d], "n": n, "e": E.A, "dt": datetime.datetime(2020,1,1, tzinfo=datetime.timezone.utc), "dec": decimal.Decimal("1.10"), "p": pathlib.Path("a/b"), "s": {1,2}, "f": frozenset([1]), "b": b"x", "c": collections.Counter("aab"), "nan": math.nan, "inf": -math.inf, "big": 10**300, "sur": "\ud800", "emoji": "\U0001f600", "dd": collections.defaultdict(list, a=[1]), "cplx": 1j, "rng": range(3), "exc": ValueError("a", 2), "fn": helper, "cls": D}
def helper(x): return x + 1
r = ship(run)
print(json.dumps([r["d"][0] is r["d"][1], type(r["d"][0]) is D, r["d"][0].other is r["n"], r["n"].me is r["n"], r["e"] is E.A, r["dt"].isoformat(), str(r["dec"]), str(r["p"]), sorted(r["s"]), r["c"]["a"], r["nan"] != r["nan"], r["inf"], r["big"] == 10**300, r["sur"] == "\ud800", r["emoji"], r["dd"]["q"], r["cplx"] == 1j, list(r["rng"]), r["exc"].args, r["fn"] is helper, r["cls"] is D]))
