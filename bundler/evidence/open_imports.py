"""Imports whose names do not fold: what strings, siblings and the package around the call say (rule 4, b, d, e)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.world import LoadedModule, ModuleFinding, OpenEnd
from clustrix_bundle.bundler.evidence.code_of_tests import is_test_name
from clustrix_bundle.bundler.evidence.data_names_data import dotted_names
from clustrix_bundle.bundler.evidence.dynamic_imports import local_module, top_level_modules
from clustrix_bundle.bundler.folding.expressions import children
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from pathlib import Path

    from clustrix_bundle.bundler.evidence.reading import Reading

_NAME = compile_lazily(r"\.*[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::[A-Za-z_][\w.]*)?", re.ASCII)

NOT_MODULES = frozenset({"setup", "conftest", "noxfile", "tasks", "fabfile", "manage", "__main__"})
"""Top-level files that tools run: widening does not bring them."""


_OF_PROJECT = frozenset({"pyproject.toml", "setup.cfg"})
"""Files whose bare names are the project's own, its dependencies' and of options: only dotted ones mean a module."""


def modules_in_strings(reading: Reading, module: LoadedModule, folded: Collection[str]) -> Iterator[ModuleFinding]:
    """Local modules that strings of a module name (b); a package that one names comes whole, unless the module itself imports it (``folded``)."""
    for text in reading.texts(module):
        if not _NAME.fullmatch(text.value) or text.value.startswith("__"):
            continue
        name = local_module(reading, text.value, module.package)
        if name is None or is_test_name(name) or name in (module.name, module.package):
            continue
        if not _is_named(text.value, name, module.package) or not _holds_modules(reading, name):
            continue
        if module.name.startswith(f"{name}.") and text.value == name and not _is_listed(module, name):
            continue  # a logger, a title, a translation domain: the package that the module is part of
        local = reading.world.locate(name)
        whole = (
            local is not None
            and local.is_package
            and (name == text.value or text.value.startswith("."))
            and ":" not in text.value
        )
        yield ModuleFinding(name, text.line, "literal", repr(text.value), whole=whole and name not in folded)


def _is_listed(module: LoadedModule, value: str) -> bool:
    """Whether a string is an item of a list that the module assigns, as packages are that frameworks load (``INSTALLED_APPS``)."""
    pending = [binding.value for binding in module.facts.bindings if not binding.scope]
    while pending:
        expr = pending.pop()
        inner = list(children(expr))
        if expr[0] in ("list", "tuple") and ("str", value) in inner:
            return True
        pending += inner
    return False


def _is_named(value: str, name: str, package: str) -> bool:
    """Whether the string means the module itself or something in it, not just shares its first word.

    ``a.b.Class`` and ``a:run`` name ``a.b`` and ``a``; of a dotted string at least the package's own submodule must be found, or
    one attribute of what is found: ``pkg.x.y.z`` with no ``pkg/x`` names nothing.
    """
    plain = value.partition(":")[0]
    if value.startswith("."):
        return bool(package)
    extra = plain[len(name) :].count(".")
    return extra <= 2


def _holds_modules(reading: Reading, name: str, depth: int = 4) -> bool:
    """Whether a name leads to a module, or to a folder with modules in it: a folder of data that a string names is no package."""
    local = reading.world.locate(name)
    if local is None or local.path is not None:
        return local is not None
    return depth > 0 and any(_holds_modules(reading, one.name, depth - 1) for one in reading.world.submodules(name))


def modules_in_data(reading: Reading, path: Path) -> Iterator[ModuleFinding]:
    """Local modules that a small text file among the shipped data names (b)."""
    of_project = path.name in _OF_PROJECT
    names = dotted_names(path)
    inner = {text.partition(".")[0] for text in names if "." in text}
    for text in names:
        if text.isidentifier() and (
            of_project or text in inner
        ):  # a key over the names that mean something: {"steps": ["steps.one"]}
            continue
        name = local_module(reading, text, "")
        if name is not None and not is_test_name(name) and _is_named(text, name, "") and _holds_modules(reading, name):
            local = reading.world.locate(name)
            whole = local is not None and local.is_package and name == text
            yield ModuleFinding(name, 0, "literal", f"{path.name} names {text}", whole=whole)


def siblings_in_strings(reading: Reading, module: LoadedModule) -> Iterator[ModuleFinding]:
    """Siblings of an importing module that its strings name (d)."""
    if not module.package:
        return
    for text in reading.texts(module):
        if not re.fullmatch(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", text.value, re.ASCII):
            continue
        name = f"{module.package}.{text.value}"
        if not is_test_name(name) and name != module.name and _holds_modules(reading, name):
            yield ModuleFinding(name, text.line, "sibling", repr(text.value))


def widened(reading: Reading, module: LoadedModule, end: OpenEnd) -> Iterator[ModuleFinding]:
    """The package that holds an open import, whole; for a module outside any package the modules beside it (e)."""
    if module.package:
        yield ModuleFinding(module.package, end.line, "widened", end.detail, whole=True)
        return
    beside = {
        name
        for name, is_folder in reading.disk.listing(str(module.path.parent)).items()
        if not is_folder and name.endswith(".py")
    }
    for name in top_level_modules(reading):
        local = reading.world.locate(name)
        if local is None or local.path is None or local.path.parent != module.path.parent or f"{name}.py" not in beside:
            continue
        if name not in NOT_MODULES and not is_test_name(name) and name != module.name:
            yield ModuleFinding(name, end.line, "widened", end.detail)
