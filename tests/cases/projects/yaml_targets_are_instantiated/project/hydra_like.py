import importlib
from pathlib import Path
import yaml

CONF = Path(__file__).parent / "conf"


def instantiate(node):
    node = dict(node)
    mod, cls = node.pop("_target_").rsplit(".", 1)
    return getattr(importlib.import_module(mod), cls)(**node)


def compose(name):
    main = yaml.safe_load((CONF / f"{name}.yaml").read_text())
    out = {}
    for d in main["defaults"]:
        for group, choice in d.items():
            out[group] = yaml.safe_load((CONF / group / f"{choice}.yaml").read_text())
    return out


def run():
    c = compose("config")
    return [instantiate(c["model"]).f(), instantiate(c["opt"]).f()]
