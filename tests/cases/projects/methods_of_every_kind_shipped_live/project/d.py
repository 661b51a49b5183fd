import json, functools, operator
from ship import ship
def logged(prefix="p"):
    def deco(f):
        @functools.wraps(f)
        def w(self, *a): return [prefix, f(self, *a)]
        return w
    return deco
class Tool:
    n = 3
    @logged("q")
    def go(self, x): return x + self.n
    @classmethod
    @logged("c")
    def cm(cls, x): return x * cls.n
    @property
    def prop(self): return self.n
    pm = functools.partialmethod(go, 7)
    inner = staticmethod(lambda x: x - 1)
    class Nested:
        v = 2
        def m(self): return self.v
t = Tool(); t.n = 10
Tool.extra = lambda self: "extra%d" % self.n
print(json.dumps([ship(t.go, 1), ship(Tool.cm, 2), ship(t.pm), ship(Tool.inner, 3), ship(Tool.Nested().m), ship(t.extra), ship(functools.partial(Tool.go, t), 2), ship(map(operator.neg, [1]).__next__) if 0 else 1]))
