"""The modules that ship are the modules that Python loads: random package trees, run in a process that has nothing else.

Every import stands where it surely runs, so the two sets are equal: nothing is missing (recall) and nothing is there in vain.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from clustrix_bundle.bundler.analysis.analyzer import DependencyAnalyzer
from clustrix_bundle.bundler.analysis.context import AnalysisContext
from clustrix_bundle.bundler.interpreter import this_interpreter
from hypothesis import given, settings
from hypothesis import strategies as st

LOADED = """
import importlib, json, os, sys
root, module = sys.argv[1:]
sys.path.insert(0, root)
importlib.import_module(module).func()
files = [getattr(m, "__file__", None) for m in list(sys.modules.values())]
print(json.dumps(sorted(os.path.relpath(f, root) for f in files if f and f.startswith(root + os.sep))))
"""

MODULES = ["m0", "m1", "p", "p.m2", "p.m3", "p.q", "p.q.m4", "p.q.m5", "n.m6", "s", "s.m7"]
PACKAGES = {"p", "p.q", "s"}
"""Every module that a random tree can have; ``n`` is a namespace package."""


@st.composite
def import_statement(draw, importer: str) -> str:
    """One statement that imports another module in one of the ways there are."""
    target = draw(st.sampled_from([name for name in MODULES if name != importer]))
    parent, _, tail = target.rpartition(".")
    forms = [f"import {target}", f"from {target} import __name__ as _{tail}"]
    if parent:
        forms += [f"from {parent} import {tail}", f"import {target} as _x"]
        package = importer if importer in PACKAGES else importer.rpartition(".")[0]
        if package and (parent == package or package.startswith(f"{parent}.")):
            dots = "." * (package.count(".") - parent.count(".") + 1)
            forms += [f"from {dots} import {tail}", f"from {dots}{tail} import __name__ as _y"]
    return draw(st.sampled_from(forms))


@st.composite
def trees(draw) -> dict[str, str]:
    files = {}
    for name in MODULES:
        top = draw(st.lists(import_statement(name), max_size=2))
        late = draw(st.lists(import_statement(name), max_size=1)) if name == "p.q.m4" else []
        body = "".join(f"    {line}\n" for line in late)
        path = name.replace(".", "/") + ("/__init__.py" if name in PACKAGES else ".py")
        files[path] = "".join(f"{line}\n" for line in top) + f"def func():\n{body}    return 1\n"
    return files


@settings(max_examples=30, deadline=None)
@given(files=trees())
def test_the_shipped_modules_are_those_that_python_loads(files, tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    for name, content in files.items():
        path = Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", LOADED, str(root), "p.q.m4"], capture_output=True, text=True, check=True
    )
    interpreter = replace(this_interpreter(), site_folders=())
    graph = DependencyAnalyzer(AnalysisContext(cwd=root, interpreter=interpreter, home=root.parent)).analyze_target("p.q.m4:func")
    shipped = {node.member.removeprefix("project/") for node in graph.modules()}
    assert shipped == set(json.loads(done.stdout))
