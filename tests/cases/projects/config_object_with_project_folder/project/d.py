import dataclasses, json, os
from ship import ship
@dataclasses.dataclass
class Config:
    root: str
    name: str = "n.txt"
    def file(self):
        return os.path.join(self.root, self.name)
cfg = Config(os.path.join(os.path.dirname(os.path.abspath(__file__)), "data"))
def read():
    return open(cfg.file()).read().strip()
print(json.dumps(ship(read)))
