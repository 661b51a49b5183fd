import json, pathlib
from ship import ship
HERE = pathlib.Path(__file__).parent
class Loader:
    def __init__(self, base):
        self.base = base
        self.index = {p.stem: p for p in sorted(base.iterdir())}
    def load(self, k):
        return self.index[k].read_text() + str(self.base.name)
L = Loader(HERE / "in")
def f(): return L.load("a")
print(json.dumps([ship(f), ship(L.load, "b")]))
