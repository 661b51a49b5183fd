"""``--observe``: real projects whose code says less than it does."""

import os

import pytest

from clustrix_bundle.build import BuildOptions, analyze_target, observe_target
from clustrix_bundle.errors import RemoteError


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = tmp_path / "project"
    files = {
        "pyproject.toml": "",
        "work.py": "import os\nimport helper\n\ndef run(name, folder='data'):\n    words = helper.read(chr(97) + name)\n    return words, helper.load(name)\n",
        "helper.py": (
            "import os\n\n"
            "def read(name):\n    open('out.txt', 'w').write(name)\n    open('out.txt').read()\n"
            "    return open(os.sep.join(['data', name])).read()\n\n"
            "def load(name):\n    import importlib\n    return importlib.import_module((name + '_gulp')[::-1]).VALUE\n"
        ),
        "plug_b.py": "import deeper\nVALUE = deeper.VALUE\n",
        "deeper.py": "VALUE = 7\n",
        "unused.py": "",
        "data/ab": "first",
        "data/zz": "second",
        "out.txt": "old",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(root)
    return root


def members(graph):
    return {name.removeprefix("project/") for name, node in graph.nodes.items() if node.kind != "dir"}


def test_what_the_function_opens_and_imports_ships_too(project):
    graph = observe_target("work:run", BuildOptions(dynamic="warn"), ["b"], {})
    assert {"work.py", "helper.py", "plug_b.py", "deeper.py", "data/ab"} <= members(graph)
    edges = {edge.imported: edge for edge in graph.edges if edge.evidence == "observed"}
    assert edges["project/plug_b.py"].importer == "project/work.py"
    assert edges["project/plug_b.py"].line == 4
    assert "unused.py" not in members(graph)
    assert set(edges).isdisjoint({"project/out.txt", "project/data/ab"})  # written first; found without running


def test_only_observed_leaves_out_what_was_possible_and_not_touched(project):
    (project / "work.py").write_text(
        "import importlib\n\ndef run(n):\n    m = importlib.import_module(f'plugins.{n}')\n    return m.V, open(f'data/{n}').read()\n"
    )
    for name in ("__init__", "ab", "zz"):
        (project / "plugins").mkdir(exist_ok=True)
        (project / "plugins" / f"{name}.py").write_text("V = 1\n" if name != "zz" else "import json, helper\nV = 2\n")
    everything = members(analyze_target("work:run", BuildOptions()))
    assert {"plugins/zz.py", "helper.py", "data/zz"} <= everything
    graph = observe_target("work:run", BuildOptions(), ["ab"], {}, only=True)
    assert members(graph) == {"work.py", "plugins/__init__.py", "plugins/ab.py", "data/ab"}
    assert "plugins/zz.py" in {one.path for one in graph.excluded}


def test_only_observed_keeps_one_of_several_modules_that_a_table_names_and_what_imports_name(project):
    (project / "work.py").write_text(
        "import importlib\nTABLE = {'one': 'plugins.one', 'two': 'plugins.two'}\n\ndef run(n):\n"
        "    if n == 'late':\n        import deeper\n        return importlib.import_module('plugins.certain').V\n"
        "    return importlib.import_module(TABLE[n]).V\n"
    )
    (project / "plugins").mkdir()
    for name in ("__init__", "one", "two", "certain"):
        (project / "plugins" / f"{name}.py").write_text("V = 1\n")
    assert "plugins/two.py" in members(analyze_target("work:run", BuildOptions()))
    graph = observe_target("work:run", BuildOptions(), ["one"], {}, only=True)
    assert members(graph) == {"work.py", "deeper.py", "plugins/__init__.py", "plugins/certain.py", "plugins/one.py"}


LATE_IMPORTS = """
import functools

def twice(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner

@twice
def called(n):
    if n == "late":
        import deeper
    try:
        return n.upper()
    except AttributeError:
        import plug_b

def idle():
    import helper
    return (lambda: __import__("unused"))()

def run(n):
    return called(n)
"""


def test_only_observed_leaves_out_what_functions_import_that_were_not_called(project):
    (project / "work.py").write_text(LATE_IMPORTS)
    graph = observe_target("work:run", BuildOptions(), ["x"], {}, only=True)
    assert members(graph) == {"work.py", "deeper.py", "plug_b.py"}
    assert "helper.py" in {one.path for one in graph.excluded}
    assert "helper.py" in members(observe_target("work:run", BuildOptions(), ["x"], {}))


@pytest.mark.parametrize(
    "body",
    [
        "import multiprocessing\n    with multiprocessing.get_context('spawn').Pool(1) as pool:\n        pool.map(abs, [1])",
        "import subprocess, sys\n    subprocess.run([sys.executable, '-c', 'pass'], check=True)",
        "import sys\n    sys.settrace(None)\n    if hasattr(sys, 'monitoring'):\n        [sys.monitoring.free_tool_id(n) for n in range(6)]",
    ],
)
def test_only_observed_keeps_imports_in_functions_where_calls_may_go_unseen(project, body):
    (project / "work.py").write_text(f"def idle():\n    import helper\n\ndef run():\n    {body}\n")
    graph = observe_target("work:run", BuildOptions(), [], {}, only=True)
    assert "helper.py" in members(graph)


def test_a_script_is_observed_by_its_slice(project):
    (project / "script.py").write_text(
        "import sys\nfrom helper import read\nNAME = 'ab'\n\ndef run():\n    return read(NAME)\n\nsys.exit(open('submitted', 'w').write('x'))\n"
    )
    graph = observe_target("script.py:run", BuildOptions(dynamic="warn"), [], {})
    assert "data/ab" in members(graph)
    assert not os.path.exists("submitted")


def test_a_failing_function_is_an_error_with_its_traceback(project):
    with pytest.raises(RemoteError, match="No such file") as caught:
        observe_target("work:run", BuildOptions(dynamic="warn"), ["nothing"], {})
    assert caught.value.type == "FileNotFoundError"
    trace = caught.value.remote_traceback
    assert "helper.py" in trace
    assert "watched_process" not in trace and "_clustrix_runtime" not in trace  # it begins at the user's first frame


def test_a_function_that_ends_its_process_is_an_error(project):
    (project / "work.py").write_text("import os\ndef run():\n    os._exit(3)\n")
    with pytest.raises(RemoteError, match="exit code 3"):
        observe_target("work:run", BuildOptions(), [], {})


def test_a_project_may_have_modules_named_like_those_that_the_watcher_uses(project):
    (project / "json.py").write_text("VALUE = 5\n")
    (project / "work.py").write_text(
        "import json\ndef run():\n    assert json.VALUE == 5\n    return open('data/' + 'ab'[:]).read()\n"
    )
    graph = observe_target("work:run", BuildOptions(), [], {})
    assert {"json.py", "data/ab"} <= members(graph)


def test_observed_secrets_and_files_elsewhere_stay(project, tmp_path):
    (tmp_path / "elsewhere.txt").write_text("x")
    (project / "work.py").write_text("def run(names):\n    for name in names:\n        open(name[::1]).read()\n")
    (project / "notes.txt").write_text("x")
    graph = observe_target("work:run", BuildOptions(), [["notes.txt", str(tmp_path / "elsewhere.txt")]], {})
    assert members(graph) == {"work.py", "notes.txt"}


def test_coroutines_and_generators_run_to_their_end(project):
    (project / "work.py").write_text(
        "async def one():\n    return open('data/' + 'ab'[:]).read()\n\ndef two():\n    yield 1\n    yield open('data/' + 'zz'[:]).read()\n"
    )
    assert "data/ab" in members(observe_target("work:one", BuildOptions(), [], {}))
    assert "data/zz" in members(observe_target("work:two", BuildOptions(), [], {}))


def test_a_folder_that_a_cluster_call_names_stays(project):
    (project / "work.py").write_text(
        "from clustrix import cluster_ls\n\ndef run():\n    return [open('/'.join(['data', n])).read() for n in cluster_ls('data')]\n"
    )
    graph = observe_target("work:run", BuildOptions(), [], {})
    assert set(graph.nodes) == {"project/work.py"}
