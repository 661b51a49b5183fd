import json
from ship import ship
class Field:
    def __set_name__(self, o, n): self.n = n
    def __get__(self, i, o=None): return self if i is None else i.__dict__.get(self.n, "unset")
    def __set__(self, i, v): i.__dict__[self.n] = v
class Meta(type):
    fields = []
    def __new__(m, n, b, ns, **kw):
        c = super().__new__(m, n, b, ns)
        c.names = [k for k, v in ns.items() if isinstance(v, Field)]
        c.kw = kw
        return c
    def __getitem__(c, k): return c.__name__ + k
class Base(metaclass=Meta): pass
class R(Base, flavour="x"):
    a = Field()
    b = Field()
r = R(); r.a = 5
def run(q):
    return [q.a, q.b, R.names, R.kw, R["!"], type(q) is R, isinstance(q, Base)]
print(json.dumps([ship(run, r), ship(lambda: r.a), ship(lambda: R.kw)]))
