import importlib


def make(spec, rng):
    mod = importlib.import_module("." + spec["type"], __name__)
    return getattr(mod, spec["type"].title())(rng, **spec.get("args", {}))
