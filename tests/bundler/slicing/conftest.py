"""What the tests of slicing share: a small project on disk, and scripts whose dropped lines are marked."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from clustrix_bundle.bundler.analysis.world import LoadedModule, LocalModule
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.slicing.slicer import Slice, slice_module


class Folder:
    """The local modules of one folder, found as a `World` finds them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._loaded: dict[str, LoadedModule] = {}

    def locate(self, name: str) -> LocalModule | None:
        path = self.root.joinpath(*name.split("."))
        if (path / "__init__.py").exists():
            return LocalModule(name, path / "__init__.py", is_package=True)
        file = path.with_suffix(".py")
        return LocalModule(name, file, is_package=False) if file.exists() else None

    def load(self, name: str) -> LoadedModule | None:
        found = self.locate(name)
        if found is None or found.path is None:
            return None
        if name not in self._loaded:
            self._loaded[name] = load(found.path, name, is_package=found.is_package)
        return self._loaded[name]


def load(path: Path, name: str = "__main__", *, is_package: bool = False) -> LoadedModule:
    source = path.read_bytes()
    package = name if is_package else name.rpartition(".")[0]
    return LoadedModule(name, path, package, is_package, source, extract_facts(source, str(path)))


@pytest.fixture
def sliced(tmp_path: Path) -> Callable[..., Slice]:
    """sliced(text, function, by_value=…, **files): the slice of a script beside other modules."""

    def run(text: str, function: str = "f", by_value: frozenset[str] = frozenset(), has_file=None, **files: str) -> Slice:
        for name, content in files.items():
            file = tmp_path.joinpath(*name.split("__")).with_suffix(".py")
            file.parent.mkdir(exist_ok=True)
            file.write_text(content)
        script = tmp_path / "script.py"
        script.write_text(text)
        return slice_module(load(script), function, Folder(tmp_path), by_value=by_value, has_file=has_file)

    return run


@pytest.fixture
def holds(sliced: Callable[..., Slice]) -> Callable[..., Slice]:
    """Checks a script whose lines marked ``#-`` must become blank, and all others must stay as they are."""

    def check(marked: str, function: str = "f", **files: str) -> Slice:
        lines = marked.strip("\n").split("\n")
        text = "\n".join(line.removesuffix("#-").rstrip() for line in lines) + "\n"
        expected = ["" if line.endswith("#-") else line.rstrip() for line in lines]
        found = sliced(text, function, **files)
        assert found.source.decode().split("\n")[:-1] == expected
        ast.parse(found.source)
        assert len(found.decisions) == len({decision.statement for decision in found.decisions})
        assert all(decision.reason for decision in found.decisions)
        return found

    return check
