from pathlib import Path
from importlib import import_module
from .base import Animal

for path in sorted((Path(__file__).parent / "animals").rglob("*.py")):
    if path.stem != "__init__":
        rel = path.relative_to(Path(__file__).parent).with_suffix("")
        import_module("zoo." + ".".join(rel.parts))


def run():
    return sorted(c().say() for c in Animal.registry)
