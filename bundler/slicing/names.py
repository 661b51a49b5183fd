"""The names of one module: who binds them, in which scope, and which statement holds which code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_pattern import compile_lazily
from clustrix_bundle.bundler.slicing.syntax_reads import read_syntax

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import Binding, Call, Expr, Import, Scope
    from clustrix_bundle.bundler.slicing.syntax_reads import Syntax

_FUNCTIONS = frozenset({"function", "async", "lambda"})
_PARENTHESIS = compile_lazily(rb"=\s*\(")
_GOES_ON = compile_lazily(rb"(?:[(\[{,\\+\-*/%|&=<>.]|\b(?:and|or|not|in|is|if|else|return|yield|await|lambda[^:]*:))$")
"""How a line ends after which a statement goes on."""


class ModuleNames:
    """An index over the facts of one module."""

    def __init__(self, module: LoadedModule) -> None:
        self.module = module
        self.facts = module.facts

    @cached_property
    def syntax(self) -> Syntax:
        """What the facts of the module do not say; dear, as its source is parsed for it."""
        return read_syntax(self)

    @cached_property
    def may_delete(self) -> bool:
        """Whether the word ``del`` stands anywhere in the module."""
        return b"del " in self.module.source or b"del(" in self.module.source

    @cached_property
    def may_call_indirectly(self) -> bool:
        """Whether anything stands in the module that looks like ``TABLE[name]()`` or ``make()()``."""
        return b"](" in self.module.source or b")(" in self.module.source

    @cached_property
    def _lines(self) -> list[bytes]:
        return self.module.source.splitlines()

    def is_generator_at(self, line: int) -> bool:
        """Whether what is assigned on a line begins with a parenthesis, as a generator expression does."""
        return bool(_PARENTHESIS.search(self._lines[line - 1])) if 0 < line <= len(self._lines) else True

    def stands_alone(self, call: Call) -> bool:
        """Whether a call in a function looks like a statement of its own, whose result nothing takes: its line begins with it."""
        innermost, attributes = chain(call.func)
        while innermost[0] == "call":
            innermost, attributes = chain(innermost[1])
        if innermost[0] != "name" or not 0 < call.line <= len(self._lines):
            return False
        start = ".".join((innermost[1], *attributes)).partition(".[]")[0].encode()
        if not self._lines[call.line - 1].strip().removeprefix(b"await ").startswith(start):
            return False
        before = next(
            (line for number in range(call.line - 2, -1, -1) if (line := self._lines[number].split(b"#")[0].strip())), b""
        )
        return not _GOES_ON.search(before)

    @cached_property
    def function_of(self) -> tuple[int, ...]:
        """For each scope the outermost function or lambda that holds it (itself included); -1 where its code runs at once."""
        found: list[int] = []
        for number, scope in enumerate(self.facts.scopes):
            around = found[scope.parent] if scope.parent >= 0 else -1
            found.append(around if around >= 0 else (number if scope.kind in _FUNCTIONS else -1))
        return tuple(found)

    @cached_property
    def binders(self) -> dict[str, list[int]]:
        """Statements that bind or delete a module-level name themselves, in source order."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, statement in enumerate(self.facts.statements):
            for name in {*statement.binds, *statement.deletes}:
                found[name].append(number)
        return found

    @cached_property
    def definitions(self) -> dict[str, list[int]]:
        """Scopes of functions and classes by the module-level name that they are bound to."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, scope in enumerate(self.facts.scopes):
            if scope.parent == 0 and scope.kind in ("function", "async", "class"):
                found[scope.name].append(number)
        return found

    @cached_property
    def nested(self) -> frozenset[tuple[int, str]]:
        """(scope, name) of every function and class that is defined in a scope other than the module."""
        return frozenset((scope.parent, scope.name) for scope in self.facts.scopes if scope.parent > 0 and scope.kind != "lambda")

    @cached_property
    def members(self) -> dict[int, dict[str, list[int]]]:
        """Function scopes by class scope and name."""
        found: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, scope in enumerate(self.facts.scopes):
            if scope.parent >= 0 and self.facts.scopes[scope.parent].kind == "class":
                found[scope.parent][scope.name].append(number)
        for item in self.facts.bindings:  # step_once = partialmethod(step, 1)
            methods = found.get(item.scope)
            if methods and item.target[0] == "name":
                value = item.value
                for name in {one[1] for one in (value, *(value[2] if value[0] == "call" else ())) if one[0] == "name"}:
                    if name != item.target[1]:
                        methods[item.target[1]] += methods.get(name, ())
        return found

    @cached_property
    def methods(self) -> dict[str, list[int]]:
        """Methods of every class of the module by name."""
        found: dict[str, list[int]] = defaultdict(list)
        for scopes in self.members.values():
            for name, numbers in scopes.items():
                found[name].extend(numbers)
        return found

    @cached_property
    def asks_subclasses(self) -> bool:
        """Whether the module calls ``__subclasses__``."""
        return any(call.func[0] == "attr" and call.func[2] == "__subclasses__" for call in self.facts.calls)

    def is_method(self, scope: int) -> bool:
        """Whether a function scope stands directly in a class."""
        return self.facts.scopes[self.facts.scopes[scope].parent].kind == "class"

    @cached_property
    def imports(self) -> dict[tuple[int, str], list[Import]]:
        """Imports by the scope and the name that they bind."""
        found: dict[tuple[int, str], list[Import]] = defaultdict(list)
        for item in self.facts.imports:
            found[item.scope, bound_name(item)].append(item)
        return found

    @cached_property
    def imports_in(self) -> dict[int, list[Import]]:
        """Imports by scope."""
        found: dict[int, list[Import]] = defaultdict(list)
        for item in self.facts.imports:
            found[item.scope].append(item)
        return found

    @cached_property
    def set_attributes(self) -> dict[str, list[Binding]]:
        """Bindings of attributes outside of methods' own ``self.x = …``, by name: ``Base.hook = extended``, ``module.f = lambda: 1``."""
        found: dict[str, list[Binding]] = defaultdict(list)
        for item in self.facts.bindings:
            if item.target[0] == "attr" and item.target[1] != ("name", "self"):
                found[item.target[2]].append(item)
        return found

    @cached_property
    def shares_state(self) -> frozenset[int]:
        """Classes whose instances have their ``__dict__`` from somewhere else."""
        return frozenset(
            self.facts.scopes[item.scope].parent
            for item in self.facts.bindings
            if item.target[0] == "attr" and item.target[2] == "__dict__"
        )

    @cached_property
    def shared_attributes(self) -> dict[str, list[str]]:
        """Names of top-level classes whose body gives an attribute an object that may change, which all instances then share."""
        found: dict[str, list[str]] = defaultdict(list)
        for (number, name), bindings in self.assignments.items():
            scope = self.facts.scopes[number]
            if scope.kind == "class" and scope.parent == 0 and any(map(_may_change, bindings)):
                found[name].append(scope.name)
        return found

    @cached_property
    def put_for_output(self) -> tuple[Expr, ...]:
        """What the module puts in the place of ``sys.stdout`` and ``sys.stderr``: what prints writes there."""
        places = [("attr", ("name", "sys"), "stdout"), ("attr", ("name", "sys"), "stderr")]
        return tuple(item.value for item in self.facts.bindings if item.target in places and item.scope == 0)

    @cached_property
    def assignments(self) -> dict[tuple[int, str], list[Binding]]:
        """Bindings of a plain name by the scope that they stand in and the name."""
        found: dict[tuple[int, str], list[Binding]] = defaultdict(list)
        for item in self.facts.bindings:
            if item.target[0] == "name":
                found[item.scope, item.target[1]].append(item)
        return found

    @cached_property
    def constants(self) -> frozenset[str]:
        """Module-level names that only hold numbers, texts and the like, which nothing changes; none where names are set by other ways."""
        if any(way in self.module.source for way in _SETS_NAMES):
            return frozenset()
        bound_by_functions = {name for statement in self.facts.statements for name in statement.global_binds}
        return frozenset(
            name
            for (scope, name), bindings in self.assignments.items()
            if scope == 0
            and name not in bound_by_functions
            and len(bindings) == len(self.binders.get(name, ()))
            and all(item.value[0] in _CONSTANTS for item in bindings)
        )

    @cached_property
    def parts(self) -> dict[int, tuple[int, ...]]:
        """For each outermost function the scopes in it, itself included."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, function in enumerate(self.function_of):
            if function >= 0:
                found[function].append(number)
        return {function: tuple(scopes) for function, scopes in found.items()}

    def within(self, function: int) -> tuple[int, ...]:
        """The scopes in a function, itself included, whether it stands in another one or not."""
        if function in self.parts:
            return self.parts[function]
        found = [function]
        for number in range(function + 1, len(self.facts.scopes)):
            if self.facts.scopes[number].parent in found:
                found.append(number)
        return tuple(found)

    @cached_property
    def calls_in(self) -> dict[int, list[Call]]:
        """Calls by scope."""
        found: dict[int, list[Call]] = defaultdict(list)
        for call in self.facts.calls:
            found[call.scope].append(call)
        return found

    @cached_property
    def bindings_in(self) -> dict[int, list[Binding]]:
        """Bindings by scope."""
        found: dict[int, list[Binding]] = defaultdict(list)
        for binding in self.facts.bindings:
            found[binding.scope].append(binding)
        return found

    @cached_property
    def immediate(self) -> dict[int, tuple[list[Call], list[Binding], list[int]]]:
        """For each statement the calls, bindings and scopes (classes) of the code that runs with it, and scopes it defines."""
        found: dict[int, tuple[list[Call], list[Binding], list[int]]] = {
            number: ([], [], []) for number in range(len(self.facts.statements))
        }
        for call in self.facts.calls:
            if self.function_of[call.scope] < 0:
                found[call.statement][0].append(call)
        for binding in self.facts.bindings:
            if self.function_of[binding.scope] < 0:
                found[binding.statement][1].append(binding)
        for number, scope in enumerate(self.facts.scopes):
            if number and (self.function_of[number] < 0 or self.function_of[scope.parent] < 0):
                found[scope.statement][2].append(number)
        return found

    def is_local(self, scope: int, name: str) -> int | None:
        """The function scope (or class scope, for its own code) to which the name is local as seen from `scope`; None for a module-level name."""
        number = scope
        while number > 0:
            here = self.facts.scopes[number]
            if name in here.global_names:
                return None
            if (number == scope or here.kind != "class") and self._binds(number, here, name):
                return number
            number = here.parent
        return None

    def _binds(self, number: int, scope: Scope, name: str) -> bool:
        if name in scope.nonlocal_names:
            return False
        return (
            any(parameter.name == name for parameter in scope.parameters)
            or (number, name) in self.assignments
            or (number, name) in self.imports
            or (number, name) in self.nested
        )


def _may_change(binding: Binding) -> bool:
    value = binding.value
    return value[0] in _CONTAINERS or (value[0] == "call" and value[1][-1] not in _FRESH)


_CONTAINERS = frozenset({"list", "dict", "set", "comp", "dictcomp"})
_SETS_NAMES = (b"globals", b"modules", b"vars", b"locals", b"exec", b"setattr", b"__main__.")
_CONSTANTS = frozenset({"int", "float", "str", "bytes", "const"})
_FRESH = frozenset({"field", "auto", "Field", "namedtuple", "TypeVar", "property"})
"""Calls in a class's body that give each instance an object of its own, or none that changes."""


def bound_name(item: Import) -> str:
    """The name that an import binds; ``*`` for a star."""
    return item.asname or item.name or item.module.partition(".")[0]


def chain(expression: Expr) -> tuple[Expr, tuple[str, ...]]:
    """An attribute chain as its innermost expression and the attributes, outermost last; subscripts are passed through as ``[]``."""
    parts: list[str] = []
    while expression[0] in ("attr", "index"):
        parts.append(expression[2] if expression[0] == "attr" else "[]")
        expression = expression[1]
    return expression, tuple(reversed(parts))


def root_name(expression: Expr) -> str | None:
    """The name in which a chain of attributes, subscripts and calls on it is rooted: ``n`` of ``n.a[0].f().b``."""
    while True:
        if expression[0] == "name":
            name: str = expression[1]
            return name
        if expression[0] in ("attr", "index", "call", "each", "star"):
            expression = expression[1]
        else:
            return None


def children(expression: Expr) -> Iterator[Expr]:
    """The expressions directly inside one."""
    tag = expression[0]
    if tag in ("attr", "neg", "comp", "each", "star"):
        yield expression[1]
    elif tag in ("index", "dictcomp"):
        yield from expression[1:]
    elif tag == "bin":
        yield from expression[2:]
    elif tag in ("join", "list", "tuple", "set", "either"):
        yield from expression[1]
    elif tag == "call":
        yield expression[1]
        yield from expression[2]
        yield from (value for _, value in expression[3])
    elif tag == "dict":
        for key, value in expression[1]:
            if key is not None:
                yield key
            yield value


def calls_inside(expression: Expr) -> Iterator[Expr]:
    """Every ``call`` expression strictly inside one."""
    for child in children(expression):
        if child[0] == "call":
            yield child
        yield from calls_inside(child)


def mentions(expression: Expr, wanted: Expr) -> bool:
    """Whether an expression is another, or holds it."""
    return expression == wanted or any(mentions(child, wanted) for child in children(expression))


MODULES: Expr = ("attr", ("name", "sys"), "modules")
"""Where the modules of the process are by their names."""


def taken_from_modules(expression: Expr) -> Iterator[str]:
    """The names by which modules are taken from ``sys.modules`` in an expression."""
    if expression[0] == "index" and expression[1] == MODULES and expression[2][0] == "str":
        yield expression[2][1]
    for child in children(expression):
        yield from taken_from_modules(child)
