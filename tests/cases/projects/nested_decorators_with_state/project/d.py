import json, functools
from ship import ship
REG = {}
def register(name):
    def deco(f):
        REG[name] = f
        @functools.wraps(f)
        def inner(*a, **k):
            inner.calls += 1
            return f(*a, **k)
        inner.calls = 0
        return inner
    return deco
def memo(f):
    cache = {}
    hits = 0
    @functools.wraps(f)
    def w(x):
        nonlocal hits
        if x in cache:
            hits += 1
            return [cache[x], hits]
        cache[x] = f(x)
        return [cache[x], hits]
    return w
@register("sq")
@memo
def sq(x): return x * x
@memo
@register("cube")
def cube(x): return x ** 3
sq(2); sq(2)
def run():
    return [sq(2), cube(3), sorted(REG), REG["sq"](5), sq.calls]
def main():
    sq(2)
    cube(3)
    return ship(run)
print(json.dumps(main()))
