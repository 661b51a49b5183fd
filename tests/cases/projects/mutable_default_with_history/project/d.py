import json
from ship import ship
def f(x, acc=[]):
    acc.append(x)
    return list(acc)
f(1); f(2)
print(json.dumps(ship(f, 3)))
