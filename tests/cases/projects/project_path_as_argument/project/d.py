from pathlib import Path
import json
from ship import ship
HERE = Path(__file__).resolve().parent
def read(path):
    return path.read_text().strip()
print(json.dumps(ship(read, HERE / "data" / "n.txt")))
