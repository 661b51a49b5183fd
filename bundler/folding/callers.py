"""Call sites of local functions in reached modules: what their parameters are given, and whether they escape.

A function escapes when its name is read other than to call it (stored, passed on, returned, registered by a decorator): then
somebody who is not seen may call it, and its parameters may be anything besides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding.expressions import children, last_name
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Binding, Call, Expr
    from clustrix_bundle.bundler.folding.names import ModuleNames

MAX_SITES = 64
"""A name that is called more often than this is taken to be called with anything."""

PASSING = frozenset(
    [
        "map",
        "imap",
        "imap_unordered",
        "starmap",
        "map_async",
        "starmap_async",
        "submit",
        "apply",
        "apply_async",
        "partial",
        "Thread",
        "Process",
        "Timer",
        "filter",
        "run_in_executor",
        "to_thread",
        "process_map",
        "thread_map",
    ]
)
"""Functions that call the function they are given with arguments they are given."""


@dataclass(frozen=True, slots=True)
class Site:
    """A call, and the module it stands in."""

    names: ModuleNames
    call: Call


@dataclass(slots=True)
class Callers:
    """Index of the calls in reached modules, by the last name of the callee.

    Attributes:
        calls: Call sites by the name of the function called (imported aliases by the original name too).
        passed: Calls that hand the function of that name to something in `PASSING`.
        read: Names read as values.
    """

    calls: dict[str, list[Site]] = field(default_factory=lambda: defaultdict(list))
    passed: dict[str, list[Site]] = field(default_factory=lambda: defaultdict(list))
    read: set[str] = field(default_factory=set)
    _known: set[str] = field(default_factory=set)

    def add(self, names: ModuleNames) -> bool:
        """Takes a module in; False if it was there already."""
        module = names.module
        if module.name in self._known:
            return False
        self._known.add(module.name)
        aliases = {item.asname: item.name for item in module.facts.imports if item.asname and item.name}
        for call in module.facts.calls:
            if not names.travels(call.statement, call.under, call.scope):
                continue
            called = last_name(call.func)
            site = Site(names, call)
            self.calls[called].append(site)
            if aliases.get(called, called) != called:
                self.calls[aliases[called]].append(site)
            self._read_call(site, called, aliases)
        for binding in module.facts.bindings:
            if names.travels(binding.statement, binding.under, binding.scope):
                self._note_read(_values(binding), aliases)
        for scope in module.facts.scopes:
            for parameter in scope.parameters:
                if parameter.default is not None:
                    self._note_read(read_names((parameter.default,)), aliases)
            self._note_read(read_names(scope.decorators), aliases)
        return True

    def _read_call(self, site: Site, called: str, aliases: dict[str, str]) -> None:
        call = site.call
        arguments = (*call.args, *(value for _, value in call.keywords))
        if called in PASSING:
            handed = {last_name(value) for value in arguments if value[0] in ("name", "attr")}
            for name in sorted(handed):
                self.passed[aliases.get(name, name)].append(site)
            arguments = tuple(value for value in arguments if last_name(value) not in handed or value[0] not in ("name", "attr"))
        self._note_read(read_names(arguments), aliases)
        if call.func[0] == "attr":
            self._note_read(read_names((call.func[1],)), aliases)

    def _note_read(self, found: Iterable[str], aliases: dict[str, str]) -> None:
        for name in found:
            self.read.add(name)
            if name in aliases:
                self.read.add(aliases[name])


def _values(binding: Binding) -> Iterator[str]:
    yield from read_names((binding.value,))


def read_names(expressions: Iterable[Expr]) -> Iterator[str]:
    """Names and attributes read in expressions, those that are only called left out."""
    pending = list(expressions)
    while pending:
        expr = pending.pop()
        tag = expr[0]
        if tag == "name":
            yield expr[1]
        elif tag == "attr":
            yield expr[2]
            pending.append(expr[1])
        elif tag == "call" and expr[1][0] in ("name", "attr"):
            continue  # a call fact of its own, whose arguments are looked at there
        else:
            pending.extend(children(expr))
