"""Dynamic imports whose names fold, in full or to a prefix: rule 4 (a) and (c).

What does not fold at all is an `OpenEnd`; what then comes is `open_imports`' business.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.world import FileFinding, LoadedModule, ModuleFinding, OpenEnd
from clustrix_bundle.bundler.evidence.callees import CallRule
from clustrix_bundle.bundler.evidence.code_of_tests import is_test_code, is_test_name
from clustrix_bundle.bundler.evidence.known_openers import RESOURCES
from clustrix_bundle.bundler.evidence.words import call_words
from clustrix_bundle.bundler.folding import modules, pattern
from clustrix_bundle.bundler.folding.value import (
    ENTRY,
    ENV,
    Alternatives,
    Constant,
    External,
    Mapping,
    Module,
    Sequence,
    Text,
    Unknown,
    Value,
    as_text,
    is_none,
    items_of,
)
from clustrix_bundle.bundler.lazy_pattern import compile_lazily
from clustrix_bundle.bundler.resolve import is_module_name

if TYPE_CHECKING:
    from clustrix_bundle.bundler.evidence.call_shapes import CallShape
    from clustrix_bundle.bundler.evidence.reading import Reading
    from clustrix_bundle.bundler.facts.model import Call
    from clustrix_bundle.bundler.folding.arguments import Arguments

BY_NAME = {
    "importlib.import_module": "name",
    "builtins.__import__": "name",
    "importlib.__import__": "name",
    "importlib.util.find_spec": "name",
    "importlib.find_loader": "name",
    "pkgutil.find_loader": "fullname",
    "pkgutil.get_loader": "module_or_name",
    "pkgutil.resolve_name": "name",
    "pydoc.locate": "path",
    "pydoc.safeimport": "path",
    "runpy.run_module": "mod_name",
    "werkzeug.utils.import_string": "import_name",
    "django.utils.module_loading.import_string": "dotted_path",
    "django.utils.module_loading.import_module": "name",
    "celery.utils.imports.symbol_by_name": "name",
    "kombu.utils.imports.symbol_by_name": "name",
    "zope.dottedname.resolve.resolve": "name",
    "traitlets.utils.importstring.import_item": "name",
    "hydra.utils.get_class": "path",
    "hydra.utils.get_method": "path",
    "hydra.utils.get_object": "path",
    "mmengine.utils.import_modules_from_strings": "imports",
    "lazy_loader.load": "fullname",
    "lazy_import.lazy_module": "modname",
    "lazy_import.lazy_callable": "modname",
    "django.conf.urls.include": "arg",
    "django.urls.include": "arg",
    "uvicorn.run": "app",
    "celery.Celery().autodiscover_tasks": "packages",
    "flask.Config().from_object": "obj",
    "flask.Flask().config.from_object": "obj",
    "logging.config.dictConfig": "config",
    "hydra.utils.instantiate": "config",
    "hydra.utils.call": "config",
    "pyramid.config.Configurator().include": "callable",
    "pyramid.config.Configurator().scan": "package",
    "unittest.mock.patch": "target",
}
"""Functions that import what a string names, and the parameter (the first) that holds it."""

_OF_TEXTS = frozenset(
    {
        "importlib.import_module",
        "builtins.__import__",
        "importlib.__import__",
        "importlib.util.find_spec",
        "pkgutil.resolve_name",
        "pydoc.locate",
        "runpy.run_module",
        "werkzeug.utils.import_string",
        "django.utils.module_loading.import_string",
    }
)
"""Those that take nothing but a text."""
_OUTSIDE = ("argparse.", "sys.", "os.", "click.", "builtins.input", "optparse.")

BY_FILE = {
    "importlib.util.spec_from_file_location": (1, "location"),
    "importlib.machinery.SourceFileLoader": (1, "path"),
    "importlib._bootstrap_external.SourceFileLoader": (1, "path"),
    "imp.load_source": (1, "pathname"),
    "runpy.run_path": (0, "path_name"),
}
"""Functions that run the Python file that a path names, and the place of the path."""

BY_PACKAGE = frozenset({"pkgutil.iter_modules", "pkgutil.walk_packages", "lazy_loader.attach", "lazy_loader.attach_stub"})
OF_RESOURCES = frozenset((*RESOURCES, "importlib.resources.files", "importlib_resources.files"))
"""Functions that import the package whose resources they read: without its ``__init__.py`` it would be a namespace package there."""
_KNOWN = frozenset((*BY_NAME, *BY_FILE, *BY_PACKAGE, *OF_RESOURCES))
LAST_NAMES = frozenset(name.rpartition(".")[2] for name in _KNOWN)

_COMMON = frozenset(
    {"attach", "call", "get_class", "get_method", "get_object", "instantiate", "load", "locate", "patch", "resolve", "run"}
    | {name.rpartition(".")[2] for name in OF_RESOURCES}
)
"""Names of functions of modules that methods of many things bear as well."""

_LOCAL_NAME = compile_lazily(r"\.*\w[\w\-]*(?:\.\w[\w\-]*)*(?::[\w.\[\]]+)?", re.ASCII)


def find_dynamic_imports(reading: Reading, module: LoadedModule) -> Iterator[ModuleFinding | FileFinding | OpenEnd]:
    """What the dynamic imports of one module can bring."""
    for call in reading.calls(module, _CALLS):
        for callee in reading.folder.callee_of(call, module):
            name = callee.name if isinstance(callee, External) else ""
            if name in BY_NAME:
                yield from _by_name(reading, module, call, name)
            elif name in BY_FILE:
                yield from _by_file(reading, module, call, *BY_FILE[name])
            elif name in ("pkgutil.iter_modules", "pkgutil.walk_packages"):
                yield from _by_package(reading, module, call, deep=name.endswith("walk_packages"))
            elif name in ("lazy_loader.attach", "lazy_loader.attach_stub"):
                yield from _attached(reading, module, call)
            elif name in OF_RESOURCES:
                yield from _of_resources(reading, module, call)


def _is_plausible(shape: CallShape) -> bool:
    return shape.given and not (shape.of_unknown and shape.name in _COMMON)


_CALLS = CallRule(LAST_NAMES.__contains__, _is_plausible, _KNOWN.__contains__)


def _by_name(
    reading: Reading, module: LoadedModule, call: Call, function: str
) -> Iterator[ModuleFinding | FileFinding | OpenEnd]:
    arguments = reading.folder.arguments_of(call, module)
    given = arguments.get(0, BY_NAME[function])
    if given is None:
        return
    packages = _packages(arguments, module) if function == "importlib.import_module" else [module.package]
    detail = call_words(call)
    is_open = outside = False
    values = list(_names(given))
    foreign = function in _OF_TEXTS and not any(isinstance(value, Text) for value in values)
    for value in values:
        if isinstance(value, Text):
            known = yield from _named(reading, module, value, packages, call)
            is_open = is_open or not known
            outside = outside or (not known and (ENTRY in value.parts or ENV in value.parts))
        elif isinstance(value, Module):
            yield ModuleFinding(value.name, call.line, "folded", detail)
        elif isinstance(value, Unknown):
            is_open = True
            outside = outside or value.entry
        elif foreign and isinstance(value, External):  # what another package gave: a line of a file, an option
            is_open = True
            outside = outside or value.name.startswith(_OUTSIDE)
    level = arguments.get(4, "level") if function.endswith("__import__") else None
    if level or arguments.get(3, "fromlist"):
        yield from _from_list(reading, arguments, packages[0], call, detail)
    if function == "runpy.run_module":
        yield from _main_of(reading, given, call, detail)
    if is_open:
        yield OpenEnd(call.line, detail, outside, call.scope)


def _of_resources(reading: Reading, module: LoadedModule, call: Call) -> Iterator[ModuleFinding]:
    given = reading.folder.arguments_of(call, module).get(0, "package", "anchor", "package_or_requirement", "package_name") or ()
    for value in given:
        name = value.name if isinstance(value, Module) else as_text(value).constant
        if name and reading.world.locate(name) is not None:
            yield ModuleFinding(name, call.line, "folded", call_words(call))


def _names(given: Alternatives) -> Iterator[Value]:
    """Texts and modules among the alternatives, in collections and tables too."""
    for value in given:
        if isinstance(value, Sequence):
            yield from _names(items_of(value))
        elif isinstance(value, Mapping):
            yield from (one for _, values in value.items for one in _names(values) if not isinstance(one, Unknown))
        elif not is_none(value):
            yield value


def _packages(arguments: Arguments, module: LoadedModule) -> list[str]:
    """What relative names are relative to."""
    given = arguments.get(1, "package")
    found = [as_text(value).constant for value in given or () if not isinstance(value, Constant)]
    return [one for one in found if one] or [module.package]


def _named(
    reading: Reading, module: LoadedModule, value: Text, packages: list[str], call: Call
) -> Generator[ModuleFinding, None, bool]:
    """Modules that a text can name; gives back whether it says where they are."""
    known = False
    detail = call_words(call)
    for package in packages:
        if value.constant is not None:
            known = True
            target = local_module(reading, value.constant, package)
            if target:
                yield ModuleFinding(target, call.line, "folded", detail)
            continue
        full = _resolved(value, package)
        if full is None:
            continue
        found, settled = submodules_like(reading, full)
        for name in found:
            if not is_test_name(name) or (is_test_name(full.prefix.rstrip(".")) and not is_test_code(reading, module)):
                yield ModuleFinding(name, call.line, "prefix", detail)
        known = known or settled
    return known


def _resolved(value: Text, package: str) -> Text | None:
    """A text with its leading dots resolved; None where it has no literal beginning."""
    prefix = value.prefix
    tail = prefix.lstrip(".")
    dots = len(prefix) - len(tail)
    if not dots:
        return value if value.prefix else None
    base = modules.resolve("", dots, package)
    return value.with_parts((f"{base}.{tail}" if base else tail, *value.parts[1:])) if base else None


def local_module(reading: Reading, name: str, package: str) -> str | None:
    """The local module that a string names: ``a.b``, ``a.b:attr``, ``a.b.Class``, ``.b`` seen from a package; None for any other."""
    if not _LOCAL_NAME.fullmatch(name):
        return None
    dotted = modules.resolve_text(name.partition(":")[0], package)
    while dotted:
        local = reading.world.locate(dotted)
        if local is not None:
            return dotted
        dotted = dotted.rpartition(".")[0]
    return None


def submodules_like(reading: Reading, value: Text) -> tuple[list[str], bool]:
    """Local modules whose dotted name the text can be, and whether its literal beginning names a package (or top-level modules)."""
    literal_part = value.prefix
    package, dot, _ = literal_part.rpartition(".")
    expression = pattern.expression(value, separator=".")
    if not dot:
        found = [name for name in top_level_modules(reading) if expression.fullmatch(name)]
        return found, bool(found)
    if reading.world.locate(package) is None:
        return [], reading.world.locate(package.partition(".")[0]) is None
    # A hole stands for one part of the name; what it names may itself be a package around further literal parts.
    depth = sum(part.count(".") for part in value.parts if isinstance(part, str)) - package.count(".") - 1
    candidates = [package]
    for _ in range(max(depth, 0) + 1):
        candidates = [local.name for name in candidates for local in reading.world.submodules(name)]
    return [name for name in candidates if expression.fullmatch(name)], True


def top_level_modules(reading: Reading) -> list[str]:
    """Names of local modules directly in the source roots."""
    found: dict[str, None] = {}
    for root in reading.world.source_roots:
        for name, is_folder in reading.disk.listing(str(root)).items():
            stem = name if is_folder else name.removesuffix(".py")
            if (is_folder or name.endswith(".py")) and is_module_name(stem) and reading.world.locate(stem) is not None:
                found.setdefault(stem)
    return list(found)


def _from_list(reading: Reading, arguments: Arguments, package: str, call: Call, detail: str) -> Iterator[ModuleFinding]:
    """``__import__(name, fromlist=[…], level=…)``: submodules that it names."""
    level = arguments.get(4, "level")
    climb = int(as_text(level[0]).constant or "0") if level and (as_text(level[0]).constant or "0").isdecimal() else 0
    for one in arguments.get(0, "name") or ():
        base = as_text(one).constant
        if base is None:
            continue
        full = modules.resolve(base, climb, package) if climb else base
        target = local_module(reading, full, package) if full else None
        if target and climb:
            yield ModuleFinding(target, call.line, "folded", detail)
        for name in (item for value in arguments.get(3, "fromlist") or () for item in items_of(value)):
            child = as_text(name).constant
            if child and reading.world.locate(f"{full}.{child}") is not None:
                yield ModuleFinding(f"{full}.{child}", call.line, "folded", detail)


def _main_of(reading: Reading, given: Alternatives, call: Call, detail: str) -> Iterator[ModuleFinding]:
    for one in given:
        name = as_text(one).constant
        if name and reading.world.locate(f"{name}.__main__") is not None:
            yield ModuleFinding(f"{name}.__main__", call.line, "folded", detail)


def _by_file(reading: Reading, module: LoadedModule, call: Call, position: int, keyword: str) -> Iterator[FileFinding | OpenEnd]:
    from clustrix_bundle.bundler.evidence.paths import find_paths  # noqa: PLC0415 - the two look at each other

    arguments = reading.folder.arguments_of(call, module)
    detail = call_words(call)
    given = arguments.get(position, keyword) or ()
    found = False
    for value in given:
        if isinstance(value, (Text, Unknown)):
            for path in find_paths(reading, module, as_text(value)):
                found = True
                yield FileFinding(
                    path.path, call.line, detail, exact=path.exact, anchored=path.anchored, script=True, pattern=path.pattern
                )
    if (
        given
        and not found
        and any(isinstance(value, Unknown) or (isinstance(value, Text) and value.constant is None) for value in given)
    ):
        yield OpenEnd(call.line, detail, scope=call.scope)


def _by_package(reading: Reading, module: LoadedModule, call: Call, *, deep: bool) -> Iterator[ModuleFinding | OpenEnd]:
    """``pkgutil.iter_modules(pkg.__path__)``: the package's submodules."""
    arguments = reading.folder.arguments_of(call, module)
    detail = call_words(call)
    given = arguments.get(0, "path")
    names: dict[str, None] = {}
    for value in given or ():
        for folder in items_of(value) if isinstance(value, Sequence) else (value,):
            constant = as_text(folder).constant
            if constant is not None:
                names.update(dict.fromkeys(packages_at(reading, constant)))
    for prefix in arguments.get(1, "prefix") or ():
        package = (as_text(prefix).constant or "").rstrip(".")
        if package and reading.world.locate(package) is not None:
            names.setdefault(package)
    for name in names:
        for found in _below(reading, name, deep=deep):
            yield ModuleFinding(found, call.line, "prefix", detail)
    if given is not None and not names:
        yield OpenEnd(call.line, detail, scope=call.scope)


def _below(reading: Reading, package: str, *, deep: bool) -> Iterator[str]:
    submodules = (
        reading.world.submodules(package)
        if package
        else [one for name in top_level_modules(reading) if (one := reading.world.locate(name))]
    )
    for local in submodules:
        if is_test_name(local.name):
            continue
        yield local.name
        if deep and local.is_package:
            yield from _below(reading, local.name, deep=True)


def packages_at(reading: Reading, folder: str) -> list[str]:
    """Dotted names under which the modules in a folder are imported; empty text for a source root itself."""
    found: list[str] = []
    for root in reading.world.source_roots:
        base = str(root)
        if folder == base:
            found.append("")
        elif folder.startswith(base.rstrip("/") + "/"):
            name = folder[len(base.rstrip("/")) + 1 :].replace("/", ".")
            local = reading.world.locate(name)
            if local is not None and local.is_package:
                homes = [str(local.path.parent)] if local.path is not None else [str(one) for one in local.folders]
                if folder in homes:
                    found.append(name)
    return list(dict.fromkeys(found))


def _attached(reading: Reading, module: LoadedModule, call: Call) -> Iterator[ModuleFinding]:
    """``lazy_loader.attach(__name__, submodules, submod_attrs)``: the submodules that its tables name."""
    arguments = reading.folder.arguments_of(call, module)
    detail = call_words(call)
    package = next((as_text(one).constant for one in arguments.get(0, "package_name", "package") or ()), None) or module.package
    for group in (arguments.get(1, "submodules"), arguments.get(2, "submod_attrs")):
        for name in (item for value in group or () for item in items_of(value)):
            child = as_text(name).constant
            if child and reading.world.locate(f"{package}.{child}") is not None:
                yield ModuleFinding(f"{package}.{child}", call.line, "folded", detail)
    stub = module.path.with_suffix(".pyi")
    if reading.disk.is_file(str(stub)):
        yield from _stubbed(reading, stub.read_text(errors="replace"), package, call.line, detail)


def _stubbed(reading: Reading, text: str, package: str, line: int, detail: str) -> Iterator[ModuleFinding]:
    """Submodules that the relative imports of a stub name (``lazy_loader.attach_stub``)."""
    for match in re.finditer(r"^\s*from\s+\.([\w.]*)\s+import\s+(.*)$", text, re.MULTILINE):
        names = [match[1]] if match[1] else [part.split()[0] for part in match[2].strip("() ").split(",") if part.strip()]
        for name in names:
            if reading.world.locate(f"{package}.{name}") is not None:
                yield ModuleFinding(f"{package}.{name}", line, "folded", detail)
