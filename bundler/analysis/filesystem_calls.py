"""``cluster_*`` calls in shipped code, under whatever name they go, and what they say about the work dir."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.importing import BeyondTopLevel, absolute_module
from clustrix_bundle.bundler.folding.fold import Folder
from clustrix_bundle.bundler.folding.value import OPEN, Alternatives, Text, literal
from clustrix_bundle.bundler.graph import FilesystemCall
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.roots import SERVED_BY_RUNTIME

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.liveness import Liveness
    from clustrix_bundle.bundler.analysis.world import LoadedModule, World
    from clustrix_bundle.bundler.facts.model import Call, Expr

PARAMETERS = {
    "ls": ("path", "config"),
    "find": ("pattern", "path", "config"),
    "iter_find": ("pattern", "path", "config"),
    "glob": ("pattern", "path", "config"),
    "stat": ("path", "config"),
    "exists": ("path", "config"),
    "isdir": ("path", "config"),
    "isfile": ("path", "config"),
    "du": ("path", "config"),
    "count_files": ("path", "pattern", "config"),
}
"""Operations and their parameters in order, as users call them."""

DEFAULT_PATH = {"ls": ".", "find": ".", "iter_find": ".", "glob": "."}
DEFAULT_PATTERN = {"count_files": "*"}
SYSTEM_CLASS = "ClusterFilesystem"


class Names:
    """What the names of one module mean among the runtime's: ``ls`` → ``cluster_ls``, ``cb`` → the package itself."""

    def __init__(self, world: World, module: LoadedModule, known: dict[str, Names]) -> None:
        known[module.name] = self  # before it is filled: modules that import each other see what stands above, as Python does
        self.functions: dict[str, str] = {}
        self.packages: set[str] = set()
        self.instances: set[str] = set()
        for item in module.facts.imports:
            origin = absolute_module(item, module.package)
            if isinstance(origin, BeyondTopLevel):
                continue
            served = origin.partition(".")[0] in SERVED_BY_RUNTIME and world.locate(origin.partition(".")[0]) is None
            if served and item.name is None:
                self.packages.add(item.asname or origin.partition(".")[0])
            elif served and item.name == "*":
                self.functions.update({f"cluster_{name}": f"cluster_{name}" for name in PARAMETERS})
                self.functions[SYSTEM_CLASS] = SYSTEM_CLASS
            elif served and item.name is not None:
                if _is_helper(item.name):
                    self.functions[item.asname or item.name] = item.name
                else:
                    self.packages.add(item.asname or item.name)
            elif item.name is not None:  # a module of the user's own that passes the helpers on
                self._passed_on(world, origin, item.name, item.asname, known)
        for binding in module.facts.bindings:
            if binding.target[0] == "name":
                self._bind(binding.target[1], binding.value)
            elif binding.target[0] == "attr" and self._is_system(binding.value):
                self.instances.add(f".{binding.target[2]}")

    def _passed_on(self, world: World, origin: str, name: str, asname: str | None, known: dict[str, Names]) -> None:
        loaded = world.load(origin)
        if loaded is None or b"cluster" not in loaded.source.lower():
            return
        inner = known.get(loaded.name) or Names(world, loaded, known)
        if name == "*":
            self.functions.update(inner.functions)
            self.instances.update(inner.instances)
        elif name in inner.functions:
            self.functions[asname or name] = inner.functions[name]
        elif name in inner.instances:
            self.instances.add(asname or name)

    def _bind(self, name: str, value: Expr) -> None:
        if value[0] in {"name", "attr"}:
            function = self.function_of(value)
            if function is not None:
                self.functions.setdefault(name, function)
        elif self._is_system(value):
            self.instances.add(name)

    def _is_system(self, value: Expr) -> bool:
        return value[0] == "call" and self.function_of(value[1]) == SYSTEM_CLASS

    def function_of(self, callee: Expr) -> str | None:
        """``cluster_ls`` for whatever expression calls it, `SYSTEM_CLASS` for the class; None for anything else."""
        if callee[0] == "name":
            return self.functions.get(callee[1])
        if callee[0] != "attr":
            return None
        owner, name = callee[1], callee[2]
        if self._is_package(owner) and _is_helper(name):
            return str(name)
        is_instance = (
            self._is_system(owner)
            or (owner[0] == "name" and owner[1] in self.instances)
            or (owner[0] == "attr" and f".{owner[2]}" in self.instances)
        )
        return f"cluster_{name}" if is_instance and name in PARAMETERS else None

    def _is_package(self, owner: Expr) -> bool:
        while owner[0] == "attr":
            owner = owner[1]
        return owner[0] == "name" and owner[1] in self.packages


def _is_helper(name: str) -> bool:
    return name == SYSTEM_CLASS or name.removeprefix("cluster_") in PARAMETERS


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call, and the first parts of the paths it can mean: None where that may be any."""

    call: FilesystemCall
    heads: tuple[str, ...] | None


def find_filesystem_calls(
    world: World, modules: Iterable[LoadedModule], liveness_of: Callable[[LoadedModule], Liveness]
) -> list[FoundCall]:
    """Every live call of a filesystem helper, in source order; ``member`` holds the path on disk until the assembly names it."""
    found: list[FoundCall] = []
    folder: Folder | None = None
    modules = list(modules)
    near = _near_helpers(world, modules)
    known: dict[str, Names] = {}
    for module in modules:
        if module.name not in near:
            continue
        names = known.get(module.name) or Names(world, module, known)
        if not names.functions and not names.packages and not names.instances:
            continue
        liveness = liveness_of(module)
        for call in module.facts.calls:
            function = names.function_of(call.func)
            if function is None or function == SYSTEM_CLASS or not liveness.alive(call):
                continue
            if folder is None:
                folder = Folder(world)
                folder.renew()
            found.append(_filesystem_call(module, call, function, folder))
    return found


def _near_helpers(world: World, modules: list[LoadedModule]) -> set[str]:
    """Modules that import the helpers, or names from modules that do, in turn."""
    near = {module.name for module in modules if world.may_mention(module, SERVED_BY_RUNTIME.__contains__)}
    more = bool(near)
    while more:
        more = False
        for module in modules:
            if module.name not in near and not near.isdisjoint(_origins(module)):
                near.add(module.name)
                more = True
    return near


def _origins(module: LoadedModule) -> Iterator[str]:
    for item in module.facts.imports:
        origin = absolute_module(item, module.package)
        if item.name is not None and not isinstance(origin, BeyondTopLevel):
            yield origin


def _filesystem_call(module: LoadedModule, call: Call, function: str, folder: Folder) -> FoundCall:
    operation = function.removeprefix("cluster_")
    given: dict[str, Expr] = {}
    for name, argument in zip(PARAMETERS[operation], call.args, strict=False):
        if argument[0] == "star":
            break
        given[name] = argument
    given.update({name: value for name, value in call.keywords if name is not None})
    starred = any(argument[0] == "star" for argument in call.args) or any(name is None for name, _ in call.keywords)

    def fold(parameter: str, default: str | None) -> Alternatives:
        if parameter in given:
            return folder.evaluate(given[parameter], folder.place(module, call))
        return OPEN if starred or default is None else (literal(default),)

    paths = fold("path", DEFAULT_PATH.get(operation))
    patterns = fold("pattern", DEFAULT_PATTERN.get(operation))
    found = FilesystemCall(function, _constant(paths), _constant(patterns), str(module.path), call.line, render_call(call))
    return FoundCall(found, _heads(paths))


def _constant(alternatives: Alternatives) -> str | None:
    """The text, if it can be but one."""
    if len(alternatives) != 1 or not isinstance(alternatives[0], Text):
        return None
    return alternatives[0].constant


def _heads(alternatives: Alternatives) -> tuple[str, ...] | None:
    """First parts of relative paths; absolute ones are found where they are. None for the folder itself and what is not known."""
    heads: set[str] = set()
    for value in alternatives:
        if not isinstance(value, Text):
            return None
        path = value.constant
        prefix = value.prefix
        while prefix.startswith("./"):
            prefix = prefix[2:]
        if prefix.startswith("/"):
            continue
        if path is None and "/" not in prefix:
            return None
        parts = [part for part in (prefix if path is None else path).split("/") if part not in {"", "."}]
        if not parts or parts[0] == "..":
            return None
        heads.add(parts[0])
    return tuple(sorted(heads))


def render_call(call: Call) -> str:
    """The call as source text, with ``…`` for what the facts do not hold."""
    return render(("call", call.func, call.args, call.keywords))


def render(value: Expr) -> str:
    """An expression as source text, with ``…`` for what the facts do not hold."""
    tag = value[0]
    if tag in {"str", "int"}:
        return repr(value[1])
    if tag in {"name", "const"}:
        return str(value[1])
    if tag == "attr":
        return f"{render(value[1])}.{value[2]}"
    if tag == "star":
        return f"*{render(value[1])}"
    if tag == "bin":
        return f"{render(value[2])} {value[1]} {render(value[3])}"
    if tag == "index":
        return f"{render(value[1])}[{render(value[2])}]"
    if tag == "join":
        return 'f"' + "".join(part[1] if part[0] == "str" else "{" + render(part) + "}" for part in value[1]) + '"'
    if tag == "call":
        arguments = [render(item) for item in value[2]]
        arguments += [f"{name}={render(item)}" if name is not None else f"**{render(item)}" for name, item in value[3]]
        return f"{render(value[1])}({', '.join(arguments)})"
    return "…"


def work_dir_names(calls: Iterable[FoundCall], relative_names: Iterable[str]) -> tuple[str, ...] | None:
    """First parts of the paths of the work dir that the code can mean; None where that may be any (docs/runtime.md)."""
    names = set(relative_names)
    for found in calls:
        if found.heads is None:
            return None
        names.update(found.heads)
    return tuple(sorted(names))
