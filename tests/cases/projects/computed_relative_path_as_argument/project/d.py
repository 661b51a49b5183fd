import json, pathlib
from ship import ship
def f(p, q):
    return [open(p).read().strip(), q.read_text().strip()]
name = "in/" + chr(97) + ".txt"
print(json.dumps(ship(f, name, pathlib.Path("in") / (chr(98) + ".txt"))))
