"""The state of a running ``__main__``: which of its globals travel as code, and which by value (rule 7 of the analysis).

As code travel functions, classes, imports and constants whose statement still gives the value they have. Everything else
that the function reaches travels by value, and nothing is replayed on top of it. What cannot be pickled, but is made by a
statement without effects (``lock = Lock()``), is made again by that statement.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from contextvars import Context, ContextVar
from types import FunctionType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.diagnosis import dump_or_explain, uses_of
from clustrix_bundle.bundler.capture.errors import CaptureError, SourceGoneError
from clustrix_bundle.bundler.capture.held import content_of, holds_attributes_alone
from clustrix_bundle.bundler.capture.lookup import MISSING
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.bundler.capture.set_names import find_set_names
from clustrix_bundle.bundler.capture.standing import Standing
from clustrix_bundle.bundler.capture.states import UNREACHABLE, states_of
from clustrix_bundle.bundler.facts.decode import decode_source
from clustrix_bundle.bundler.graph import Note
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.slicing.names import root_name
from clustrix_bundle.bundler.slicing.script import Script
from clustrix_bundle.bundler.slicing.slicer import Slice, slice_names

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.capture.needs import Needs
    from clustrix_bundle.bundler.slicing.things import Modules

RESTORE = '__import__("clustrix_bundle")._restore(globals(), {member!r}, {values!r})'
RESTORE_EARLY = '__import__("clustrix_bundle")._restore_early(globals(), {member!r}, {values!r})'


@dataclass(frozen=True, slots=True)
class GlobalValue:
    """One global that travels by value: its name, its pickle stream, and how the other side gets it."""

    name: str
    value: Any
    content: bytes
    how: str


@dataclass(frozen=True, slots=True)
class MainState:
    """What travels of a running ``__main__``.

    Attributes:
        slice: Its kept statements.
        source: The slice with the lines that restore values; the bytes of the entry member.
        values: Globals by value, sorted by name.
        stream: One values file for all of them (identity among them survives); empty where there are none.
        early: Values that a kept statement needs before the end: name and own values file.
        as_code: Reached names that statements of the slice bind.
        notes: What cannot travel, and is left to what its statement makes.
    """

    slice: Slice
    source: bytes
    values: tuple[GlobalValue, ...]
    stream: bytes
    early: tuple[GlobalValue, ...]
    as_code: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


class MainCapture:
    """Decides for one running ``__main__``, given what the function and its arguments need of it."""

    def __init__(self, loaded: LoadedModule, namespace: Mapping[str, Any], needs: Needs, modules: Modules, path: str) -> None:
        self._loaded = loaded
        self._namespace = namespace
        self._needs = needs
        self._modules = modules
        self._path = path
        self._standing = Standing(loaded, namespace, path)
        self._set_names = find_set_names(loaded.source, namespace)
        self._states: dict[str, list[tuple[Any, Any]]] = {}
        self._lost: list[tuple[str, Any, str, Any]] = []
        self._unbound: list[str] = []
        self._leans: dict[str, frozenset[str]] = {}
        self._made_again: set[str] = set()
        needs.guarded = self._standing.guarded
        needs.main_defined = (
            frozenset(
                name
                for name, numbers in self._standing.binders.items()
                if any(self._standing.statements[number].kind in ("def", "class") for number in numbers)
            )
            - needs.guarded
        )

    def capture(self, member: str, values_folder: str) -> MainState:
        """Slice and pickle until nothing new is reached.

        Args:
            member: Where the source will stand in the bundle.
            values_folder: Folder of values files in the bundle.

        Raises:
            CaptureError: a global that is reached can neither be pickled nor made again.
            AnalysisError: a kept name depends on a statement that never travels.
        """
        by_value = {name for name in self._names() if not self._standing.travels_as_code(name)}
        pickled: dict[str, bytes] = {}
        script = Script(self._loaded, self._modules)
        while True:
            roots = sorted(name for name in self._needs.main_names if name not in by_value and self._is_bound(name))
            part = slice_names(
                self._loaded, roots, self._modules, by_value=frozenset(by_value), display_path=self._path, script=script
            )
            found = self._reached(part)
            reached = sorted(found & by_value - pickled.keys())
            if not reached and not self._take_states(found - by_value):
                registries = self._registries(part, by_value & pickled.keys())
                if not registries:
                    break
                self._made_again |= registries
                by_value -= registries
            for name in reached:
                stream = self._pickle(name, part)
                if stream is None:
                    by_value.discard(name)
                else:
                    pickled[name] = stream
        if self._unbound and not any("*" in script.effects.of_statement(number).keys for number in part.kept):
            raise SourceGoneError(
                f"{self._path}: no statement that is known defines class {self._unbound[0]!r}: it was made in a session that keeps no "
                "history; define it in a file or a notebook",
                self._unbound[0],
                "class",
            )
        return self._state(part, {name: pickled[name] for name in sorted(pickled) if name in by_value}, member, values_folder)

    def _take_states(self, names: set[str]) -> bool:
        """Note what reached definitions have come to hold; whether that may lead to more names."""
        before = len(self._needs.main_names)
        for name in sorted(names - self._states.keys()):
            numbers = self._standing.binders.get(name)
            if not numbers or name not in self._namespace:
                continue
            value = self._namespace[name]
            defined = [number for number in numbers if self._standing.statements[number].kind in ("def", "class")]
            if not (defined or isinstance(value, type)) or getattr(value, "__module__", "__main__") != "__main__":
                continue
            node = self._standing.node(defined[-1]) if defined else None
            items = [self._travelling(name, *item) for item in states_of(value, node, self._set_names)]
            self._states[name] = [(target, state) for target, state in items if state]
        return len(self._needs.main_names) > before

    def _travelling(self, name: str, target: Any, state: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """A state without what cannot be pickled, of which the user is told."""
        if self._can_travel(target, state):
            return target, state
        kept: dict[str, Any] = {}
        for key, part in state.items():
            nested = not isinstance(target, type) and isinstance(part, dict) and key != "inner"
            if nested:
                kept[key] = {inner: value for inner, value in part.items() if self._can_travel(target, {key: {inner: value}})}
                lost = {f"{inner}": value for inner, value in part.items() if inner not in kept[key]}
            else:
                kept |= {key: part} if self._can_travel(target, {key: part}) else {}
                lost = {} if key in kept else {key: part}
            self._lost += [(name, target, inner, value) for inner, value in lost.items()]
        return target, {key: part for key, part in kept.items() if part or isinstance(target, type)}

    def _can_travel(self, target: Any, state: dict[str, Any]) -> bool:
        if UNREACHABLE in state:
            return False
        needs = self._needs.fresh()
        try:
            dump_stream(None, needs, [(target, state)])
        except Exception:  # noqa: BLE001 - whatever a __reduce__ raises: the caller says so
            return False
        self._needs.add(needs)
        return True

    def _notes(self) -> tuple[Note, ...]:
        """What of reached definitions is left to their statements, because it cannot travel."""
        return tuple(
            Note(
                f"`{name}` holds {_told(target, attribute)} of type {type(value).__qualname__}, which cannot travel to another process: there it "
                "is what the file's own statements make it; if it was set later, set it inside the function",
                self._path,
                self._standing.statements[self._standing.binders[name][-1]].line,
            )
            for name, target, attribute, value in self._lost
        )

    def _names(self) -> list[str]:
        """Globals of the program that could travel: bound by its statements, or by anything else, such as ``exec``."""
        return [
            name for name in self._namespace if not (name.startswith("__") and name.endswith("__")) and not self._is_shells(name)
        ]

    def _is_shells(self, name: str) -> bool:
        """Whether it is what IPython puts in a builtin's place, such as its ``open``."""
        value = self._namespace[name]
        if not isinstance(value, FunctionType) or not hasattr(builtins, name) or name in self._standing.binders:
            return False
        return str(value.__globals__.get("__name__")).startswith("IPython.")

    def _is_bound(self, name: str) -> bool:
        return name in self._standing.binders or ("*" in self._standing.binders and name in self._namespace)

    def _reached(self, part: Slice) -> set[str]:
        found = self._needs.main_names | part.looked_up
        for number in part.kept:
            statement = self._standing.statements[number]
            found.update(statement.uses, statement.deferred)
        return found

    # -- values

    def _pickle(self, name: str, part: Slice) -> bytes | None:
        """The pickle of a global; None where its statement makes it again, for functions or for kept statements alone."""
        value = self._namespace[name]
        if name in self._standing.binders and self._is_made_in_place(name, value):
            return None
        try:
            needs = self._needs.fresh()
            stream = dump_or_explain(value, needs, f"global {name!r}")
        except CaptureError as error:
            if self._standing.can_be_made_again(name) or not self._is_read_later(name, part):
                return None
            raise CaptureError(f"{self._place(name)}{error}{self._use(name)}", error.variable, error.type) from error
        own = name in needs.main_names and name in self._standing.binders and getattr(value, "__module__", None) == "__main__"
        if own and name not in self._standing.guarded:
            return None  # a class or type variable that pickle finds by its name: Point = namedtuple("Point", …)
        if name in needs.main_names and isinstance(value, type) and value.__qualname__ == name and not self._is_bound(name):
            self._unbound.append(name)
        self._needs.add(needs)
        self._leans[name] = frozenset(needs.main_names)
        return stream

    def _is_read_later(self, name: str, part: Slice) -> bool:
        """Whether functions read it, and not only statements as they run: the ``f`` of ``with open(…) as f: dictConfig(load(f))``."""
        return name in self._needs.main_names or any(name in self._standing.statements[number].deferred for number in part.kept)

    def _is_made_in_place(self, name: str, value: Any) -> bool:
        """Types that know themselves by a global name travel with the statement that makes them."""
        own = isinstance(value, type) and value.__module__ == "__main__" and value.__qualname__ == name
        return own and name not in self._standing.guarded

    def _use(self, name: str) -> str:
        reached = sorted(self._needs.main_names | self._needs.main_defined, key=lambda item: item not in self._needs.main_names)
        functions = [self._namespace[item] for item in reached if item in self._namespace and item != name]
        use = next(uses_of(name, functions), "")
        return f"; it is used in {use}" if use else ""

    def _place(self, name: str) -> str:
        numbers = self._standing.binders.get(name)
        return f"{self._path}:{self._standing.statements[numbers[-1]].line}: " if numbers else f"{self._path}: "

    def _registries(self, part: Slice, names: set[str]) -> set[str]:
        """Values that kept statements read, and that hold what is defined only further down, as ``reg`` does in ``@reg.step``.

        Neither can be there first: such a value is made by its statement, filled by the decorators, and then gets what it holds now.
        """
        binders = self._standing.binders
        return {
            name
            for name in names & self._needed_early(part)
            if name in binders
            and self._standing.literal(binders[name][0]) is None
            and any(binders.get(other, [-1])[-1] > binders[name][0] for other in self._leans[name])
        }

    def _fill(self, name: str) -> tuple[Any, Any]:
        """What the object that is there by then holds now; values that hold it find it under its name."""
        value = self._namespace[name]
        self._needs.shared.add_global("__main__", name, value)
        content = content_of(value)
        return value, {"instance": {}} if content is None else content

    def _decorate(self, part: Slice) -> set[str]:
        """Names that decorate kept definitions, by themselves or by their methods, and may be changed by that."""
        scopes = self._loaded.facts.scopes
        found = {root_name(item) for scope in scopes if scope.statement in part.kept for item in scope.decorators}
        return {name for name in found if name is not None}

    # -- the source that restores them

    def _state(self, part: Slice, pickled: Mapping[str, bytes], member: str, folder: str) -> MainState:
        values = tuple(GlobalValue(name, self._namespace[name], content, "value") for name, content in pickled.items())
        as_code = self._as_code(part, pickled)
        for name in as_code:  # constants, and what is made again: values that hold them find them under their names
            if self._needs.held.place(self._namespace[name]) is None:  # what a module holds is found there, and filled
                self._needs.shared.add_global("__main__", name, self._namespace[name])
        self._states |= {name: self._context_state(name) for name in as_code if isinstance(self._namespace[name], ContextVar)}
        self._states |= {name: [self._fill(name)] for name in self._made_again if _can_be_filled(self._namespace[name])}
        fills = [item for name in sorted(self._states) for item in self._states[name]]
        if not values and not fills:
            return MainState(part, part.source, (), b"", (), as_code, self._notes())
        lines = decode_source(part.source, self._path).split("\n")
        early = []
        needed = self._needed_early(part)
        filled = set()
        decorating = self._decorate(part)
        changed = {name for number in part.kept for name in self._standing.statements[number].mutates}
        for item in sorted(values, key=lambda item: self._standing.binders.get(item.name, [0])[0]):
            if item.name not in needed or item.name not in self._standing.binders:
                continue
            first = self._standing.binders[item.name][0]
            if self._standing.literal(first) is not None:
                if self._insert(lines, first, self._standing.text(self._standing.statements[first])) and self._stays(item):
                    filled.add(item.name)
            elif self._insert(lines, first, RESTORE_EARLY.format(member=member, values=f"{folder}/{item.name}.pkl")):
                if item.name in decorating | changed and _can_be_filled(item.value):
                    filled.add(item.name)
                # what statements do to it must not be on top of what it holds now
                apart = item.name in filled or item.name in changed
                early.append(self._early(item, "" if apart else f"{folder}/{item.name}.pkl"))
        fills += [self._fill(item.name) for item in values if item.name in filled]  # statements may have changed it by then
        root = {item.name: item.value for item in values if item.name not in filled}
        stream = dump_or_explain(root, self._needs, "the globals of __main__", fills=fills, member=f"{folder}/globals.pkl")
        values += tuple(
            GlobalValue(name, self._namespace[name], dump_stream(None, self._needs.fresh(), items), "state")
            for name, items in sorted(self._states.items())
            if items
        )
        lines.append(RESTORE.format(member=member, values=f"{folder}/globals.pkl"))
        source = ("\n".join(lines) + "\n").encode()
        return MainState(part, source, values, stream, tuple(early), as_code, self._notes())

    def _as_code(self, part: Slice, by_value: Mapping[str, bytes]) -> tuple[str, ...]:
        """Reached names that statements of the slice bind."""
        return tuple(
            name
            for name in sorted(self._reached(part) - by_value.keys())
            if name in self._namespace and any(number in part.kept for number in self._standing.binders.get(name, ()))
        )

    def _context_state(self, name: str) -> list[tuple[Any, Any]]:
        """What a context variable, which its statement makes again, is set to."""
        variable = self._namespace[name]
        value = variable.get(MISSING)
        if value is Context().run(variable.get, MISSING):
            return []
        target, state = self._travelling(name, variable, {"context": value})
        return [(target, state)] if state else []

    def _early(self, item: GlobalValue, member: str) -> GlobalValue:
        content = dump_or_explain({item.name: item.value}, self._needs.fresh(), item.name, member=member)
        return GlobalValue(item.name, item.value, content, "early")

    def _stays(self, item: GlobalValue) -> bool:
        """Whether the object that its only statement made is the one it holds now."""
        return len(self._standing.binders[item.name]) == 1 and type(item.value) in (list, dict, set)

    def _needed_early(self, part: Slice) -> set[str]:
        """Names that kept statements may read before the end of the file: at once, or in functions that they call."""
        called = {call.statement for call in self._loaded.facts.calls if _runs_at_once(self._loaded, call.scope)}
        called |= {scope.statement for scope in self._loaded.facts.scopes if scope.decorators or scope.keywords or scope.bases}
        pending = [name for number in part.kept for name in self._standing.statements[number].uses]
        calls = bool(part.kept & called)
        found: set[str] = set()
        while pending:
            name = pending.pop()
            if name in found:
                continue
            found.add(name)
            if calls:
                pending += [
                    other
                    for number in self._standing.binders.get(name, ())
                    for other in self._standing.statements[number].deferred
                ]
        return found

    def _insert(self, lines: list[str], number: int, text: str) -> bool:
        """Put a statement where another one stood, if the slice left room there."""
        top = self._standing.statements[number]
        while top.parent >= 0:
            top = self._standing.statements[top.parent]
        first = top.first_line - 1
        new = text.split("\n")
        if len(new) == 1 and lines[first].strip() and lines[first][0] not in " \t" and top.line == top.end_line:
            lines[first] = f"{new[0]}; {lines[first]}"  # one of several statements on its line
            return True
        if len(new) > top.end_line - first or any(line.strip() for line in lines[first : first + len(new)]):
            return False
        lines[first : first + len(new)] = new
        return True


def _told(target: Any, attribute: str) -> str:
    owner = getattr(target, "__qualname__", None) or type(target).__qualname__
    return f"`{owner}.{attribute}`"


def _can_be_filled(value: Any) -> bool:
    """Whether what it holds now can be put into an object like it that is there already."""
    return type(value) in (list, dict, set) or holds_attributes_alone(type(value))


def _runs_at_once(loaded: LoadedModule, scope: int) -> bool:
    while scope > 0:
        if loaded.facts.scopes[scope].kind != "class":
            return False
        scope = loaded.facts.scopes[scope].parent
    return True
