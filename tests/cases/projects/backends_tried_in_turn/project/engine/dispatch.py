import importlib
import importlib.util

BACKENDS = ("cupy_backend", "array_backend", "list_backend")


def pick():
    for name in BACKENDS:
        try:
            return importlib.import_module("engine.backends." + name)
        except ImportError:
            continue
    raise RuntimeError("no backend")


def compute(x):
    b = pick()
    return [b.NAME, b.total(x), importlib.util.find_spec("cupy_zz") is None]
