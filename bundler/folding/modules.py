"""Modules as values: their file, folder, package and spec, and the calls that lead from one to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding import foreign_names, known, pattern
from clustrix_bundle.bundler.folding.arguments import Arguments
from clustrix_bundle.bundler.folding.expressions import children, dotted
from clustrix_bundle.bundler.folding.value import (
    FOREIGN,
    OPEN,
    STAR,
    Alternatives,
    Class,
    Constant,
    External,
    Function,
    Instance,
    Mapping,
    Module,
    Sequence,
    Text,
    Value,
    as_text,
    distinct,
    hole,
    literal,
)

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule, World
    from clustrix_bundle.bundler.facts.model import Expr, Import
    from clustrix_bundle.bundler.folding.names import ModuleNames

_FRAMES = ("inspect.currentframe()", "sys._getframe()", "inspect.stack()", "inspect.getframeinfo()", "sys._current_frames()")
_FRAME_FILES = ("f_code.co_filename", "filename", "frame.f_code.co_filename", "f_globals.__file__")


def file(module: LoadedModule) -> Text:
    """``__file__``."""
    return Text((str(module.path),), anchored=True)


def special(name: str, module: LoadedModule) -> Alternatives | None:
    """The variables that the import system sets in every module; None for other names."""
    if not name.startswith("__"):
        return None
    if name == "__file__":
        return (file(module),)
    if name == "__name__":
        return (literal(module.name),)
    if name == "__package__":
        return (literal(module.package),) if module.package or module.name != "__main__" else (Constant("None"),)
    if name == "__path__" and module.is_package:
        return (Sequence(((Text((str(module.path.parent),), anchored=True),),)),)
    if name == "__spec__":
        return (_spec(module.name, str(module.path), module.is_package),)
    return None


def _spec(name: str, path: str | None, is_package: bool, folders: tuple[Text, ...] = ()) -> Mapping:
    package = name if is_package else name.rpartition(".")[0]
    fields: list[tuple[str, Value]] = [("name", literal(name)), ("parent", literal(package))]
    if path is not None:
        own = Text((path,), anchored=True)
        fields += [("origin", own), ("cached", FOREIGN_TEXT)]
        folders = folders or (pattern.parent(own),)
    if is_package:
        fields.append(("submodule_search_locations", Sequence(tuple((one,) for one in folders))))
    return Mapping(tuple(((literal(key),), (value,)) for key, value in fields), OPEN)


FOREIGN_TEXT = hole(FOREIGN)


def absolute(item: Import, module: LoadedModule) -> str:
    """The dotted name that an import statement's module part means; empty if it climbs out of the top package."""
    return resolve(item.module, item.level, module.package)


def resolve(name: str, level: int, package: str) -> str:
    """A relative name seen from a package (`importlib.util.resolve_name`)."""
    if not level:
        return name
    parts = package.split(".") if package else []
    if level > len(parts):
        return ""
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{name}" if name else base


def resolve_text(name: str, package: str) -> str:
    """``importlib.import_module(name, package)``: leading dots are relative."""
    tail = name.lstrip(".")
    return resolve(tail, len(name) - len(tail), package)


def named(world: World, name: str) -> Alternatives:
    """A module by its dotted name: local, or foreign."""
    return (Module(name),) if world.locate(name) is not None else (External(foreign_names.canonical(name)),)


def folders(world: World, name: str) -> list[Text]:
    """Folders of a local package, or the folder that holds a local module."""
    local = world.locate(name)
    if local is None:
        return []
    if local.path is None:
        return [Text((str(folder),), anchored=True) for folder in local.folders]
    return [Text((str(local.path.parent),), anchored=True)]


def package_folders(world: World, group: Alternatives, module: LoadedModule | None) -> list[Text]:
    """Folders of the packages that the alternatives name: as a string, a module, or something defined in one."""
    found: list[Text] = []
    for value in group:
        name = value.name if isinstance(value, Module) else None
        if isinstance(value, Text):
            if value.constant is None:
                found.append(hole(FOREIGN) if not value.prefix else hole(STAR))
                continue
            name = value.constant.removesuffix(".__init__")
            if name == "__main__" and module is not None and module.name == "__main__":
                found.append(Text((str(module.path.parent),), anchored=True))
                continue
        if isinstance(value, (Function, Class, Instance)):
            name = value.module
        if isinstance(value, Constant) and module is not None:
            name = module.package
        found += folders(world, name) if name else []
        if isinstance(value, External) or (name and world.locate(name) is None):
            found.append(hole(FOREIGN))
    return list(dict.fromkeys(Text(one.parts, True, one.anchored) for one in found))


def of_frame(name: str, module: LoadedModule | None) -> Alternatives | None:
    """The file of the code that asks for its own frame."""
    if module is None or not name.endswith(("filename", "__file__")):
        return None
    for frame in _FRAMES:
        if name.startswith(frame) and name[len(frame) + 1 :].removeprefix("f_back.") in _FRAME_FILES:
            return (file(module),)
    return None


def call(
    name: str,
    arguments: Arguments,
    module: LoadedModule | None,
    world: World,
    *,
    place_names: Callable[[str], ModuleNames | None],
) -> Alternatives | None:
    """Calls that lead to modules, their files and folders; None for any other."""
    if name in _IMPORTING:
        return _import(name, arguments, module, world)
    if name in _SPECS:
        return _find_spec(arguments, module, world)
    if name in _SOURCES:
        return _files_of(arguments.get(0, "object") or OPEN, module, place_names)
    if name == _HOME:
        values = arguments.get(0, "object") or OPEN
        homes = [Module(value.module) for value in values if isinstance(value, (Function, Class, Instance))]
        return distinct(homes) or ((Module(module.name),) if module else OPEN)
    if name in _FILES:
        given = arguments.get(0, "anchor", "package")
        if given is None:
            return tuple(package_folders(world, (literal(module.package or module.name),), module)) if module else OPEN
        return tuple(package_folders(world, given, module)) or OPEN
    if name in _JOINED:
        found = package_folders(world, arguments.get(0, "package", "anchor", "package_or_requirement") or OPEN, module)
        names = arguments.positional[1:] + [
            arguments.keywords[key] for key in ("resource", "resource_name") if key in arguments.keywords
        ]
        return known.call("pathlib.Path", Arguments([tuple(found) or OPEN, *names], arguments.more)) if found else OPEN
    if name in _CONTENTS:
        return (Sequence((), (hole(STAR),)),)
    return None


_SPECS = frozenset({"importlib.util.find_spec", "pkgutil.find_loader", "pkgutil.get_loader"})
_SOURCES = frozenset({"inspect.getfile", "inspect.getsourcefile", "inspect.getabsfile"})
_HOME = "inspect.getmodule"
_IMPORTING = frozenset({"importlib.import_module", "builtins.__import__", "importlib.__import__"})
_FILES = frozenset({"importlib.resources.files", "importlib_resources.files"})
_JOINED = frozenset(
    {
        "importlib.resources.path",
        "importlib_resources.path",
        "pkg_resources.resource_filename",
        "importlib.resources._common.files",
    }
)
_CONTENTS = frozenset({"importlib.resources.contents", "importlib_resources.contents", "pkg_resources.resource_listdir"})
CALLS = _SPECS | _SOURCES | {_HOME} | _IMPORTING | _FILES | _JOINED | _CONTENTS
"""Functions that `call` knows."""


def _import(name: str, arguments: Arguments, module: LoadedModule | None, world: World) -> Alternatives:
    packages = arguments.get(1, "package") if name == "importlib.import_module" else None
    level = arguments.get(4, "level") if name != "importlib.import_module" else None
    from_list = arguments.get(3, "fromlist")
    found: list[Value] = []
    for one in arguments.get(0, "name") or OPEN:
        text = as_text(one).constant
        if text is None:
            found.extend(OPEN)
            continue
        bases = [as_text(package).constant or "" for package in packages or ()] or [module.package if module else ""]
        for base in bases:
            full = resolve_text(text, base)
            if level and level != OPEN and not text.startswith(".") and str(as_text(level[0]).constant or "0") not in ("0", "-1"):
                full = resolve(text, int(as_text(level[0]).constant or "1"), base)
            if name != "importlib.import_module" and not from_list:
                full = full.partition(".")[0]
            found.append(Module(full) if full and world.locate(full) is not None else External(foreign_names.canonical(full)))
    return distinct(found)


def _find_spec(arguments: Arguments, module: LoadedModule | None, world: World) -> Alternatives:
    found: list[Value] = []
    for one in arguments.get(0, "name", "fullname", "module_or_name") or OPEN:
        text = as_text(one).constant
        full = resolve_text(text, module.package if module else "") if text else ""
        local = world.locate(full) if full else None
        if local is None:
            found.extend(OPEN)
            continue
        path = str(local.path) if local.path is not None else None
        found.append(_spec(full, path, local.is_package, tuple(folders(world, full))))
    return distinct(found)


def _files_of(group: Alternatives, module: LoadedModule | None, place_names: Callable[[str], ModuleNames | None]) -> Alternatives:
    found: list[Value] = []
    for value in group:
        name = (
            value.name if isinstance(value, Module) else value.module if isinstance(value, (Function, Class, Instance)) else None
        )
        names = place_names(name) if name else None
        if names is not None:
            found.append(file(names.module))
        elif isinstance(value, External) and not value.name.startswith(_FRAMES):
            found.append(FOREIGN_TEXT)
        elif module is not None:
            found.append(file(module))
    return distinct(found) or OPEN


def attributes_of(module: LoadedModule, aliases: set[str]) -> Iterator[str]:
    """Names that a module's expressions ask of any of the dotted names ``aliases``."""
    pending: list[Expr] = []
    facts = module.facts
    for call_fact in facts.calls:
        pending += [call_fact.func, *call_fact.args, *(value for _, value in call_fact.keywords)]
    pending += [binding.value for binding in facts.bindings]
    pending += [base for scope in facts.scopes for base in (*scope.bases, *scope.decorators)]
    while pending:
        expr = pending.pop()
        if expr[0] == "attr" and dotted(expr[1]) in aliases:
            yield expr[2]
        pending.extend(children(expr))
