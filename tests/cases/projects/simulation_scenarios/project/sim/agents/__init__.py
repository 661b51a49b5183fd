from importlib import import_module
_KINDS = {"walker": "Walker", "sleeper": "Sleeper"}


def create(kind, i):
    return getattr(import_module(f".{kind}", __package__), _KINDS[kind])(i)
