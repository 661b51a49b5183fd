"""What the program has changed in the project's modules since they were imported: ``settings.DEBUG = True``, ``setup(4)``.

Modules ship as code and are imported anew; what the program set in them counts as it is at the moment of the call (rule 7).
Names that the running script sets by an attribute (``mod.X = …``) travel whatever they hold; others travel if they are plain
data, or instances, that no statement of their module gives. Containers of functions or instances are left to the code that fills
them at import; so is a whole module that holds something alive, since its other names may speak of that. What is left is told.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.cell_state import changed_cells
from clustrix_bundle.bundler.capture.definition_state import SPECIAL, is_own, is_plain, still_gives
from clustrix_bundle.bundler.capture.held import assigned
from clustrix_bundle.bundler.capture.instance_changes import changed_instance
from clustrix_bundle.bundler.capture.lookup import looked_up
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.bundler.capture.set_names import find_set_names, parsed
from clustrix_bundle.bundler.capture.states import UNREACHABLE, is_bare, states_of
from clustrix_bundle.bundler.facts.extract import extract_facts
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.runtime import values
from clustrix_bundle.runtime.values import Gone

if TYPE_CHECKING:
    from clustrix_bundle.bundler.capture.needs import Needs
    from clustrix_bundle.bundler.capture.set_names import SetNames
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


def changed_attributes(module: ModuleType, source: bytes, path: str, names: SetNames, needs: Needs) -> ModuleChanges:
    """Attributes of a loaded project module that importing it would not give.

    Args:
        module: The module, as it is now.
        source: Its source.
        path: Its file.
        names: What the program's own source sets.
        needs: What knows the program's roots.
    """
    facts = extract_facts(source, path)
    given = assigned(source)
    found: dict[str, Any] = {}
    left: list[str] = []
    alive = False
    explicit = names.of(module)
    bound = _bound(facts, source)
    for name, value in vars(module).items():
        if name in _OF_MODULES or (name.startswith("__") and name.endswith("__") and name not in explicit):
            continue
        if name in explicit:
            if _is_given(given, name, value):
                continue
            goes = travels(module, {name: value}, needs)
        elif _is_changed(facts, given, name, value):
            goes = _is_data(module, {name: value}, needs) if is_plain(value) else travels(module, {name: value}, needs)
            if not goes and is_plain(value) and not _has_instances(value):
                continue  # functions and classes, which importing registers again
            alive = alive or not (goes or is_plain(value))
        elif bound is not None and name not in bound and (is_plain(value) or is_own(value)):
            goes = _is_data(module, {name: value}, needs) or (is_own(value) and travels(module, {name: value}, needs))
        else:
            continue
        if goes:
            found[name] = value
        else:
            left.append(name)
    if alive:
        left = sorted({*left, *(name for name in found if name not in explicit)})
        found = {name: value for name, value in found.items() if name in explicit}
    known = {name for item in facts.statements for name in (*item.binds, *item.global_binds)}
    found |= {name: Gone for name in sorted(explicit & names.deleted & known) if name not in vars(module)}
    return ModuleChanges(found, tuple(left))


def _has_instances(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple, set, frozenset)) else ()
    return any(not isinstance(part, (FunctionType, type, ModuleType)) and not is_plain(part) for part in parts)


def _holds_code(value: Any) -> bool:
    """Whether a container holds functions or classes, as registries do that importing fills again."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple, set, frozenset)) else ()
    return any(isinstance(part, (FunctionType, type)) for part in parts)


@dataclass(frozen=True, slots=True)
class ModuleGlobal:
    """Stands in a pickle for what a module holds under a name."""

    module: str
    name: str

    def __reduce__(self) -> tuple[Any, ...]:
        return values.module_global, (self.module, self.name)


def objects_set_by(names: SetNames, modules: Iterable[ModuleType]) -> list[tuple[Any, dict[str, Any]]]:
    """Fills for classes, functions, members of enumerations and instances of modules whose attributes a program sets in its own source."""
    modules = list(modules)
    shipped = {module.__name__ for module in modules}
    holders = {id(value): ModuleGlobal(module.__name__, name) for module in modules for name, value in vars(module).items()}
    found: list[tuple[Any, dict[str, Any]]] = []
    for thing, named in names.objects.values():
        if isinstance(thing, ModuleType) or thing is None:
            continue
        if id(thing) not in holders and not (home_of(thing) in shipped and isinstance(thing, (type, FunctionType, Enum))):
            continue
        own = getattr(thing, "__dict__", {})
        state = {name: own[name] for name in sorted(named) if name in own}
        state |= {name: Gone for name in sorted(named & names.deleted) if name not in own}
        if isinstance(thing, type):
            state = {name: part for name, part in state.items() if part is not Gone or not hasattr(thing, name)}
            found += [(thing, state)] if state else []
        elif isinstance(thing, FunctionType):
            special = {name: getattr(thing, name) for name in SPECIAL if name in named}
            parts = {key: part for key, part in (("dict", state), ("set", special)) if part}
            found += [(thing, parts)] if parts else []
        elif state:
            found.append((thing if isinstance(thing, Enum) else holders[id(thing)], {"instance": state}))
    return found


def home_of(target: Any) -> str:
    """The module in which a fill fills something."""
    if isinstance(target, ModuleGlobal):
        return target.module
    if isinstance(target, ModuleType):
        return target.__name__
    return str((target if isinstance(target, (type, FunctionType)) else type(target)).__module__)


def told(target: Any, name: str) -> str:
    """How a message names an attribute of what a fill fills."""
    if isinstance(target, ModuleGlobal):
        return f"{target.name}.{name}"
    if isinstance(target, Enum):
        return f"{type(target).__qualname__}.{target.name}.{name}"
    return name if isinstance(target, ModuleType) else f"{getattr(target, '__qualname__', type(target).__qualname__)}.{name}"


def leaves(target: Any, state: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Each attribute of a state by itself: name, value, and the state that holds it alone."""
    for key, part in state.items():
        if isinstance(target, (type, ModuleType)):
            yield key, part, {key: part}
        else:
            for name, value in part.items():
                yield str(name), value, {key: {name: value}}


def _without(target: Any, state: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    if isinstance(target, (type, ModuleType)):
        return {key: part for key, part in state.items() if key not in names}
    kept = {key: {name: value for name, value in part.items() if str(name) not in names} for key, part in state.items()}
    return {key: part for key, part in kept.items() if part}


def travelling(fills: Iterable[tuple[Any, dict[str, Any]]], needs: Needs) -> tuple[list[tuple[Any, dict[str, Any]]], list[str]]:
    """Fills without what cannot be pickled, and the names of that."""
    found, left = [], []
    for target, state in fills:
        named = not isinstance(target, FunctionType) or looked_up(target.__module__, target.__qualname__) is target
        lost = {name for name, _, alone in leaves(target, state) if not (named and travels(target, alone, needs))}
        left += [told(target, name) for name in sorted(lost)]
        rest = _without(target, state, lost)
        found += [(target, rest)] if rest else []
    return found, left


def changed_definitions(
    module: ModuleType, source: bytes, path: str, told_of: SetNames, needs: Needs
) -> tuple[list[tuple[Any, dict[str, Any]]], list[str]]:
    """What functions and classes of a loaded project module hold that importing it would not give, and the names of what cannot travel.

    That is what functions of the module set in them by a dotted name, whatever it is; and of classes that nothing but Python has made, and
    of functions, the data that is not what the source says. What the program's own source sets, ``told_of``, is left to `objects_set_by`.
    """
    tree = parsed(source)
    facts = extract_facts(source, path)
    bound = Counter(name for item in facts.statements for name in item.binds)
    changed = {name for item in facts.statements if item.kind not in ("def", "class") for name in item.mutates}
    own = find_set_names(source, vars(module), functions_only=True)
    given = assigned(source)
    found: list[tuple[Any, dict[str, Any]]] = []
    left: list[str] = []
    seen: set[int] = set()
    for node in tree.body:
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)) or bound[node.name] != 1 or node.name in changed:
            continue
        value = vars(module).get(node.name)
        if getattr(value, "__module__", None) != module.__name__ or looked_up(module.__name__, node.name) is not value:
            continue
        for target, whole in states_of(value, node, own):
            state = whole
            if isinstance(target, FunctionType):
                state = {key: part for key, part in whole.items() if key not in ("cells", "inner")}
                fills, lost_cells = _cell_fills(target, _by_name(target, module, node.name), needs)
                found, left = found + fills, left + lost_cells
                seen.add(id(target))
            lost: set[str] = set()
            named, told_already = own.of(target), told_of.of(target)
            bare = not isinstance(target, type) or is_bare(target, node)
            for name, part, alone in leaves(target, state):
                if name in told_already:
                    lost.add(name)
                    continue
                if name in named and UNREACHABLE not in state and travels(target, alone, needs):
                    continue
                if name not in named and bare and _is_data(target, alone, needs):
                    continue
                lost.add(name)
                if name in named or (bare and not (is_plain(part) and not _has_instances(part))):
                    left.append(told(target, name))
            rest = _without(target, state, lost)
            found += [(_by_name(target, module, node.name), rest)] if rest else []
    for name, value in vars(module).items():
        if bound[name] == 1 and isinstance(value, FunctionType) and id(value) not in seen:
            target = _by_name(value, module, name)
            if isinstance(target, ModuleGlobal) or value.__module__ == module.__name__:
                fills, lost_cells = _cell_fills(value, target, needs)
                found, left = found + fills, left + lost_cells
        elif bound[name] == 1 and name not in changed and len(given.get(name, ())) == 1:
            state = changed_instance(value, given[name][0])
            held = ModuleGlobal(module.__name__, name)
            known = told_of.of(value)
            state = {key: part for key, part in state.items() if key not in known and not _holds_code(part)}
            state = {key: part for key, part in state.items() if _is_data(held, {"instance": {key: part}}, needs)}
            found += [(held, {"instance": state})] if state else []
    return found, left


def _by_name(target: Any, module: ModuleType, name: str) -> Any:
    """What a fill fills: a function that its own name does not lead to is found as the module's global, if it is one."""
    if not isinstance(target, FunctionType) or looked_up(target.__module__, target.__qualname__) is target:
        return target
    return ModuleGlobal(module.__name__, name) if vars(module).get(name) is target else target


def _cell_fills(
    function: FunctionType, target: FunctionType | ModuleGlobal, needs: Needs
) -> tuple[list[tuple[Any, dict[str, Any]]], list[str]]:
    """The fill for the cells of a function that a name leads to, and the names of what cannot travel."""
    left: list[str] = []

    def goes(name: str, contents: Any) -> bool:
        alone = {"cells": {name: contents}}
        if _is_data(target, alone, needs) or (not is_plain(contents) and travels(target, alone, needs)):
            return True
        if not is_plain(contents) or _has_instances(contents):  # functions and classes are registered by importing
            left.append(told(target, name))
        return False

    state = changed_cells(function, goes)
    return ([(target, state)] if state else []), left


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _is_given(given: Mapping[str, list[ast.expr]], name: str, value: Any) -> bool:
    return any(still_gives(expression, value) for expression in given.get(name, ()))


def _is_changed(facts: ModuleFacts, given: Mapping[str, list[ast.expr]], name: str, value: Any) -> bool:
    """Whether what every statement that binds the name gives can be read, and none of them gives the value."""
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


def _is_data(target: Any, state: dict[str, Any], needs: Needs) -> bool:
    """Whether it is data all the way down: of no class or function outside the standard library."""
    inner = needs.fresh()
    try:
        dump_stream(None, inner, [(target, state)])
    except Exception:  # noqa: BLE001 - whatever a __reduce__ raises
        return False
    ours = ("clustrix_bundle.runtime.", __name__)
    others = {item.partition(".")[0] for item in inner.modules if item != home_of(target) and not item.startswith(ours)}
    others -= sys.stdlib_module_names
    return not others and not inner.main_names and not inner.definitions


_OF_MODULES = frozenset(
    ["__name__", "__file__", "__path__", "__spec__", "__loader__", "__package__", "__builtins__", "__cached__", "__dict__"]
)
"""What Python itself puts in modules."""
_UNREADABLE = (b"globals(", b"vars(", b"setattr(", b"exec(", b"__dict__", b"sys.modules")


def _bound(facts: ModuleFacts, source: bytes) -> frozenset[str] | None:
    """All names that a module's own statements bind; None where they cannot be read from it."""
    found = frozenset(name for item in facts.statements for name in (*item.binds, *item.global_binds, *item.deletes))
    return None if "*" in found or any(part in source for part in _UNREADABLE) else found
