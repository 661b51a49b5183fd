import json
from collections import ChainMap, OrderedDict, defaultdict
from pathlib import Path
from types import MappingProxyType

BASE = Path(__file__).parent
FILES = MappingProxyType({"a": BASE / "t" / "a.json"})
MORE = OrderedDict([("b", BASE / "t" / "b.json")])
ALL = ChainMap(dict(FILES), MORE)
BY = defaultdict(list)
BY["x"].append("t/c.json")


def run():
    return [json.loads(ALL[k].read_text()) for k in ("a", "b")] + [json.load(open(p)) for p in BY["x"]]
