"""A sliced script gives its function the result that the whole script gives it (design, section 3 rule 6).

The oracle is execution: random scripts with control flow, aliases, changes, registrations, classes and effects on imported modules
are run whole and sliced, each in fresh modules, and what ``f()`` then returns is compared. What stands under a main guard does not
travel: then it must be told.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import logging
import os
import sys
import types
from decimal import localcontext
from importlib.machinery import ModuleSpec
from pathlib import Path
from unittest import mock

from clustrix_bundle.bundler.analysis.world import LoadedModule, LocalModule
from clustrix_bundle.bundler.errors import AnalysisError
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.slicing.slicer import Slice, slice_module
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st


def _beside(name: str) -> types.ModuleType:
    """A module of this folder, which is on no path."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_beside("statements_users_write")
_beside("statements_with_holders")
world = _beside("script_world")
MODULES, INSTALLED = world.MODULES, world.INSTALLED
scripts = _beside("scripts_at_random")
SCRIPTS, GUARDED = scripts.SCRIPTS, scripts.GUARDED


class InMemory:
    """The local modules, parsed once."""

    def __init__(self) -> None:
        self._loaded = {name: _load(name, text) for name, text in MODULES.items()}

    def locate(self, name: str) -> LocalModule | None:
        return LocalModule(name, Path(f"{name}.py"), is_package=name == "pkg") if name in self._loaded else None

    def load(self, name: str) -> LoadedModule | None:
        return self._loaded.get(name)


def _load(name: str, text: str) -> LoadedModule:
    source = text.encode()
    package = name if name == "pkg" else name.rpartition(".")[0]
    return LoadedModule(name, Path(f"{name}.py"), package, name == "pkg", source, extract_facts(source, name))


LOCAL = InMemory()


def canonical(value: object, depth: int = 0) -> object:
    if depth > 6:
        return "…"
    if isinstance(value, (list, tuple)):
        return [canonical(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(key): canonical(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (int, str, type(None))):
        return value
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, types.BuiltinFunctionType):
        return value.__name__
    return [
        type(value).__name__,
        getattr(value, "__name__", ""),
        canonical({k: v for k, v in vars(value).items() if k != "function"}, depth + 1),
        getattr(value, "v", 0) and canonical(getattr(value, "v", 0), depth + 1),
    ]


class Submitted(Exception):
    """The slice has run what only the client may run."""


def run(source: str | bytes, *, may_submit: bool) -> object:
    """What ``f()`` gives after the module has been executed in fresh modules, or the exception's type."""

    def bundle(function: object, args: object = ()) -> int:
        if not may_submit:
            raise Submitted
        return 0

    fresh = {"clustrix_bundle": types.ModuleType("clustrix_bundle")}
    fresh["clustrix_bundle"].bundle = bundle
    finder = _Finder(fresh)
    saved = {name: sys.modules.pop(name) for name in [*MODULES, *INSTALLED, "clustrix_bundle"] if name in sys.modules}
    script = sys.modules["script_under_test"] = types.ModuleType("script_under_test")
    script.__dict__["print"] = lambda *args, file=None: file and print(*args, file=file)
    sys.meta_path.insert(0, finder)
    try:
        with mock.patch.dict(os.environ), localcontext():
            exec(compile(source, "script.py", "exec"), script.__dict__)  # noqa: S102
            try:
                return canonical(script.f())
            except Submitted:
                raise
            except Exception as error:
                return type(error).__name__
    finally:
        sys.meta_path.remove(finder)
        for name in ("sliced", "sliced.held"):
            logging.getLogger(name).handlers.clear()
        for name in [*MODULES, *INSTALLED, "clustrix_bundle", "script_under_test"]:
            sys.modules.pop(name, None)
        sys.modules.update(saved)


class _Finder:
    def __init__(self, ready: dict[str, types.ModuleType]) -> None:
        self._ready = ready

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name in self._ready or name in MODULES or name in INSTALLED:
            return ModuleSpec(name, self, is_package=name == "pkg")
        return None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        return self._ready.get(spec.name) or types.ModuleType(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        source = MODULES.get(module.__name__) or INSTALLED.get(module.__name__)
        if source is not None:
            module.__dict__["canonical"] = canonical
            exec(source, module.__dict__)  # noqa: S102


def sliced(text: str) -> Slice:
    return slice_module(_load("__main__", text), "f", LOCAL)


@settings(
    max_examples=70,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(SCRIPTS)
def test_the_function_gives_the_same_result(text: str) -> None:
    try:
        whole = run(text, may_submit=True)
    except Exception:
        assume(False)  # a script that fails by itself says nothing
    try:
        found = sliced(text)
    except AnalysisError:
        assume(False)  # it depends on a submission: said at build
    assert run(found.source, may_submit=False) == whole, found.source.decode()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(GUARDED)
def test_what_only_the_main_guard_does_is_told(parts: tuple[str, str, str]) -> None:
    """It never runs on the other side: the function gives the same without it, or the build fails or warns of a line of it."""
    script, statement, guard = parts
    try:
        whole = run(script + statement, may_submit=True)
    except Exception:
        assume(False)  # a script that fails by itself says nothing
    try:
        found = sliced(script + guard)
    except AnalysisError:
        return
    told = any(note.line > script.count("\n") for note in found.notes)
    assert told or run(found.source, may_submit=False) == whole, statement


def _straight(draws: list[tuple[int, list[int]]]) -> str:
    """Statements that bind v<n> to a value that names its statement and holds what it reads."""
    lines = []
    bound: list[str] = []
    for number, (target, reads) in enumerate(draws):
        read = [bound[index % len(bound)] for index in reads] if bound else []
        if number % 4 == 3 and read:
            lines.append(f"def v{target}(x=({', '.join(read)},)):\n    return ({number}, show(x))")
        else:
            lines.append(f"v{target} = ({number}, {', '.join(read)})")
        bound.append(f"v{target}")
    return "\n".join(lines)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(0, 50), max_size=3)), min_size=1, max_size=14),
    st.lists(st.integers(0, 50), min_size=1, max_size=3),
)
def test_the_slice_of_a_straight_line_module_is_minimal(draws: list[tuple[int, list[int]]], reads: list[int]) -> None:
    """No kept statement can be left out: without it the function fails, or sees another value."""
    text = _straight(draws)
    names = [f"v{target}" for target, _ in draws]
    asked = ", ".join(f"show({names[index % len(names)]})" for index in reads)
    text += f"\ndef show(x):\n    return [show(y) for y in x] if isinstance(x, tuple) else show(x()) if callable(x) else str(x)\ndef f():\n    return [{asked}]\n"
    found = sliced(text)
    whole = _value(ast.parse(text))
    assert _value(ast.parse(found.source)) == whole
    tree = ast.parse(found.source)
    for number in range(len(tree.body)):
        less = ast.Module([node for index, node in enumerate(tree.body) if index != number], [])
        assert _value(less) != whole, ast.unparse(tree.body[number])


def _value(tree: ast.Module) -> object:
    namespace: dict[str, object] = {"__builtins__": builtins}
    try:
        exec(compile(tree, "script.py", "exec"), namespace)  # noqa: S102
        return namespace["f"]()  # type: ignore[operator]
    except Exception as error:
        return type(error)
