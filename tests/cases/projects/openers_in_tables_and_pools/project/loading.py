import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from readers import READERS

FOLDER = Path(__file__).parent / "in"


def parsed(name, parse=json.load, opener=open):
    with opener(FOLDER / name) as stream:
        return parse(stream)


class Source:
    def __init__(self, read=None):
        self.read = read or Path.read_text

    def get(self, name):
        return self.read(FOLDER / name)


def run():
    by_table = []
    for name in ["a.txt"]:
        path = FOLDER / name
        with READERS.get(path.suffix, open)(path, "rt") as stream:
            by_table.append(stream.read())
    with ThreadPoolExecutor(1) as pool:
        pooled = list(pool.map(Path.read_text, [FOLDER / "b.txt"]))
    return by_table, pooled, parsed("c.json"), Source().get("d.txt")
