import json
import mymod
from ship import ship
def f():
    return [mymod.X, mymod.CONFIG["a"], mymod.get()]
if __name__ == "__main__":
    mymod.X = 6
    mymod.CONFIG["a"] = 3
    print(json.dumps(ship(f)))
