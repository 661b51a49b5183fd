import os
import sys
SELF = __file__
DATA = SELF.replace("go.py", "go_data.json")
ALT = os.path.splitext(os.path.abspath(__file__))[0] + ".ini"
MOD = os.path.join(os.path.dirname(sys.modules[__name__].__file__), "m.txt")
PARTS = os.sep.join([os.path.dirname(os.path.abspath(__file__)), "sub", "p.txt"])


def run():
    return [open(p).read().strip() for p in (DATA, ALT, MOD, PARTS)]
