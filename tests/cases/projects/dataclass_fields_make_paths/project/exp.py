import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Config:
    base: Path = Path(__file__).parent
    params: Path = field(default_factory=lambda: Path(__file__).parent / "cfg" / "params.json")
    name: str = "table"

    @property
    def table(self) -> Path:
        return self.base / "cfg" / (self.name + ".csv")

    def load(self):
        return json.loads(self.params.read_text()), self.table.read_text().split()


def run():
    a, b = Config().load()
    c, d = Config(name="other").load()
    return [a, b, c, d]
