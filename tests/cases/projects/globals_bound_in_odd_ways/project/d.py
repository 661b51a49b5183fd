import json, os, sys
from ship import ship
try:
    import nothing_here as fast
except ImportError:
    fast = None
with open(__file__) as fh:
    FIRST = fh.readline().strip()
for i in range(3):
    LAST = i * 2
n = 0
while n < 5:
    n += 1
(a, *b), c = (1, 2, 3), 4
x = y = [1]
x += [2]
def setg():
    global G
    G = 77
setg()
junk = 1
del junk
match = 3
if (w := 10) > 5:
    BIG = True
else:
    BIG = False
globals()["DYN"] = 12
exec("EX = 13")
vars()["V"] = 14
def run():
    return [fast, FIRST, LAST, i, n, a, b, c, x, y, x is y, G, w, BIG, DYN, EX, V, "junk" in globals()]
print(json.dumps(ship(run)))
