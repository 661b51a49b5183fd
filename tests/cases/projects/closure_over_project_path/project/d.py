from pathlib import Path
import json
from ship import ship
def make(name):
    path = Path(__file__).resolve().parent / "data" / name
    def read():
        return path.read_text().strip()
    return read
print(json.dumps(ship(make("n.txt"))))
