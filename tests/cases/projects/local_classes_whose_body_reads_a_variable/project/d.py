import json, enum, abc, collections, typing, dataclasses
from ship import ship
def make(k):
    class Base(abc.ABC):
        K = k
        @abc.abstractmethod
        def f(self): ...
        def __repr__(self): return f"{type(self).__name__}({self.K})"
    class Impl(Base):
        def f(self): return super().__repr__() + "!"
        @property
        def p(self): return self.K + k
        @classmethod
        def c(cls): return cls.__name__
        @staticmethod
        def s(): return k
    class Color(enum.Enum):
        RED = 1
        GREEN = k
        def low(self): return self.name.lower()
    @dataclasses.dataclass(frozen=True, order=True)
    class D:
        a: int
        b: list = dataclasses.field(default_factory=list)
        def t(self): return self.a + k
    class NT(typing.NamedTuple):
        x: int
        y: int = 3
        def s(self): return self.x + self.y
    P = collections.namedtuple("P", "u v")
    class Slot:
        __slots__ = ("a",)
        def __init__(self): self.a = k
    red = Color.RED
    impl = Impl()
    def run():
        d = D(1)
        return [impl.f(), impl.p, Impl.c(), Impl.s(), red.low(), red is Color.RED, d.t(), D(1) < D(2), NT(1).s(), P(1, 2).v, Slot().a, isinstance(impl, Base)]
    return run
print(json.dumps(ship(make(5))))
