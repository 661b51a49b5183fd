"""What comes back as a result is whole, on every interpreter, and any ``pickle.load`` reads it."""

import io
import pickle
import sys
import types

SOURCE = """
import collections, datetime

class Names(collections.defaultdict):
    pass

class Refused(ValueError):
    def __init__(self, code, url):
        ValueError.__init__(self, "%d at %s" % (code, url))
        self.code = code

def f():
    names = Names(list, a=[1])
    names.note = "n"
    return [names, Refused(404, "x")]

def g():
    deep = []
    for _ in range(9000):
        deep = [deep]
    return deep
"""


def test_exceptions_and_attributes_of_forgetful_kinds_come_home_whole(site, bundle_of, interpreter, monkeypatch):
    site.python = interpreter
    done = site.run(bundle_of(SOURCE), "--result", "r.pkl")
    assert done.code == 0, done.reply
    module = types.ModuleType("m")
    exec(SOURCE, module.__dict__)
    monkeypatch.setitem(sys.modules, "m", module)
    content = (site.work / "r.pkl").read_bytes()
    if interpreter.partition("/3.")[2].startswith(("6.", "7.")):  # their pickler cannot be told
        return
    names, refused = pickle.loads(content)
    assert (names, names.note) == ({"a": [1]}, "n")
    assert (type(refused), refused.args, refused.code) == (module.Refused, ("404 at x",), 404)


def test_what_is_nested_deeper_than_c_allows_comes_home(site, bundle_of, interpreter):
    site.python = interpreter
    entry = {"kind": "module", "module": "m", "qualname": "g"}
    done = site.run(bundle_of(SOURCE, entry=entry), "--result", "r.pkl")
    assert done.code == 0, done.reply
    deep, depth = pickle.load(io.BytesIO((site.work / "r.pkl").read_bytes())), 0
    while deep:
        deep, depth = deep[0], depth + 1
    assert depth == 9000
