"""What the program has changed in the project's modules since they were imported: ``settings.DEBUG = True``, ``setup(4)``.

Modules ship as code and are imported anew; what the program set in them counts as it is at the moment of the call (rule 7).
Names that the running script sets by an attribute (``mod.X = …``) travel whatever they hold; others travel if they are plain
data, or instances, that no statement of their module gives. Containers of functions or instances are left to the code that fills
them at import; so is a whole module that holds something alive, since its other names may speak of that. What is left is told.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.definition_state import is_plain, still_gives
from clustrix_bundle.bundler.capture.held import assigned
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.runtime import values

if TYPE_CHECKING:
    from clustrix_bundle.bundler.capture.needs import Needs
    from clustrix_bundle.bundler.facts.model import ModuleFacts


@dataclass(frozen=True, slots=True)
class ModuleChanges:
    """What a program has changed in a module.

    Attributes:
        attributes: What travels.
        left: Names of what does not: importing the module gives something else.
    """

    attributes: dict[str, Any]
    left: tuple[str, ...] = ()


def changed_attributes(module: ModuleType, source: bytes, path: str, explicit: set[str], needs: Needs) -> ModuleChanges:
    """Attributes of a loaded project module that importing it would not give.

    Args:
        module: The module, as it is now.
        source: Its source.
        path: Its file.
        explicit: Names that the program surely set in it.
        needs: What knows the program's roots.
    """
    facts = extract_facts(source, path)
    given = assigned(source)
    found: dict[str, Any] = {}
    left: list[str] = []
    alive = False
    for name, value in vars(module).items():
        if name.startswith("__") and name.endswith("__"):
            continue
        if name in explicit:
            if _is_given(given, name, value):
                continue
            travelling = _travels(module, name, value, needs)
        elif _is_changed(facts, given, name, value):
            travelling = _is_data(module, name, value, needs) if is_plain(value) else _travels(module, name, value, needs)
            if not travelling and is_plain(value) and not _has_instances(value):
                continue  # functions and classes, which importing registers again
            alive = alive or not (travelling or is_plain(value))
        else:
            continue
        if travelling:
            found[name] = value
        else:
            left.append(name)
    if alive:
        left = sorted({*left, *(name for name in found if name not in explicit)})
        found = {name: value for name, value in found.items() if name in explicit}
    return ModuleChanges(found, tuple(left))


def _has_instances(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple, set, frozenset)) else ()
    return any(not isinstance(part, (FunctionType, type, ModuleType)) and not is_plain(part) for part in parts)


def attributes_set_by(source: bytes, namespace: Mapping[str, Any]) -> dict[str, set[str]]:
    """Names that a program sets in modules, by module, wherever in its source it does so."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        for base, name in _set_in(node):
            module = _module_at(base, namespace)
            if module is not None:
                found.setdefault(module.__name__, set()).add(name)
    return found


@dataclass(frozen=True, slots=True)
class ModuleGlobal:
    """Stands in a pickle for what a module holds under a name."""

    module: str
    name: str

    def __reduce__(self) -> tuple[Any, ...]:
        return values.module_global, (self.module, self.name)


def objects_set_by(
    source: bytes, namespace: Mapping[str, Any], modules: Iterable[ModuleType]
) -> list[tuple[Any, dict[str, Any]]]:
    """Fills for classes and instances of modules, such as ``settings``, whose attributes a program sets in its own source."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    holders = {id(value): ModuleGlobal(module.__name__, name) for module in modules for name, value in vars(module).items()}
    found: dict[int, tuple[Any, dict[str, Any]]] = {}
    for node in ast.walk(tree):
        for base, name in _set_in(node):
            thing = _object_at(base, namespace)
            own = getattr(thing, "__dict__", {})
            if isinstance(thing, ModuleType) or id(thing) not in holders or name not in own or callable(own[name]):
                continue
            state = found.setdefault(id(thing), (thing, {}))[1]
            state[name] = own[name]
    return [
        (thing, state) if isinstance(thing, type) else (holders[id(thing)], {"instance": state})
        for thing, state in found.values()
    ]


def _set_in(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = list(node.targets)
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        targets = [node.target]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr" and len(node.args) == 3:
        name = node.args[1]
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield node.args[0], name.value
    while targets:
        target = targets.pop()
        if isinstance(target, (ast.Tuple, ast.List)):
            targets += target.elts
        elif isinstance(target, (ast.Subscript, ast.Starred)):
            targets.append(target.value)
        elif isinstance(target, ast.Attribute):
            yield target.value, target.attr


def _module_at(node: ast.expr, namespace: Mapping[str, Any]) -> ModuleType | None:
    found = _object_at(node, namespace)
    return found if isinstance(found, ModuleType) else None


def _object_at(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    """What a dotted name holds; nothing of the user's is called."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    found = namespace.get(node.id, sys.modules.get(node.id))
    for name in reversed(names):
        found = getattr(found, "__dict__", {}).get(name)
    return found


def _is_given(given: Mapping[str, list[ast.expr]], name: str, value: Any) -> bool:
    return any(still_gives(expression, value) for expression in given.get(name, ()))


def _is_changed(facts: ModuleFacts, given: Mapping[str, list[ast.expr]], name: str, value: Any) -> bool:
    """Whether every statement that binds the name gives a literal, and none of them the value."""
    expressions = given.get(name, ())
    binders = [item for item in facts.statements if name in item.binds]
    if not expressions or len(expressions) != len(binders) or isinstance(value, (FunctionType, type, ModuleType)):
        return False
    if any(name in item.mutates for item in facts.statements if item.kind not in ("def", "class")):
        return False
    return all(still_gives(expression, value) is False for expression in expressions)


def travels(target: Any, state: dict[str, Any], needs: Needs) -> bool:
    """Whether a fill can be pickled."""
    try:
        dump_stream(None, needs.fresh(), [(target, state)])
    except Exception:  # noqa: BLE001 - whatever a __reduce__ raises
        return False
    return True


def _travels(module: ModuleType, name: str, value: Any, needs: Needs) -> bool:
    return travels(module, {name: value}, needs)


def _is_data(module: ModuleType, name: str, value: Any, needs: Needs) -> bool:
    """Whether it is data all the way down: of no class or function outside the standard library."""
    inner = needs.fresh()
    try:
        dump_stream(None, inner, [(module, {name: value})])
    except Exception:  # noqa: BLE001
        return False
    others = {item.partition(".")[0] for item in inner.modules if item not in (module.__name__, values.__name__)}
    others -= sys.stdlib_module_names
    return not others and not inner.main_names and not inner.definitions
