import json
import os
import numpy as np

_DIR = os.path.normpath(os.path.join(os.path.dirname(__file__), "..", "scenarios"))


class Scenario:
    def __init__(self, **kw):
        self.__dict__.update(kw)

    @staticmethod
    def from_name(name):
        with open(os.path.join(_DIR, "%s.json" % name)) as f:
            d = json.load(f)
        d["grid"] = np.loadtxt(os.path.join(_DIR, d["grid"]))
        return Scenario(**d)
