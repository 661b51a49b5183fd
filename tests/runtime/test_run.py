"""``runtime.pyz run``: the user's function in a process of its own, on every interpreter of this machine."""

import json
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from clustrix_bundle.runtime import owner

ECHO = "def f(*args, **kwargs):\n    return [list(args), kwargs]\n"


def test_a_function_runs_on_every_python_with_arguments_and_result(site, bundle_of, interpreter):
    site.python = interpreter
    done = site.run(bundle_of(ECHO), "--args", '[1, "é", null]', "--kwargs", '{"k": {"x": 1.5}}')
    assert done.result == [[1, "é", None], {"k": {"x": 1.5}}]
    assert done.reply["exact"] is True
    assert done.reply["outputs"] == [] and done.reply["warnings"] == []
    assert done.reply["proof"]["python"].startswith("3.")
    assert site.leftovers() == []
    assert site.run(bundle_of(ECHO)).result == [[], {}]


def test_data_modules_and_folders_are_where_the_user_had_them(site, bundle_of, interpreter):
    site.python = interpreter
    entry = """
import os, sys
from pathlib import Path
from pkg.deep import value
import lib_mod

def f():
    here = Path(__file__).parent
    assert Path("data/x.txt").read_text() == "x"
    assert (here / "beside.txt").read_text() == (here.resolve() / "beside.txt").read_text() == "z"
    assert (here.parent / "data" / "x.txt").read_text() == "y"
    assert (value, lib_mod.n) == (7, 8)
    assert os.path.islink("link") and Path("link/x.txt").read_text() == "y"
    assert os.listdir("../empty") == []
    assert os.access("../tool.sh", os.X_OK) and not os.access("data/x.txt", os.X_OK)
    assert sys.argv == [__file__] and os.environ["PWD"] == os.getcwd()
    return os.path.basename(os.getcwd())
"""
    bundle = bundle_of(
        files={
            "project/src/app.py": entry,
            "project/src/beside.txt": "z",
            "project/run/data/x.txt": "x",
            "project/data/x.txt": "y",
            "project/pkg/__init__.py": "",
            "project/pkg/deep.py": "value = 7\n",
            "project/tool.sh": ("data", "#!/bin/sh\n", True),
            "extra/1-lib/lib_mod.py": "n = 8\n",
        },
        links={"project/run/link": "../data"},
        dirs=["project/empty"],
        cwd="project/run",
        sys_path=["project", "project/src", "extra/1-lib"],
        entry={"kind": "module", "member": "project/src/app.py", "module": "app", "qualname": "f"},
    )
    assert site.run(bundle).result == "run"


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("def f():\n    raise ValueError('a\\nb é')\n", "ValueError", "a\nb é"),
        ("import sys\ndef f():\n    sys.exit(0)\n", "SystemExit", "0"),
        ("def f():\n    raise KeyboardInterrupt\n", "KeyboardInterrupt", ""),
        ("def f():\n    return f()\n", "RecursionError", "maximum recursion depth exceeded"),
        ("def f():\n    raise MemoryError('no room')\n", "MemoryError", "no room"),
        ("1/0\ndef f(): pass\n", "ZeroDivisionError", "division by zero"),
        ("import nowhere_to_be_found\n", "ModuleNotFoundError", "No module named 'nowhere_to_be_found'"),
        ("def g(): pass\n", "AttributeError", "module 'm' has no attribute 'f'"),
        ("def f(:\n", "SyntaxError", ""),
        (
            "class E(Exception):\n    def __str__(self): raise OSError\ndef f():\n    raise E\n",
            "E",
            "<no text: its str() raised OSError>",
        ),
        ("def f():\n    raise Exception('\\ud800')\n", "Exception", "\ud800"),
        ("def f():\n    return {1, 2}\n", "ResultNotJSON", "the result is a set, which JSON cannot hold"),
        ("def f():\n    return {'a': [0, b'']}\n", "ResultNotJSON", "the result['a'][1] is a bytes"),
        ("def f(a): pass\n", "TypeError", "f() missing 1 required positional argument: 'a'"),
    ],
)
def test_what_the_function_raises_is_a_failure_of_that_type(site, bundle_of, source, kind, message):
    done = site.run(bundle_of(source))
    assert done.code == 1
    assert done.error["type"] == kind
    assert message in done.error["message"]
    assert "_clustrix_runtime" not in done.error["traceback"]
    assert site.leftovers() == []


def test_a_traceback_shows_the_users_files_lines_and_source_on_every_python(site, bundle_of, interpreter):
    site.python = interpreter
    helper = "def fail():\n    raise KeyError('k')  # here\n"
    done = site.run(
        bundle_of("from pkg import helper\n\n\ndef f():\n    helper.fail()\n", files={"project/pkg/helper.py": helper})
    )
    text = done.error["traceback"]
    assert text.startswith('Traceback (most recent call last):\n  File "m.py", line 5, in f\n    helper.fail()\n')
    assert "File \"pkg/helper.py\", line 2, in fail\n    raise KeyError('k')  # here" in text
    assert str(site.tmp) not in text


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")
def test_an_exception_group_tells_all_that_is_in_it(site, bundle_of):
    source = "def f():\n    raise ExceptionGroup('two failed', [ValueError('row 9'), KeyError('row 4')])\n"
    error = site.run(bundle_of(source)).error
    assert error["type"] == "ExceptionGroup"
    assert all(text in error["traceback"] for text in ("two failed", "row 9", "row 4"))


def test_standard_output_holds_one_line_whatever_the_function_does_to_it(site, bundle_of, interpreter):
    site.python = interpreter
    source = (
        "import atexit, os, subprocess, sys\n"
        "print('at import')\n"
        "def f():\n"
        "    atexit.register(print, 'at exit')\n"
        "    os.write(1, b'raw bytes\\n')\n"
        "    subprocess.check_call(['echo', 'a child'])\n"
        "    sys.__stdout__.write('under the name\\n')\n"
        "    return 1\n"
    )
    done = site.run(bundle_of(source))
    assert done.result == 1
    for text in (b"at import", b"raw bytes", b"a child", b"under the name", b"at exit"):
        assert text in done.stderr


def test_a_hundred_megabytes_of_prints_do_not_disturb(site, bundle_of):
    source = "def f():\n    line = 'x' * 99999\n    for _ in range(1000):\n        print(line)\n    return 'done'\n"
    with open(os.devnull, "wb") as nowhere, site.start("run", bundle_of(source), "--json", stderr=nowhere) as process:
        stdout, _ = process.communicate(timeout=120)
    assert json.loads(stdout)["result"] == "done" and stdout.count(b"\n") == 1


@pytest.mark.parametrize(("status", "code"), [(0, 1), (3, 1)])
def test_a_process_that_ends_itself_has_failed_whatever_code_it_gave(site, bundle_of, status, code):
    done = site.run(bundle_of(f"import os\ndef f():\n    open('o.txt', 'w').write('kept')\n    os._exit({status})\n"))
    assert done.code == code
    assert done.error["type"] == "ProcessDied" and f"exit code {status}" in done.error["message"]
    assert [row["path"] for row in done.reply["outputs"]] == ["o.txt"]
    assert site.leftovers() == []


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGSEGV"])
def test_death_by_a_signal_is_told_and_passed_on(site, bundle_of, name, interpreter):
    site.python = interpreter
    done = site.run(bundle_of(f"import os, signal\ndef f():\n    os.kill(os.getpid(), signal.{name})\n"))
    assert done.code == -getattr(signal, name)
    assert done.error["type"] == "ProcessDied" and name in done.error["message"]
    assert site.leftovers() == []


def test_a_result_counts_even_if_the_process_dies_at_exit(site, bundle_of):
    done = site.run(bundle_of("import atexit, os\ndef f():\n    atexit.register(os.abort)\n    return 5\n"))
    assert done.result == 5
    assert "SIGABRT" in done.reply["warnings"][0]


def _until(process, mark):
    """Read standard error up to a mark that the function prints when it is ready."""
    seen = b""
    while mark not in seen:
        data = process.stderr.read1(4096)
        assert data, seen
        seen += data


WAITS = "import signal, sys, time\ndef f():\n    print('ready', flush=True)\n    {}\n"


def test_an_interrupt_from_outside_exits_with_130(site, bundle_of):
    with site.start("run", bundle_of(WAITS.format("signal.pause()")), "--json") as process:
        _until(process, b"ready")
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(stdout)["error"]["type"] == "KeyboardInterrupt"
    assert site.leftovers() == []


def test_a_signal_for_a_handler_of_the_function_reaches_it(site, bundle_of):
    source = (
        "import signal\ncame = []\ndef f():\n    signal.signal(signal.SIGUSR1, lambda *_: came.append(1))\n"
        "    print('ready', flush=True)\n    while not came:\n        signal.pause()\n    return came\n"
    )
    with site.start("run", bundle_of(source), "--json") as process:
        _until(process, b"ready")
        process.send_signal(signal.SIGUSR1)
        stdout, _ = process.communicate(timeout=60)
    assert json.loads(stdout)["result"] == [1]


def test_terminating_the_run_ends_the_function_and_cleans_up(site, bundle_of):
    with site.start("run", bundle_of(WAITS.format("signal.pause()")), "--json") as process:
        _until(process, b"ready")
        process.terminate()
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM
    assert "SIGTERM" in json.loads(stdout)["error"]["message"]
    assert site.leftovers() == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's help is Linux's")
def test_killing_the_run_kills_the_function(site, bundle_of):
    with site.start("run", bundle_of(WAITS.format("signal.pause()")), "--json") as process:
        _until(process, b"ready")
        process.kill()
        process.communicate(timeout=60)  # comes back only when the child, which holds the pipe too, is gone
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("expression", "result", "exact"),
    [
        ("(1, (2, 3))", [1, [2, 3]], False),
        ("{'a': [1, 2.5, True, None, 'x']}", {"a": [1, 2.5, True, None, "x"]}, True),
        ("{2: 'a', None: 'b'}", {"2": "a", "null": "b"}, False),
        ("float('inf')", float("inf"), True),
        ("[float('nan'), -float('inf')]", [float("nan"), -float("inf")], False),
        ("collections.OrderedDict(a=1)", {"a": 1}, False),
        ("P(1, 2)", [1, 2], False),
        ("Color.RED", 3, False),
        ("0.1", 0.1, True),
        ("10 ** 40", 10**40, True),
        ("(x * x for x in range(3))", [0, 1, 4], True),
    ],
)
def test_results_print_as_json_and_say_whether_that_is_exact(site, bundle_of, expression, result, exact):
    head = "import collections, enum\nP = collections.namedtuple('P', 'x y')\nclass Color(enum.IntEnum):\n    RED = 3\n"
    done = site.run(bundle_of(f"{head}def f():\n    return {expression}\n"))
    assert repr(done.result) == repr(result)  # NaN equals nothing
    assert done.reply["exact"] is exact


def test_async_functions_are_awaited_and_async_generators_collected(site, bundle_of, interpreter):
    site.python = interpreter
    source = (
        "import asyncio\n"
        "async def items():\n    for i in range(3):\n        await asyncio.sleep(0)\n        yield i\n"
        "async def f(which):\n    await asyncio.sleep(0)\n    return [i async for i in items()] + [which]\n"
        "def g():\n    yield from 'ab'\n"
    )
    assert site.run(bundle_of(source), "--args", "[9]").result == [0, 1, 2, 9]
    entry = {"kind": "module", "member": "project/m.py", "module": "m", "qualname": "items"}
    assert site.run(bundle_of(source, entry=entry)).result == [0, 1, 2]
    assert site.run(bundle_of(source, entry=entry | {"qualname": "g"})).result == ["a", "b"]


def test_the_result_file_takes_what_json_cannot(site, bundle_of, interpreter):
    site.python = interpreter
    done = site.run(bundle_of("def f():\n    return {1: b'x', 'n': (1, {2})}\n"), "--result", "r.pkl")
    assert done.code == 0 and done.reply["result"] is None and done.reply["exact"] is False
    assert pickle.loads((site.work / "r.pkl").read_bytes()) == {1: b"x", "n": (1, {2})}
    done = site.run(bundle_of("def f():\n    return lambda: 1\n"), "--result", "r2.pkl")
    assert done.code == 1 and done.error["type"] == "ResultNotPicklable"
    assert os.listdir(site.work) == ["r.pkl"]


SCRIPT = """
import dataclasses, enum, multiprocessing, pickle, sys
from helper import double

@dataclasses.dataclass
class Point:
    x: int

class Kind(enum.Enum):
    A = 1

def moved(point):
    assert isinstance(point, Point) and sys.modules["__mp_main__"].Point is Point or __name__ != "__main__"
    return Point(double(point.x))

def f(how):
    assert __name__ == "__main__" and __spec__ is None and sys.modules["__main__"].f is f
    assert isinstance(pickle.loads(pickle.dumps(Point(1))), Point) and pickle.loads(pickle.dumps(Kind.A)) is Kind.A
    with multiprocessing.get_context(how).Pool(2) as pool:
        points = pool.map(moved, [Point(1), Point(2)])
    assert all(isinstance(point, Point) for point in points)
    return [point.x for point in points]
"""


@pytest.mark.parametrize("how", ["fork", "spawn", "forkserver"])
def test_a_script_is_a_real_main_for_every_way_of_multiprocessing(site, bundle_of, interpreter, how):
    site.python = interpreter
    script = SCRIPT
    if "3.6" in interpreter:
        script = script.replace(
            "@dataclasses.dataclass\nclass Point:\n    x: int\n", "class Point:\n    def __init__(self, x): self.x = x\n"
        )
        script = script.replace("import dataclasses, enum", "import enum")
    if how == "fork":
        site.environment.pop("PYTHONWARNINGS")
    done = site.run(
        bundle_of(
            files={"project/a script.py": ("entry", script), "project/helper.py": "def double(x):\n    return 2 * x\n"},
            entry={"kind": "main", "member": "project/a script.py", "module": "__main__", "qualname": "f"},
        ),
        "--args",
        json.dumps([how]),
    )
    assert done.result == [2, 4]


def test_methods_of_a_pool_in_a_module_find_modules_and_stand_ins(site, bundle_of, interpreter):
    site.python = interpreter
    source = (
        "import multiprocessing, subprocess, sys\nimport clustrix_bundle\n"
        "def work(n):\n    return [n, clustrix_bundle.get_config().local_work_dir]\n"
        "def f():\n    out = []\n    for how in ('spawn', 'forkserver'):\n"
        "        with multiprocessing.get_context(how).Pool(1) as pool:\n            out += pool.map(work, [1])\n"
        "    out.append(subprocess.check_output([sys.executable, 'sub/worker.py']).decode())\n    return out\n"
    )
    worker = "import beside, m, clustrix\nprint(beside.n, m.work(2), clustrix.cluster_exists('there'), end='')\n"
    (site.work / "there").write_text("")
    done = site.run(bundle_of(source, files={"project/sub/worker.py": worker, "project/sub/beside.py": "n = 3\n"}))
    work = str(site.work)
    assert done.result == [[1, work], [1, work], f"3 [2, {work!r}] True"]


def test_tasks_do_not_see_what_others_write(site, bundle_of):
    source = (
        "import os\ndef f(n):\n    seen = open('d.txt').read()\n    open('d.txt', 'a').write('more')\n"
        "    open(__file__, 'a').write('# changed')\n    os.mkdir('new')\n    open('new/%d' % n, 'w').close()\n    return [seen, os.listdir('new')]\n"
    )
    bundle = bundle_of(source, files={"project/d.txt": "d"})
    for n in range(3):
        done = site.run(bundle, "--args", f"[{n}]")
        assert done.result == ["d", [str(n)]]
        assert done.reply["outputs"] == [
            {"path": "d.txt", "size": 5},
            {"path": "m.py", "size": len(source) + 9},
            {"path": f"new/{n}", "size": 0},
        ]
        assert Path(done.reply["outputs_dir"], "d.txt").read_text() == "dmore"
    assert len(os.listdir(os.path.dirname(done.reply["outputs_dir"]))) == 3
    assert site.leftovers() == []


def test_a_copy_that_was_tampered_with_is_made_again(site, bundle_of):
    bundle = bundle_of("def f():\n    return open('d.txt').read()\n", files={"project/d.txt": "d"})
    assert site.run(bundle).result == "d"
    (copy,) = site.copies()
    file = next((site.tmp).glob(f"clustrix-*/copies/{copy}/project/d.txt"))
    file.unlink()
    assert site.run(bundle).result == "d"
    file.chmod(0o644)
    file.write_text("e")
    assert site.run(bundle).result == "d"
    assert site.leftovers() == []


def test_many_tasks_race_for_one_copy(site, bundle_of):
    files = {f"project/data/{n}.bin": os.urandom(20000) for n in range(50)}
    bundle = bundle_of(
        "import os\ndef f():\n    return sum(os.path.getsize('data/' + n) for n in os.listdir('data'))\n", files=files
    )
    processes = [site.start("run", bundle, "--json") for _ in range(6)]
    for process in processes:
        with process:
            stdout, stderr = process.communicate(timeout=120)
        assert json.loads(stdout)["result"] == 1000000, stderr
    assert len(site.copies()) == 1
    assert site.leftovers() == []


def test_names_of_the_work_dir_appear_where_the_code_can_mean_them(site, bundle_of):
    for name, text in {"data/a.csv": "A", "data/b.csv": "B", "json.py": "1/0", "pack/__init__.py": "1/0", "other/o": "O"}.items():
        (site.work / name).parent.mkdir(exist_ok=True)
        (site.work / name).write_text(text)
    source = (
        "import json, os\ndef f():\n    open('other/new', 'w').write('N')\n"
        "    return [sorted(os.listdir('data')), open('data/a.csv').read(), open('data/b.csv').read(), sorted(os.listdir('.'))]\n"
    )
    done = site.run(bundle_of(source, files={"project/data/a.csv": "shipped"}, work_dir_names=None))
    assert done.result == [["a.csv", "b.csv"], "shipped", "B", ["data", "m.py", "other"]]
    assert len(done.reply["warnings"]) == 1 and "data/a.csv" in done.reply["warnings"][0]
    assert (site.work / "other" / "new").read_text() == "N"
    assert done.reply["outputs"] == []
    only = "import os\ndef f():\n    return sorted(os.listdir('.'))\n"
    assert site.run(bundle_of(only, work_dir_names=["data", "absent"])).result == ["data", "m.py"]
    assert site.run(bundle_of(only, work_dir_names=[])).result == ["m.py"]


def test_names_of_the_work_dir_that_arguments_can_mean_appear_too(site, bundle_of):
    for name in ("runs/1.csv", "other/2.csv", "more"):
        (site.work / name).parent.mkdir(exist_ok=True)
        (site.work / name).write_text(name)
    bundle = bundle_of(
        "import os\ndef f(given, deep=None):\n    return sorted(name for name in os.listdir('.') if name != 'm.py')\n",
        work_dir_names=[],
    )
    assert site.run(bundle, "--args", '["runs/1.csv"]').result == ["runs"]
    assert site.run(
        bundle, "--args", '["/etc/passwd"]', "--kwargs", '{"deep": [{"a": "./other/2.csv"}, "../runs", 3]}'
    ).result == ["other"]
    assert site.run(bundle, "--args", '["."]').result == ["more", "other", "runs"]
    assert site.run(bundle, "--args", '["no name", null]').result == []


def test_a_file_of_the_work_dir_that_is_replaced_lands_in_the_work_dir(site, bundle_of):
    (site.work / "r.txt").write_text("old")
    source = "import os\ndef f():\n    open('r.tmp', 'w').write('new')\n    os.replace('r.tmp', 'r.txt')\n    return open('r.txt').read()\n"
    done = site.run(bundle_of(source, work_dir_names=["r.txt"]))
    assert done.result == "new"
    assert (site.work / "r.txt").read_text() == "new"
    assert done.reply["outputs"] == []


def test_outputs_go_to_the_work_dir_where_that_is_asked_for(site, bundle_of):
    (site.work / "old.txt").write_text("old")
    (site.work / "taken").mkdir()
    source = (
        "import os\ndef f():\n    os.makedirs('deep/er')\n"
        "    for name in ('deep/er/new.txt', 'old.txt', 'taken', '../above.txt'):\n        open(name, 'w').write(name)\n"
    )
    bundle = bundle_of(source, work_dir_names=[], files={"project/in/x": "x"}, cwd="project/in")
    done = site.run(bundle, "--outputs", "work_dir")
    assert done.reply["in_work_dir"] == ["deep/er/new.txt", "old.txt"]
    assert (site.work / "deep/er/new.txt").read_text() == "deep/er/new.txt"
    assert (site.work / "old.txt").read_text() == "old.txt"
    assert [row["path"] for row in done.reply["outputs"]] == ["_tree/project/above.txt", "taken"], (
        "what has no place there is kept"
    )
    assert Path(done.reply["outputs_dir"], "taken").read_text() == "taken"
    assert site.run(bundle, "--outputs", "elsewhere").code == 2


def test_another_work_dir_state_and_a_kept_tree_can_be_asked_for(site, bundle_of):
    place = site.folder / "place"
    place.mkdir()
    (place / "x").write_text("")
    source = "from clustrix import cluster_ls\nimport os\ndef f():\n    open('o', 'w').close()\n    return [cluster_ls(), os.getcwd()]\n"
    state = site.folder / "state"
    done = site.run(bundle_of(source), "--work-dir", place, "--state", state)
    assert done.result[0] == ["x"]
    assert done.reply["outputs_dir"].startswith(str(state))
    assert not os.path.exists(done.result[1])
    done = site.run(bundle_of(source), "--keep")
    assert done.reply["outputs_dir"] == done.result[1]
    assert os.path.exists(done.result[1] + "/o")


def test_people_get_prints_result_and_traceback_where_they_belong(site, bundle_of):
    done = site.call("run", bundle_of("def f(x):\n    print('printed')\n    return (x, {3})\n"), "--args=[1]")
    assert (done.code, done.stdout, done.stderr) == (0, b"printed\n(1, {3})\n", b"")
    done = site.call("run", bundle_of("def f():\n    raise ValueError('no')\n"))
    assert done.code == 1 and done.stdout == b""
    assert done.stderr.startswith(b"Traceback") and done.stderr.endswith(b"ValueError: no\n")
    done = site.call("run", bundle_of("import os\ndef f():\n    os._exit(0)\n"))
    assert done.code == 1 and b"ended itself" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--args", "{}"],
        ["--args", "[1"],
        ["--args", "[1] 2"],
        ["--args", "[1, }"],
        ["--args", ""],
        ["--kwargs", "[]"],
        ["--args", "@nowhere"],
        ["--nonsense"],
        ["--work-dir", "nowhere"],
        ["second.tar.zst"],
        ["--args"],
        ["--result", "no/where"],
    ],
)
def test_what_makes_no_sense_is_a_usage_error(site, bundle_of, words):
    done = site.run(bundle_of(ECHO), *words)
    assert done.code == 2
    assert done.error["type"] == "UsageError"


def test_help_and_missing_bundles(site):
    assert site.call("run", "--help").code == 0
    assert b"--result" in site.call("run", "--help").stdout
    assert site.call("--help").code == 0
    assert site.call().code == 2
    assert site.call("dance").code == 2
    assert site.run("nowhere.tar.zst").code == 2


def test_arguments_come_from_a_file_too(site, bundle_of):
    (site.work / "a.json").write_text("[1]")
    (site.work / "k.json").write_text('{"k": 2}')
    assert site.run(bundle_of(ECHO), "--args", "@a.json", "--kwargs=@k.json").result == [[1], {"k": 2}]


def test_a_python_out_of_range_is_refused_before_anything_runs(site, bundle_of):
    done = site.run(bundle_of(ECHO, python={"minimum": [3, 99], "below": None}))
    assert done.code == 5 and done.error["type"] == "UnsupportedPythonError"
    assert "3.99" in done.error["message"]
    assert site.run(bundle_of(ECHO, python={"minimum": [3, 6], "below": [3, 7]})).code == 5


def test_a_missing_distribution_is_named_with_its_version(site, bundle_of):
    row = {
        "name": "Sky-Dist",
        "version": "1.2",
        "modules": ["sky_module"],
        "extras": [],
        "optional": False,
        "source": "",
        "url": "",
    }
    done = site.run(bundle_of("import sky_module.x\n", requirements=[row]))
    assert done.error["type"] == "ModuleNotFoundError"
    assert "Sky-Dist==1.2" in done.reply["warnings"][0]


def test_names_that_are_no_utf8_and_locales_that_are_none(site, bundle_of, interpreter):
    site.python = interpreter
    for locale in ({}, {"LC_ALL": "C"}, {"LANG": "C.UTF-8"}):
        site.environment = {key: value for key, value in site.environment.items() if key not in ("LC_ALL", "LANG")} | locale
        source = "# é\nimport os\ndef f():\n    print('é')\n    return [os.fsencode(n).hex() for n in sorted(os.listdir('d'))] + ['é']\n"
        done = site.run(bundle_of(source, files={"project/d/\udcff.txt": "x", "project/d/é": "y"}))
        assert done.result == ["c3a9", "ff2e747874", "é"] or done.result == ["ff2e747874", "c3a9", "é"]


def test_a_forked_copy_of_the_function_does_not_answer_in_its_place(site, bundle_of):
    source = "import os\ndef f():\n    pid = os.fork()\n    if pid:\n        os.waitpid(pid, 0)\n    return pid > 0\n"
    assert site.run(bundle_of(source)).result is True


def test_a_folder_of_someone_elses_is_not_used(site, bundle_of):
    elsewhere = site.folder / "elsewhere"
    elsewhere.mkdir()
    (site.tmp / f"clustrix-{os.geteuid()}").symlink_to(elsewhere)
    site.environment["SLURM_TMPDIR"] = str(site.tmp)
    done = site.run(bundle_of("import os\ndef f():\n    return os.getcwd()\n"))
    assert not done.result.startswith(str(site.tmp))
    assert os.listdir(elsewhere) == []


def test_deep_recursion_has_the_room_it_has_at_home(site, bundle_of):
    source = "def down(n):\n    return n and down(n - 1)\ndef f():\n    return down(985)\n"
    (site.work / "at_home.py").write_text(source + "print(f())\n")
    assert subprocess.run([site.python, "at_home.py"], cwd=site.work, check=True, capture_output=True).stdout == b"0\n"
    assert site.run(bundle_of(source)).result == 0


def test_modules_of_the_project_named_like_standard_ones_do_not_get_in_the_way(site, bundle_of):
    names = ["traceback", "token", "tokenize", "linecache", "pickle", "struct", "asyncio", "json", "signal", "tempfile", "shutil"]
    files = {f"project/{name}.py": "raise SystemError('not yours')\n" for name in names}
    error = site.run(bundle_of("def f():\n    raise ValueError('v')\n", files=files)).error
    assert error["type"] == "ValueError" and "line 2, in f" in error["traceback"]
    done = site.run(bundle_of("def f():\n    return {1}\n", files=files), "--result", "r.pkl")
    assert done.code == 0 and pickle.loads((site.work / "r.pkl").read_bytes()) == {1}


def test_what_the_modules_leave_open_is_flushed_whatever_they_loaded(site, bundle_of):
    head = "import atexit\nlog = open('log.txt', 'w')\natexit.register(lambda: log.write('at exit '))\n"
    for extra in ("", "import math, decimal, ssl\n", "import threading\n"):
        done = site.run(bundle_of(f"{head}{extra}def f():\n    log.write('in f ')\n    return 1\n"))
        assert done.result == 1
        assert Path(done.reply["outputs_dir"], "log.txt").read_text() == "in f at exit "


def test_a_thread_that_outlives_the_function_is_waited_for(site, bundle_of):
    source = (
        "import threading\ngo = threading.Event()\n"
        "def late():\n    go.wait()\n    open('late.txt', 'w').close()\n"
        "def f():\n    threading.Thread(target=late).start()\n    threading.Timer(0.01, go.set).start()\n    return 1\n"
    )
    done = site.run(bundle_of(source))
    assert done.result == 1 and [row["path"] for row in done.reply["outputs"]] == ["late.txt"]


def test_copies_that_nothing_uses_go_when_another_is_made(site, bundle_of):
    first, second = bundle_of("def f():\n    return 1\n"), bundle_of("def f():\n    return 2\n")
    assert (site.run(first).result, site.run(second).result) == (1, 2)
    base = next(site.tmp.glob("clustrix-*"))
    for copy in site.copies():
        os.utime(base / "copies" / copy, (0, 0))
    (base / "staging" / "left").mkdir()
    os.utime(base / "staging" / "left", (0, 0))
    assert site.run(first).result == 1
    assert site.run(bundle_of("def f():\n    return 3\n")).result == 3
    assert len(site.copies()) == 2
    assert site.leftovers() == []
    assert site.run(second).result == 2


def _disturbed(site, bundle, disturb):
    """Outcome of a run that meets ``disturb`` (Python text; base is the folder of copies) once, when it has the copy's last byte."""
    code = (
        "import os, shutil, sys\nsys.path.insert(0, sys.argv[1])\nfrom _clustrix_runtime import command_line, folder_sink, node_copy, run\n"
        "base = os.environ['TMPDIR'] + '/clustrix-%d' % os.geteuid()\n"
        "def disturbing(function):\n    def wrapped(*args):\n        result = function(*args)\n"
        "        if not done:\n            done.append(1)\n            disturb()\n        return result\n    return wrapped\n"
        f"done = []\ndef disturb():\n    {disturb}\n"
    )
    return lambda point: subprocess.run(
        [
            site.python,
            "-c",
            f"{code}{point} = disturbing({point})\ncode = command_line.main(['run', {str(bundle)!r}, '--json'])\n"
            "if callable(code):\n    code()\n",
            site.pyz,
        ],
        env=site.environment,
        cwd=site.work,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("point", ["folder_sink.FolderSink.finish", "node_copy._note_seal", "run.ensure_copy"])
@pytest.mark.parametrize(
    "disturb",
    [
        "shutil.rmtree(base)",
        "shutil.rmtree(base + '/copies')",
        "shutil.rmtree(base + '/staging')",
        "os.system('%s %s run %s' % (sys.executable, sys.argv[1], sys.argv[2]))",
    ],
    ids=["a cleaner", "a cleaner of copies", "a cleaner of staging", "another run"],
)
def test_a_run_that_is_disturbed_while_it_unpacks_begins_again(site, bundle_of, disturb, point):
    bundle = bundle_of("def f():\n    return open('d.txt').read()\n", files={"project/d.txt": "d"})
    done = _disturbed(site, bundle, disturb.replace("sys.argv[2]", repr(str(bundle))))(point)
    assert json.loads(done.stdout.splitlines()[-1])["result"] == "d", done.stderr
    assert site.leftovers() == []


def test_a_copy_that_another_run_published_meanwhile_is_not_set_aside(site, bundle_of):
    bundle = bundle_of("def f():\n    return 1\n")
    rival = f"os.system('%s %s run {bundle} >/dev/null' % (sys.executable, sys.argv[1]))"
    done = _disturbed(site, bundle, f"from _clustrix_runtime import node_copy; {rival}")("run.find_base")
    assert json.loads(done.stdout)["result"] == 1, done.stderr
    base = next(site.tmp.glob("clustrix-*"))
    before = os.stat(base / "copies" / site.copies()[0]).st_ino
    assert site.run(bundle).result == 1
    assert os.stat(base / "copies" / site.copies()[0]).st_ino == before


def test_runs_cleaning_and_publishing_at_once_do_not_disturb_each_other(site, bundle_of):
    bundles = [bundle_of(f"def f():\n    return {n}\n", files={f"project/{i}": "x" for i in range(100)}) for n in range(3)]
    for _ in range(4):
        processes = [(n, site.start("run", bundle, "--json")) for n, bundle in enumerate(bundles) for _ in range(2)]
        while any(process.poll() is None for _, process in processes):
            for copy in site.tmp.glob("clustrix-*/copies/*"):
                try:
                    os.utime(copy, (0, 0))  # nobody needed it for long, as far as the others can see
                except FileNotFoundError:
                    pass
        for n, process in processes:
            with process:
                stdout, stderr = process.communicate(timeout=60)
            assert json.loads(stdout)["result"] == n, stderr
    assert site.leftovers() == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="boot ids are Linux's")
def test_trees_of_killed_runs_go_after_a_day_and_living_ones_never(site, bundle_of):
    bundle = bundle_of(WAITS.format("signal.pause()"))
    killed, living = site.start("run", bundle, "--json"), site.start("run", bundle, "--json")
    with killed, living:
        _until(killed, b"ready")
        _until(living, b"ready")
        killed.kill()
        killed.communicate(timeout=60)
        kept = site.run(bundle_of("def f():\n    return 1\n"), "--keep").reply["tree"]
        tasks = next(site.tmp.glob("clustrix-*/tasks"))
        trees = sorted(path for path in tasks.iterdir() if str(path) != kept)
        (dead,) = [path for path in trees if f"\n{killed.pid}" in (path / "owner").read_text()]
        assert site.run(bundle_of("def f():\n    return 2\n")).result == 2
        assert len(trees) == 2 and dead.is_dir(), "a day has not passed"
        for path in trees:
            os.utime(path / "owner", (0, 0))
        os.utime(kept, (0, 0))
        assert site.run(bundle_of("def f():\n    return 3\n")).result == 3
        assert [path.is_dir() for path in trees] == [path != dead for path in trees]
        assert os.path.isdir(kept)
        living.terminate()
        living.communicate(timeout=60)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="boot ids are Linux's")
@pytest.mark.parametrize(
    ("line", "gone"), [(0, False), (1, True), (2, False), (3, True)], ids=["host", "boot", "container", "pid"]
)
def test_a_tree_is_abandoned_only_where_its_owner_is_surely_gone(tmp_path, line, gone):
    owner.write_owner(str(tmp_path))
    assert not owner.is_abandoned(str(tmp_path))
    lines = (tmp_path / "owner").read_text().split("\n")
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    lines[line] = str(process.pid) if line == 3 else "another"
    (tmp_path / "owner").write_text("\n".join(lines))
    assert owner.is_abandoned(str(tmp_path)) is gone


def test_a_result_that_finds_no_room_on_standard_output_is_a_failure(site, bundle_of, interpreter):
    site.python = interpreter
    bundle = bundle_of(ECHO)
    with open("/dev/full", "wb") as full:
        done = site.call("run", bundle, stdout=full)
    assert done.code == 1
    assert b"the result cannot be printed: [Errno 28] No space left on device" in done.stderr
    reading, writing = os.pipe()
    os.close(reading)
    assert site.call("run", bundle, stdout=writing).code == 0  # whoever read it has what it wanted
    os.close(writing)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_hinder_nothing(site, bundle_of, interpreter, closed):
    site.python = interpreter
    source = "import subprocess\ndef f():\n    print('x')\n    return subprocess.call(['sh', '-c', 'echo y'])\n"
    words = [*site.command("run", bundle_of(source), "--result", "r.pkl")]
    command = ["sh", "-c", '"$@" ' + closed, "sh", *words]
    done = subprocess.run(
        command, cwd=site.work, env=site.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert pickle.loads((site.work / "r.pkl").read_bytes()) == 0


def test_an_empty_id_is_no_bundles(site, bundle_of):
    assert site.run(bundle_of(ECHO), "--id", "").code == 5


def test_a_warning_tells_of_data_that_differs_and_of_nothing_else(site, bundle_of):
    large = os.urandom(5 << 20)
    shipped = {"same.bin": large, "other.bin": large, "lib.py": b"n = 1\n"}
    there = {"same.bin": large, "other.bin": b"x" + large[1:], "lib.py": b"n = 2\n", "m.py": b"# what a script keeps differs\n"}
    for name, content in there.items():
        (site.work / name).write_bytes(content)
    source = "import lib\ndef f():\n    return lib.n\n"
    done = site.run(bundle_of(source, files={f"project/{name}": text for name, text in shipped.items()}, work_dir_names=None))
    assert done.result == 1
    (warning,) = done.reply["warnings"]
    assert warning.startswith("other.bin was shipped with the function")
