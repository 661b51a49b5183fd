"""The graph does not depend on who reads and follows: random projects, once with the compiled core, once without it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from clustrix_bundle.bundler.analysis.analyzer import DependencyAnalyzer
from clustrix_bundle.bundler.analysis.context import AnalysisContext
from clustrix_bundle.bundler.errors import ClustrixBundleError
from clustrix_bundle.bundler.facts.extract import core
from clustrix_bundle.bundler.interpreter import this_interpreter
from clustrix_bundle.bundler.settings import Settings
from hypothesis import given, settings
from hypothesis import strategies as st

FILES = {
    "m0": "m0.py",
    "m1": "m1.py",
    "json": "json.py",
    "p": "p/__init__.py",
    "p.m2": "p/m2.py",
    "p.é": "p/é.py",
    "p.q": "p/q/__init__.py",
    "p.q.m4": "p/q/m4.py",
    "p.q.fast": "p/q/fast.abi3.so",
    "n.m6": "n/m6.py",
    "n.o.m7": "n/o/m7.py",
    "s": "src/s/__init__.py",
    "s.m8": "src/s/m8.py",
    "broken": "broken.py",
    "outer": "site/outer/__init__.py",
    "outer.inner": "site/outer/inner.py",
    "extra.m9": "more/extra/m9.py",
}
"""Where each module of a random project stands: ``n`` is a namespace package, ``site`` holds what is installed, ``more`` is found by ``sys.path``."""

ELSEWHERE = [
    "os.path",
    "tomllib",
    "datetime",
    "asyncio.taskgroups",
    "absent",
    "p.absent",
    "clustrix_bundle",
    "_absent.x",
    "n",
    "n.o",
]
NAMES = ["a", "b", "UTC", "path", "__version__", "m2", "q", "fast", "é", "absent", "m6", "o", "inner"]
PLACES = [
    "{}",
    "try:\n    {}\nexcept ImportError:\n    pass",
    "if TYPE_CHECKING:\n    {}",
    "if __name__ == '__main__':\n    {}",
    "if a:\n    {}",
    "def g():\n    {}",
    "class C:\n    {}",
    "class C:\n    def h(self):\n        class D:\n            {}",
    "{}  # clustrix: ignore",
]
OTHERS = [
    "a = b = 1",
    "__all__ = ['m2', 'a']",
    "__all__ = ['q'] + unknown",
    "def __getattr__(name): pass",
    "import importlib; importlib.import_module('p.q.m4')",
    "import importlib; importlib.import_module(f'n.{a}')",
    "import sys; sys.path.insert(0, 'more')",
    "import sys; m = sys.modules[__name__]",
    "x = (y := 1)",
    "# clustrix: include data/*.csv",
    "with open('data/a.csv') as f: a = f",
    "import pkgutil; __path__ = pkgutil.extend_path(__path__, __name__)",
]


@st.composite
def statements(draw) -> str:
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(OTHERS))
    module = draw(st.sampled_from([*FILES, *ELSEWHERE]))
    name = draw(st.sampled_from(NAMES))
    forms = [f"import {module}", f"import {module} as c", f"from {module} import {name}", f"from {module} import {name} as d, b"]
    dots = "." * draw(st.integers(1, 3))
    forms += [f"from {dots} import {name}", f"from {dots}{module.rpartition('.')[2]} import {name}"]
    form = draw(st.sampled_from(forms))
    fails = form not in forms[:2] or module in ELSEWHERE or module == "broken"
    place = draw(st.sampled_from(PLACES[:2] if not fails else PLACES[1:] if draw(st.integers(0, 40)) else PLACES))
    if place in PLACES[:2] and draw(st.integers(0, 3)) == 0:
        form = draw(st.sampled_from([f"from {module} import *", f"from {dots} import *"]))
    return place.format(form)


@st.composite
def projects(draw) -> tuple[dict[str, str], Settings]:
    files = {path: "\n".join(draw(st.lists(statements(), max_size=4))) + "\n" for path in FILES.values()}
    files["broken.py"] = "def (:\n"
    files["data/a.csv"] = "1\n"
    files["main.py"] = (
        "\n".join(draw(st.lists(statements(), max_size=4)))
        + "\ndef func():\n    try: import p, m0, n.m6, s.m8\n    except ImportError: import p.q.m4, n.o.m7\n"
    )
    if draw(st.booleans()):
        del files["m1.py"]
    exclude = draw(st.sampled_from([(), (), ("p/m*.py",), ("n",)]))
    return files, Settings(exclude=exclude)


def outcome(root: Path, chosen: Settings, target: str) -> object:
    """Everything that a graph says, or the error."""
    interpreter = replace(this_interpreter(), site_folders=(str(root / "site"),))
    context = AnalysisContext(cwd=root, interpreter=interpreter, home=root.parent, settings=chosen)
    try:
        graph = DependencyAnalyzer(context).analyze_target(target)
    except ClustrixBundleError as error:
        return type(error), str(error)
    nodes = [(node.member, node.kind, node.path, node.content, node.module) for node in graph.nodes.values()]
    rest = (graph.requirements, graph.warnings, graph.unresolved, graph.excluded, graph.sys_path, graph.cwd, graph.python)
    return nodes, graph.edges, rest, graph.entry, graph.filesystem_calls


@pytest.mark.skipif(core() is None, reason="the core is not built")
@settings(max_examples=60, deadline=None)
@given(project=projects(), target=st.sampled_from(["main.py:func", "main:func"]))
def test_the_graph_is_the_same_with_the_core_and_without(project, target, tmp_path_factory):
    files, chosen = project
    root = tmp_path_factory.mktemp("project")
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        with_core = outcome(root, chosen, target)
        patch.setenv("CLUSTRIX_EXTRACTOR", "libcst")
        assert with_core == outcome(root, chosen, target)
