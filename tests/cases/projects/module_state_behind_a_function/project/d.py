import json
import mymod
from ship import ship
mymod.setup(4)
print(json.dumps([ship(mymod.get), ship(mymod.items)]))
