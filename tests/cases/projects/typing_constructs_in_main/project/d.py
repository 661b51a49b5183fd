from __future__ import annotations
import json, enum, typing
from typing import NamedTuple, TypedDict, Protocol, Generic, TypeVar, runtime_checkable, NewType
from dataclasses import dataclass, field, replace
from ship import ship
T = TypeVar("T")
UserId = NewType("UserId", int)
class Row(NamedTuple):
    a: int
    b: str = "x"
class TD(TypedDict, total=False):
    k: int
@runtime_checkable
class Sized2(Protocol):
    def size(self) -> int: ...
class Box(Generic[T]):
    def __init__(self, v: T): self.v = v
    def size(self): return 1
class F(enum.Flag):
    A = enum.auto(); B = enum.auto()
    AB = A | B
class I(enum.IntEnum):
    ONE = 1
    @property
    def dbl(self): return self * 2
@dataclass(frozen=True)
class Cfg:
    row: Row
    flags: F = F.A
    extra: dict[str, int] = field(default_factory=dict)
cfg = Cfg(Row(1), F.AB, {"z": 1})
def run(c: Cfg, b: Box[int]) -> list:
    return [c == cfg, c.row.b, c.flags is F.AB, I.ONE.dbl, isinstance(b, Sized2), b.v, UserId(5), replace(c, row=Row(9)).row.a, typing.get_type_hints(Cfg)["flags"] is F]
print(json.dumps(ship(run, cfg, Box(3))))
