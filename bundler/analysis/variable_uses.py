"""What one module does with the environment: which variables it reads and sets, and where it hands all of them on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.liveness import Liveness
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import Expr

Handed = tuple[str, int | str]
"""A function's name, and which of its arguments is the environment: a position or a keyword."""

_READS = frozenset({"get", "pop", "setdefault", "__getitem__"})
_PROGRAMS = "env"
"""The keyword by which a program that is started gets its environment: what it reads of it is its own affair."""


class _Place(NamedTuple):
    """Where an expression stands that no fact tells of."""

    scope: int
    statement: int
    under: tuple[str, ...] = ()


class VariableUses:
    """What one module does with the environment.

    The environment is ``os.environ``, a copy of it (``dict(os.environ)``, ``{**os.environ}``), a name for one of these, and a
    parameter that another function hands it to.
    """

    def __init__(self, module: LoadedModule, liveness: Liveness, handed: Iterable[Handed] = ()) -> None:
        self._source = module.source
        self._facts = facts = module.facts
        self._liveness = liveness
        self._systems = {item.asname or "os" for item in facts.imports if item.module == "os" and item.name is None}
        names = {item.asname or item.name: item.name for item in facts.imports if item.module == "os" and item.name}
        self._getters = {name for name, origin in names.items() if origin == "getenv"}
        self._environments = {(0, name) for name, origin in names.items() if origin == "environ"}
        self._environments |= set(self._parameters(handed))
        self._texts: dict[str, set[str]] = {}
        for binding in facts.bindings:
            if binding.target[0] == "name":
                value = binding.value[1] if binding.value[0] == "str" and binding.kind == "assign" else ""
                self._texts.setdefault(binding.target[1], set()).add(value)
                if binding.kind == "assign" and self._is_environment(binding.value, binding.scope):
                    self._environments.add((binding.scope, binding.target[1]))

    def _parameters(self, handed: Iterable[Handed]) -> Iterator[tuple[int, str]]:
        wanted = dict.fromkeys(handed)
        for index, scope in enumerate(self._facts.scopes if wanted else ()):
            is_method = scope.parent >= 0 and self._facts.scopes[scope.parent].kind == "class"
            names = [item.name for item in scope.parameters if item.kind in ("positional", "either")][is_method:]
            for name, which in wanted:
                if name == scope.name and (which in names or (isinstance(which, int) and which < len(names))):
                    yield index, names[which] if isinstance(which, int) else which

    def read_names(self, asked: frozenset[str]) -> Iterator[tuple[str, int]]:
        """Those of the asked variables that it reads, with the lines."""
        for call in self._facts.calls:
            if self._liveness.alive(call):
                if self._reads(call.func, call.scope) and call.args:
                    yield from ((name, call.line) for name in self._text(call.args[0]) if name in asked)
                yield from self._indexed((call.func, call.args, call.keywords), call.scope, call.line, asked)
        for binding in self._facts.bindings:
            if self._liveness.alive(binding):
                yield from self._indexed((binding.value,), binding.scope, binding.line, asked)
        yield from self._tested(asked)

    def set_names(self) -> Iterator[str]:
        """Variables that it sets itself."""
        for binding in self._facts.bindings:
            is_item = binding.target[0] == "index" and self._is_environment(binding.target[1], binding.scope)
            if is_item and self._liveness.alive(binding):
                yield from self._text(binding.target[2])
        for call in self._facts.calls:
            is_update = call.func[0] == "attr" and call.func[2] == "update" and self._is_environment(call.func[1], call.scope)
            if is_update and self._liveness.alive(call):
                yield from (name for name, _ in call.keywords if name)
                for argument in call.args:
                    if argument[0] == "dict":
                        yield from (key[1] for key, _ in argument[1] if key is not None and key[0] == "str")

    def handed_on(self) -> Iterator[Handed]:
        """Functions that it calls with the environment as an argument."""
        for call in self._facts.calls:
            name = call.func[-1]
            if not isinstance(name, str) or not self._liveness.alive(call):
                continue
            yield from ((name, place) for place, given in enumerate(call.args) if self._is_environment(given, call.scope))
            yield from (
                (name, key)
                for key, given in call.keywords
                if key and key != _PROGRAMS and self._is_environment(given, call.scope)
            )

    def _indexed(self, parts: tuple[Expr, ...], scope: int, line: int, asked: frozenset[str]) -> Iterator[tuple[str, int]]:
        pending: list[Expr] = list(parts)
        while pending:
            part = pending.pop()
            if len(part) == 4 and part[0] == "call" and part[1][0] in ("name", "attr"):
                continue  # a call fact of its own, which is looked at there
            if len(part) == 3 and part[0] == "index" and self._is_environment(part[1], scope):
                yield from ((name, line) for name in self._text(part[2]) if name in asked)
            pending += [inner for inner in part if isinstance(inner, tuple)]

    def _tested(self, asked: frozenset[str]) -> Iterator[tuple[str, int]]:
        """``"NAME" in os.environ``, of which facts say nothing: read from the text."""
        import re  # noqa: PLC0415 - where a name of the environment stands in a module that has it in hand

        constants = {next(iter(texts)): name for name, texts in self._texts.items() if len(texts) == 1}
        for name in asked:
            if name.encode() not in self._source:
                continue
            words = [rf"""["']{re.escape(name)}["']""", *([rf"\b{constants[name]}"] if name in constants else [])]
            pattern = re.compile(rf"(?:{'|'.join(words)})\s+(?:not\s+)?in\s+([\w.]+)".encode())
            for found in pattern.finditer(self._source):
                line = self._source.count(b"\n", 0, found.start()) + 1
                place = self._place(line)
                path = found[1].decode("utf-8", "replace").split(".")
                container: Expr = ("name", path[0])
                for part in path[1:]:
                    container = ("attr", container, part)
                if self._is_environment(container, place.scope) and self._liveness.alive(place):
                    yield name, line

    def _place(self, line: int) -> _Place:
        scopes = [index for index, item in enumerate(self._facts.scopes) if item.line <= line <= item.end_line]
        statements = [index for index, item in enumerate(self._facts.statements) if item.line <= line <= item.end_line]
        return _Place(scopes[-1] if scopes else 0, statements[-1] if statements else -1)

    def _text(self, expression: Expr) -> Iterator[str]:
        if expression[0] == "str":
            yield expression[1]
        elif expression[0] == "name" and len(texts := self._texts.get(expression[1], set())) == 1:
            yield from texts

    def _reads(self, callee: Expr, scope: int) -> bool:
        if callee[0] == "name":
            return callee[1] in self._getters
        if callee[0] != "attr":
            return False
        owner, name = callee[1], callee[2]
        return (name in _READS and self._is_environment(owner, scope)) or (name == "getenv" and self._is_system(owner))

    def _is_system(self, expression: Expr) -> bool:
        return expression[0] == "name" and expression[1] in self._systems

    def _is_environment(self, expression: Expr, scope: int) -> bool:
        kind = expression[0]
        if kind == "name":
            return self._is_named(expression[1], scope)
        if kind == "attr":
            return expression[2] == "environ" and self._is_system(expression[1])
        if kind == "call" and expression[1][0] == "attr" and expression[1][2] == "copy":
            return self._is_environment(expression[1][1], scope)
        if kind == "call" and expression[1] == ("name", "dict") and expression[2]:
            return self._is_environment(expression[2][0], scope)
        if kind == "dict":
            return any(key is None and self._is_environment(value, scope) for key, value in expression[1])
        return False

    def _is_named(self, name: str, scope: int) -> bool:
        while scope >= 0:
            if (scope, name) in self._environments:
                return True
            scope = self._facts.scopes[scope].parent
        return False
