import os
import sys
import importlib.machinery
import importlib.util


def load_all(d):
    mods = {}
    for f in sorted(os.scandir(d), key=lambda e: e.name):
        if f.is_file() and f.name.endswith(".py") and not f.name.startswith("_"):
            loader = importlib.machinery.SourceFileLoader("x_" + f.name[:-3], f.path)
            module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
            loader.exec_module(module)
            mods[f.name[:-3]] = module
    return mods


def run():
    ms = load_all(os.path.join(os.path.dirname(__file__), "d"))
    return {k: m.V for k, m in ms.items()}
