"""A live callable taken apart: what the entry point is, and what travels with it by value.

A function that its module's name and its own lead to is an entry point like any other; one of ``__main__`` runs there from
the slice of its source; everything else (closures, lambdas, bound methods, partials, instances) is pickled by definition.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.diagnosis import dump_or_explain
from clustrix_bundle.bundler.capture.guarded import outermost
from clustrix_bundle.bundler.capture.main_state import MainCapture, MainState
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.bundler.capture.pickling import dump_stream
from clustrix_bundle.bundler.capture.shared import Shared
from clustrix_bundle.bundler.errors import TargetError
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.slicing.things import Modules

Arguments = tuple[tuple[Any, ...], Mapping[str, Any]]
"""Positional and keyword arguments of a call."""

ENTRY_MEMBER = "values/entry.pkl"
ARGUMENTS_MEMBER = "values/arguments.pkl"
GLOBALS_FOLDER = "values/main"


@dataclass(slots=True)
class LiveCall:
    """What a live callable and its arguments amount to.

    Attributes:
        kind: ``module``, ``main`` or ``value``, as `clustrix_bundle.bundler.graph.EntryPoint` has it.
        module: Module that the entry is imported from; empty for a value that belongs to none.
        qualname: Attribute path in it, or a label for a value.
        func: The callable itself.
        given: Arguments that travel in the bundle.
        beside: Arguments of calls that travel beside it.
        entry: Pickle of the callable, for a value.
        arguments: Pickle of ``(args, kwargs)``; empty where none were given.
        calls: Such pickles that travel beside the bundle.
        needs: What the pickles lean on.
        shared: What values files hold that are read before these.
        captured: Functions and classes in them that travel by definition, by values file and position.
    """

    kind: str
    module: str
    qualname: str
    func: Callable[..., Any]
    given: Arguments | None = None
    beside: Sequence[Arguments] = ()
    entry: bytes = b""
    arguments: bytes = b""
    calls: list[bytes] = field(default_factory=list)
    needs: Needs = field(default_factory=Needs)
    shared: Shared = field(default_factory=Shared)
    captured: dict[tuple[str, int], Any] = field(default_factory=dict)

    def dump(self, needs: Needs, fills: Iterable[tuple[Any, Any]] = ()) -> None:
        """Pickle the callable, if it travels by value, and the arguments; what values files before them hold is only named.

        Args:
            needs: Gets what they lean on.
            fills: What reading the callable sets.

        Raises:
            CaptureError: something in them cannot travel.
        """
        needs.shared = self.shared.copy()
        if self.kind == "value":
            self.entry = dump_or_explain(self.func, needs, "the function", self.func, fills=fills, member=ENTRY_MEMBER)
        self.calls = [_dump_arguments(self.func, given, needs) for given in self.beside]
        if self.given is not None:
            self.arguments = _dump_arguments(self.func, self.given, needs, ARGUMENTS_MEMBER)
        self.captured = needs.shared.definitions

    @property
    def uses_main(self) -> bool:
        """Whether anything of ``__main__`` must travel."""
        return self.kind == "main" or bool(self.needs.main_names) or any(home == "__main__" for home, _ in self.needs.definitions)


def take_apart(
    func: Callable[..., Any],
    args: tuple[Any, ...] | None,
    kwargs: Mapping[str, Any] | None,
    main_defined: frozenset[str] = frozenset(),
    *,
    guarded: frozenset[str] = frozenset(),
    by_name: bool = True,
    roots: tuple[str, ...] = (),
    calls: Sequence[Arguments] = (),
) -> LiveCall:
    """Decide how a callable travels, and pickle what does so by value.

    Args:
        func: Any callable.
        args: Positional arguments that travel in the bundle, or None.
        kwargs: Keyword arguments likewise.
        main_defined: Globals of ``__main__`` that are bound by definitions there.
        guarded: Globals of ``__main__`` that its main guard gave.
        by_name: Whether a function that a name leads to is an entry point by that name.
        roots: Spellings of the project root.
        calls: Arguments of calls that travel beside the bundle.

    Raises:
        CaptureError: something that it leans on cannot travel.
        TargetError: it is no callable.
    """
    if not callable(func):
        raise TargetError(f"{func!r} cannot be called", repr(func))
    needs = Needs(main_defined=main_defined, roots=roots, guarded=guarded)
    call = _named(func, needs) if by_name else None
    if call is None:
        call = LiveCall("value", _home(func), _label(func), func, needs=needs)
    if args is not None or kwargs is not None:
        call.given = tuple(args or ()), kwargs or {}
    call.beside = calls
    call.dump(needs)
    return call


def _dump_arguments(func: Callable[..., Any], given: Arguments, needs: Needs, member: str = "") -> bytes:
    args, kwargs = given
    try:
        return dump_stream((args, dict(kwargs)), needs, member=member)
    except Exception:  # noqa: BLE001 - whatever it is, it is found again below, and named
        for number, value in enumerate(args, 1):
            dump_or_explain(value, needs.fresh(), _argument(func, number), func)
        for name, value in kwargs.items():
            dump_or_explain(value, needs.fresh(), f"argument {name!r}", func)
        return dump_or_explain((args, dict(kwargs)), needs, "the arguments", func)


def _argument(func: Callable[..., Any], number: int) -> str:
    """What to call a positional argument: its number, and the parameter that takes it."""
    code = getattr(getattr(func, "__func__", func), "__code__", None)
    if not isinstance(code, CodeType):
        return f"argument {number}"
    names = code.co_varnames[hasattr(func, "__func__") : code.co_argcount]
    return f"argument {number} ({names[number - 1]!r})" if number <= len(names) else f"argument {number}"


def _named(func: Callable[..., Any], needs: Needs) -> LiveCall | None:
    """The call of a function that a name leads to."""
    module = getattr(func, "__module__", None)
    qualname = getattr(func, "__qualname__", None)
    if module == "__main__":
        main = vars(sys.modules["__main__"])
        for name in sorted(needs.main_defined):
            if main.get(name) is func:
                needs.main_names.add(name)
                return LiveCall("main", "__main__", name, func, needs=needs)
        guarded = isinstance(qualname, str) and qualname.partition(".")[0] in needs.guarded
        if (
            isinstance(func, FunctionType)
            and isinstance(qualname, str)
            and _class_function(main, qualname) is func
            and not guarded
        ):
            needs.main_names.add(qualname.partition(".")[0])
            return LiveCall("main", "__main__", qualname, func, needs=needs)
        return None
    if not isinstance(module, str) or not isinstance(qualname, str) or module not in sys.modules:
        return None
    if not isinstance(func, (FunctionType, type)) and not hasattr(func, "__wrapped__"):
        return None
    found: Any = sys.modules[module]
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return LiveCall("module", module, qualname, func, needs=needs) if found is func else None


def _class_function(main: Mapping[str, Any], qualname: str) -> Any:
    first, *rest = qualname.split(".")
    found = main.get(first)
    for part in rest:
        found = vars(found).get(part) if isinstance(found, type) else None
        found = getattr(found, "__func__", found) if isinstance(found, staticmethod) else found
    return found if rest else None


def _home(func: Callable[..., Any]) -> str:
    """The module whose file says where the project is."""
    for candidate in (getattr(func, "func", None), getattr(func, "__self__", None), func):
        module = getattr(candidate, "__module__", None)
        if isinstance(module, str) and module != "builtins":
            return module
        module = getattr(type(candidate), "__module__", None)
        if candidate is not None and isinstance(module, str) and module not in ("builtins", "functools", "operator"):
            return module
    return ""


def _label(func: Callable[..., Any]) -> str:
    name = getattr(func, "__qualname__", None) or getattr(func, "__name__", None) or type(func).__qualname__
    return str(name)


def capture_main(call: LiveCall, loaded: LoadedModule, modules: Modules, path: str, member: str) -> MainState:
    """The state of ``__main__`` that a call needs; what its values lean on is added to ``call.needs``."""
    namespace = vars(sys.modules["__main__"])
    call.needs.shared = Shared()
    state = MainCapture(loaded, namespace, call.needs, modules, path).capture(member, GLOBALS_FOLDER)
    call.shared = call.needs.shared
    if call.shared:
        call.dump(call.needs)
    return state


def statements_of_definitions(call: LiveCall, loaded: LoadedModule) -> frozenset[int]:
    """Module-level statements of ``__main__`` whose source travels inside pickles: read for imports, not executed."""
    lines = [definition.path[-1][1] for home, definition in call.needs.definitions if home == "__main__"]
    found: set[int] = set()
    for number, statement in enumerate(loaded.facts.statements):
        top = outermost(statement, loaded.facts.statements)
        if any(top.first_line <= line <= top.end_line for line in lines):
            found.add(number)
    return frozenset(found)


def file_of(module: str) -> Path | None:
    """The source file of a loaded module."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return Path(os.path.realpath(file)) if isinstance(file, str) and file.endswith(".py") else None
