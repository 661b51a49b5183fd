"""What ``@cluster(...)`` over a bundle's entry function asks for, read from its source: nothing of the user's is imported here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.importing import BeyondTopLevel, absolute_module
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.folding.expressions import dotted
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.bundler.roots import SERVED_BY_RUNTIME
from clustrix_bundle.bundler.target import find_definition

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr, ModuleFacts, Scope
    from clustrix_bundle.bundler.manifest import Manifest

_CONSTANTS = {"None": None, "True": True, "False": False}


@dataclass(frozen=True, slots=True)
class Decoration:
    """Keywords of a decorator.

    Attributes:
        options: Those whose values stand in the source: literals, and names that the module gives one literal.
        unread: The others.
        line: Where it stands, as ``file:line``.
    """

    options: dict[str, object] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    line: str = ""


def read_decoration(path: str, manifest: Manifest) -> Decoration:
    """The ``@cluster(...)`` of a bundle's entry function; an empty one where there is none, or the entry is a pickled value.

    Args:
        path: The bundle's file.
        manifest: What it says of itself.

    Raises:
        BundleFormatError: It is damaged.
        SourceError: The entry's source is no Python that is read here.
    """
    if manifest.entry.kind == "value":
        return Decoration()
    member, module, qualname = manifest.entry.member, manifest.entry.module, manifest.entry.qualname
    seen: set[str] = set()
    while member and member not in seen:
        seen.add(member)
        facts = extract_facts(_read_member(path, member), member)
        scope = _scope(facts, qualname)
        if scope is not None:
            return _decoration(facts, scope, member.partition("/")[2])
        definition = find_definition(facts, qualname)
        if definition is None or definition.kind != "import" or not definition.name:
            break
        is_package = member.endswith("/__init__.py")
        item = next(one for one in facts.imports if one.line == definition.line and one.name == definition.name)
        origin = absolute_module(item, module if is_package else module.rpartition(".")[0])
        if isinstance(origin, BeyondTopLevel):
            break
        module, qualname = origin, definition.name
        member = _member_of(manifest, module)
    return Decoration()


def _read_member(path: str, name: str) -> bytes:
    from clustrix_bundle.bundler.reader import BundleReader  # noqa: PLC0415 - where a bundle is submitted

    with BundleReader(path) as reader:
        for info, content in reader.members():
            if info.name == name and content is not None:
                return content.read()
    return b""


def _member_of(manifest: Manifest, module: str) -> str:
    """The member that is a module; empty where none is."""
    names = {member.path for member in manifest.members if member.is_file}
    inside = module.replace(".", "/")
    found = (f"{folder}/{inside}{end}" for folder in manifest.sys_path for end in ("/__init__.py", ".py"))
    return next((name for name in found if name in names), "")


def _scope(facts: ModuleFacts, qualname: str) -> Scope | None:
    """The function of that name among a module's top-level functions and its classes' methods."""
    parent, scope = 0, None
    for name in qualname.split("."):
        definition = find_definition(facts, name, parent)
        if definition is None or definition.scope < 0:
            return None
        parent, scope = definition.scope, facts.scopes[definition.scope]
    return scope


def _decoration(facts: ModuleFacts, scope: Scope, file: str) -> Decoration:
    ours = set(_names_of_decorator(facts))
    for decorator in scope.decorators:
        if decorator[0] != "call" or dotted(decorator[1]) not in ours:
            continue
        options: dict[str, object] = {}
        unread: list[str] = []
        for name, value in decorator[3]:
            known = _literal(facts, value)
            if name is None or known is None:
                unread.append(f"{name}=" if name else "**")
            else:
                options[name] = known[0]
        return Decoration(options, tuple(unread), f"{file}:{scope.first_line}")
    return Decoration()


def _names_of_decorator(facts: ModuleFacts) -> Iterator[str]:
    """How the module calls ``clustrix_bundle.cluster``."""
    for item in facts.imports:
        if item.level or item.module not in SERVED_BY_RUNTIME:
            continue
        if item.name in ("cluster", "*"):
            yield item.asname or "cluster"
        elif item.name is None:
            yield f"{item.asname or item.module}.cluster"


def _literal(facts: ModuleFacts, value: Expr) -> tuple[object] | None:
    """The value of a literal, or of a name that the module's top level binds once, to one; None for anything else."""
    if value[0] == "name":
        bound = [one for one in facts.bindings if one.target == value and one.scope == 0]
        value = bound[0].value if len(bound) == 1 and bound[0].kind == "assign" and not bound[0].under else value
    if value[0] in ("str", "int"):
        return (value[1],)
    if value[0] == "const" and value[1] in _CONSTANTS:
        return (_CONSTANTS[value[1]],)
    return None
