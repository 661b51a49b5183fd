import argparse
from .runner import Runner
from .registry import REGISTRY
from . import loaders  # noqa: F401


def main(argv):
    p = argparse.ArgumentParser()
    p.add_argument("--only", choices=sorted(REGISTRY))
    a = p.parse_args(argv)
    return Runner().run(a.only)
