import json
from ship import ship
def f(x):
    f.calls += 1
    return [x, f.calls, f.tag]
f.calls = 0
f.tag = "a"
f(1)
def main():
    f.tag = "b"
    return ship(f, 5)
print(json.dumps(main()))
