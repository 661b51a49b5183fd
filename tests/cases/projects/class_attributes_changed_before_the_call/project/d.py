import json
from ship import ship
class Base:
    registry = {}
    rate = 1
    def __init_subclass__(cls, **kw):
        super().__init_subclass__()
        Base.registry[cls.__name__] = kw
class A(Base, tag=1): pass
class B(A, tag=2): pass
A.rate = 7
Base.registry["extra"] = {"x": 1}
def run():
    return [sorted(Base.registry), A.rate, B.rate, Base.rate]
def main():
    B.rate = 9
    Base.registry["late"] = {}
    return ship(run)
print(json.dumps(main()))
