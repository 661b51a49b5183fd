"""Call sites of local functions in reached modules: what their parameters are given, and whether they escape.

A function escapes when its name is read other than to call it (stored, passed on, returned, registered by a decorator): then
somebody who is not seen may call it, and its parameters may be anything besides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding.expressions import children, last_name
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Call, Expr
    from clustrix_bundle.bundler.folding.fold import Folder
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
class ModuleCalls:
    """The calls of one module that travel.

    Attributes:
        calls: Call sites by the last name of the callee (imported aliases by the original name too).
        passed: Calls that hand the function of that name to something in `PASSING`.
        read: Names read as values.
    """

    calls: dict[str, list[Site]] = field(default_factory=lambda: defaultdict(list))
    passed: dict[str, list[Site]] = field(default_factory=lambda: defaultdict(list))
    read: set[str] = field(default_factory=set)


class Callers:
    """The calls in reached modules, by the last name of the callee.

    Of each name that is asked for, only the modules that call or mention it are looked into.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._modules: dict[str, tuple[ModuleNames, ModuleCalls]] = {}
        self._calls: dict[str, list[Site]] = {}
        self._passed: dict[str, list[Site]] = {}
        self._is_read: dict[str, bool] = {}

    def renew(self) -> None:
        """More modules have been reached."""
        self._calls.clear()
        self._passed.clear()
        self._is_read.clear()

    def calls(self, name: str) -> list[Site]:
        """The first call sites of that name, one more than `MAX_SITES` at most."""
        known = self._calls.get(name)
        if known is None:
            known = self._calls[name] = self._first(
                site for one in self._folder.calling(name) for site in self.of(one).calls.get(name, ())
            )
        return known

    def passed(self, name: str) -> list[Site]:
        """The first calls that hand the function of that name on, one more than `MAX_SITES` at most."""
        known = self._passed.get(name)
        if known is None:
            known = self._passed[name] = self._first(
                site for one in self._folder.passing(name) for site in self.of(one).passed.get(name, ())
            )
        return known

    def is_read(self, name: str) -> bool:
        """Whether a name is read as a value anywhere."""
        known = self._is_read.get(name)
        if known is None:
            known = self._is_read[name] = any(name in self.of(one).read for one in self._folder.naming(name))
        return known

    def of(self, names: ModuleNames) -> ModuleCalls:
        """The calls of one module."""
        known = self._modules.get(names.module.name)
        if known is None or known[0] is not names:
            known = self._modules[names.module.name] = (names, read_calls(names))
        return known[1]

    @staticmethod
    def _first(sites: Iterable[Site]) -> list[Site]:
        return list(islice(sites, MAX_SITES + 1))


def read_calls(names: ModuleNames) -> ModuleCalls:
    """Collects the calls of a module, and the names that it reads."""
    found = ModuleCalls()
    facts = names.module.facts
    aliases = {item.asname: item.name for item in facts.imports if item.asname and item.name}
    read: list[Expr] = []
    for call in facts.calls:
        if not names.travels(call.statement, call.under, call.scope):
            continue
        called = last_name(call.func)
        site = Site(names, call)
        found.calls[called].append(site)
        if aliases.get(called, called) != called:
            found.calls[aliases[called]].append(site)
        read += _read_by_call(found, site, called, aliases)
    read += [one.value for one in facts.bindings if names.travels(one.statement, one.under, one.scope)]
    for scope in names.scopes:
        read += [parameter.default for parameter in scope.parameters if parameter.default is not None]
        read += scope.decorators
    found.read.update(read_names(read))
    found.read.update([original for alias, original in aliases.items() if alias in found.read])
    return found


def _read_by_call(found: ModuleCalls, site: Site, called: str, aliases: dict[str, str]) -> list[Expr]:
    """What a call reads; the functions that it hands on are noted."""
    call = site.call
    arguments = [*call.args, *(value for _, value in call.keywords)]
    if called in PASSING:
        handed = {last_name(value) for value in arguments if value[0] in ("name", "attr")}
        for name in sorted(handed):
            found.passed[aliases.get(name, name)].append(site)
        arguments = [value for value in arguments if last_name(value) not in handed or value[0] not in ("name", "attr")]
    if call.func[0] == "attr":
        arguments.append(call.func[1])
    return arguments


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
