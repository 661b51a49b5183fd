"""Whatever the user's code does to its process, what came of it is told (`intact`, `outcome_file`)."""

from __future__ import annotations

import pickle

import pytest

DEEDS = {
    "functions of os": "import os\n    os.rename = os.unlink = os.urandom = os.getpid = os.open = os.write = os._exit = os.path.exists = None",
    "pickle": "import pickle\n    pickle.dump = pickle.dumps = pickle.Pickler = None",
    "tracebacks": "import traceback, linecache\n    traceback.format_exception = linecache.getline = lambda *a, **k: 1 / 0",
    "clocks": "import time\n    time.time = time.monotonic = lambda: 0",
    "modules": "import sys\n    sys.modules.clear()",
    "the import path": "import sys\n    sys.path.clear(); sys.meta_path.clear(); sys.path_hooks.clear()",
    "attributes of sys": "import sys\n    del sys.modules, sys.path, sys.stdout, sys.stderr, sys.meta_path",
    "the depth of calls": "import sys\n    sys.setrecursionlimit(12)",
    "the tree": "import os, shutil\n    shutil.rmtree(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))",
    "descriptors": "import os\n    os.closerange(0, 300)",
    "the number of descriptors": "import resource\n    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 99))",
    "the size of files": "import resource\n    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))",
    "standard streams": "import sys\n    sys.stdout.close(); sys.stderr = None",
    "a timer": "import signal\n    signal.signal(signal.SIGALRM, lambda *a: 1 / 0)\n    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.001)",
    "audits": "import sys\n    def hook(event, given):\n        if event in ('import', 'compile'): raise RuntimeError(event)\n    sys.addaudithook(hook)",
}
BUILTINS = (
    "open isinstance len type getattr str id dict tuple enumerate map OSError BaseException __import__ __build_class__ exec"
)


@pytest.mark.parametrize("deed", [*DEEDS.values(), f"import builtins\n    for name in {BUILTINS!r}.split(): setattr(builtins, name, None)"],
                         ids=[*DEEDS, "builtins"])  # fmt: skip
def test_results_and_exceptions_are_told_whatever_the_function_has_done_to(site, bundle_of, deed):
    site.environment.pop("PYTHONWARNINGS")
    bundle = bundle_of(
        f"Mine = ValueError\ndef f(fails):\n    {deed}\n    if fails:\n        raise Mine('what')\n    return [1, 'é']\n"
    )
    done = site.run(bundle, "--args", "[false]", "--result", "r.pkl", "--error", "e.pkl")
    if "RLIMIT_NOFILE" in deed:
        assert "the function is done, but its result cannot be written" in done.error["message"]
        assert site.run(bundle, "--args", "[false]").result == [1, "é"]
    else:
        assert done.result == pickle.loads((site.work / "r.pkl").read_bytes()) == [1, "é"]
    error = site.run(bundle, "--args", "[true]", "--error", "e.pkl").error
    assert (error["type"], error["message"]) == ("ValueError", "what")
    assert "in f\n" in error["traceback"]
    if "RLIMIT_NOFILE" not in deed:
        assert pickle.loads((site.work / "e.pkl").read_bytes())["nodes"]


def test_no_python_is_misled(site, bundle_of, interpreter):
    site.python = interpreter
    deeds = [DEEDS[name] for name in ("functions of os", "pickle", "tracebacks")]
    deeds.append("sys.path.clear(); sys.meta_path.clear(); sys.path_hooks.clear(); sys.modules.clear()")
    deeds.append(f"for name in {BUILTINS!r}.split(): setattr(builtins, name, None)")
    bundle = bundle_of("import builtins, sys\ndef f():\n    " + "\n    ".join(deeds) + "\n    return [1]\n")
    assert site.run(bundle, "--result", "r.pkl").result == [1]


def test_people_get_the_result_though_standard_output_is_closed(site, bundle_of):
    bundle = bundle_of("import sys\ndef f(fails):\n    sys.stdout.close(); sys.stderr.close()\n    return 1 // fails\n")
    assert site.call("run", bundle, "--args", "[1]").stdout == b"1\n"
    assert b"ZeroDivisionError" in site.call("run", bundle, "--args", "[0]").stderr


def test_arguments_are_read_though_the_module_has_replaced_what_reads_them(site, bundle_of):
    source = (
        "import importlib, os, pickle, builtins\npickle.Unpickler = pickle.load = importlib.import_module = builtins.open = None\n"
        "os.path.join = os.path.abspath = lambda *given: ''\ndef f(*given):\n    return given\n"
    )
    stream = pickle.dumps(((1, 2), {}), 4) + pickle.dumps(None, 4)
    (site.work / "given").write_bytes(b'{"python": [3, 11], "requirements": []}\n' + stream)
    assert site.run(bundle_of(source), "--arguments", "given", "--result", "r.pkl").result == [1, 2]
