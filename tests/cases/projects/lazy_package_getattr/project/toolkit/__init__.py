import importlib

_LAZY = {"fast": "._fast", "Slow": "._slow"}
__all__ = sorted(_LAZY)


def __getattr__(name):
    if name in _LAZY:
        value = getattr(importlib.import_module(_LAZY[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(name)


def __dir__():
    return __all__
