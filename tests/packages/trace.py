"""Runs a function where it stands, under an audit hook: ``trace.py MODULE FUNCTION ARGUMENTS`` prints its result and what it touched, as JSON."""

import importlib
import importlib.util
import json
import os
import sys

touched = set()


def note(path):
    if path.endswith(".pyc") and "__pycache__" in path:
        path = importlib.util.source_from_cache(path)
    path = os.path.join(root, path)
    if path.startswith(root + os.sep) and os.path.isfile(path):
        touched.add(os.path.relpath(path, root))


def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)) and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        note(os.fsdecode(arguments[0]))


root = os.getcwd()
_, name, function, given = sys.argv
sys.path[0] = root
sys.addaudithook(hook)
result = getattr(importlib.import_module(name), function)(*json.loads(given))
for module in list(sys.modules.values()):
    file = getattr(getattr(module, "__spec__", None), "origin", None)
    if file:
        note(file)
print(json.dumps({"result": result, "touched": sorted(touched)}))
