import json
import os


def load(path):
    with open(path) as f:
        conf = json.load(f)
    out = {}
    for inc in conf.pop("include", []):
        out.update(load(os.path.join(os.path.dirname(path), inc)))
    out.update(conf)
    return out


def run():
    return load(os.path.join(os.path.dirname(__file__), "conf", "main.json"))
