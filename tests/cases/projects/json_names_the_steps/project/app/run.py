import importlib
import json
from pathlib import Path

CONF = json.loads((Path(__file__).parent / "pipeline.json").read_text())


def run(text):
    for step in CONF["steps"]:
        mod, _, fn = step.rpartition(".")
        text = getattr(importlib.import_module(mod), fn)(text)
    return text
