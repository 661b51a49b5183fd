import csv
import json
from abc import ABC
from pathlib import Path

PKG = Path(__file__).resolve().parent.parent
CASTS = {"int": int, "str": str, "float": float}


class CsvLoader(ABC):
    filename = None
    schema = None
    folder = PKG / "input"

    def load_schema(self):
        with open(PKG / "schemas" / f"{self.schema}.json") as f:
            return json.load(f)

    def rows(self):
        s = self.load_schema()
        with (self.folder / self.filename).open() as f:
            for r in csv.DictReader(f):
                yield {k: CASTS[s[k]](v) for k, v in r.items()}
