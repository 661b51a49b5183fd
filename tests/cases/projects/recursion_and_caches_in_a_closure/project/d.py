import json
from functools import reduce, partial, lru_cache, singledispatchmethod, total_ordering
from operator import attrgetter, itemgetter, methodcaller
from ship import ship
def outer():
    @lru_cache(None)
    def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
    class Node:
        def __init__(self, v, kids=()): self.v = v; self.kids = kids
        def total(self): return self.v + sum(k.total() for k in self.kids)
        def clone(self): return Node(self.v, self.kids)
        @singledispatchmethod
        def add(self, x): return "?"
        @add.register
        def _(self, x: int): return self.v + x
    tree = Node(1, [Node(2), Node(3)])
    get = attrgetter("v"); up = methodcaller("total")
    def run(n):
        return [fib(n), tree.total(), get(tree), up(tree), tree.clone().total(), tree.add(4), type(tree) is Node, reduce(lambda a, b: a * b, [1, 2, 3])]
    return run
print(json.dumps(ship(outer(), 20)))
