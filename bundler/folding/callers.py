"""Call sites of local functions in reached modules: what their parameters are given, and whether they escape.

A function escapes when its name is read other than to call it (stored, passed on, returned, registered by a decorator): then
somebody who is not seen may call it, and its parameters may be anything besides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding.expressions import children, last_name
from clustrix_bundle.bundler.lazy_dataclass import dataclass

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


class ModuleCalls:
    """The calls of one module that travel: most names are asked for in few modules, and what is read in hardly any."""

    def __init__(self, names: ModuleNames) -> None:
        self._names = names
        self._aliases = {item.asname: item.name for item in names.module.facts.imports if item.asname and item.name}
        self._originals: dict[str, list[str]] = defaultdict(list)
        self._reads: dict[str, bool] = {}
        for alias, name in self._aliases.items():
            if alias != name:
                self._originals[name].append(alias)

    def calls(self, name: str) -> list[Site]:
        """Call sites by the last name of the callee, those by another name that the module imports it under too, in source order."""
        found = self._of(name)
        for alias in self._originals.get(name, ()):
            found = sorted([*found, *self._of(alias)], key=_number)
        return [Site(self._names, call) for _, call in found]

    def _of(self, name: str) -> list[tuple[int, Call]]:
        travels = self._names.travels
        return [
            one
            for one in self._names.module.facts.calls_by("callee", name)
            if travels(one[1].statement, one[1].under, one[1].scope)
        ]

    def passed(self, name: str) -> list[Site]:
        """Calls that hand the function of that name to something in `PASSING`."""
        return self._passed.get(name, [])

    @cached_property
    def _passed(self) -> dict[str, list[Site]]:
        found: dict[str, list[Site]] = defaultdict(list)
        passing = [one for name in PASSING for one in self._of(name)]
        for _, call in sorted(passing, key=_number):
            site = Site(self._names, call)
            for name in sorted(_handed(call)):
                found[self._aliases.get(name, name)].append(site)
        return found

    def reads(self, name: str) -> bool:
        """Whether the name is read as a value, under another one too that the module imports it by."""
        known = self._reads.get(name)
        if known is None:
            known = self._reads[name] = any(map(self._is_read, (name, *self._originals.get(name, ()))))
        return known

    def _is_read(self, name: str) -> bool:
        facts, travels = self._names.module.facts, self._names.travels
        for _, call in facts.calls_by("call mentions", name):
            if travels(call.statement, call.under, call.scope) and name in read_names(_read_by(call)):
                return True
        for _, binding in facts.bindings_by("binding mentions", name):
            if travels(binding.statement, binding.under, binding.scope) and name in read_names([binding.value]):
                return True
        for _, scope in facts.scopes_by("scope mentions", name):
            defaults = [parameter.default for parameter in scope.parameters if parameter.default is not None]
            if name in read_names([*defaults, *scope.decorators]):
                return True
        return False


def _number(one: tuple[int, Call]) -> int:
    return one[0]


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
                site for one in self._folder.calling(name) for site in self.of(one).calls(name)
            )
        return known

    def passed(self, name: str) -> list[Site]:
        """The first calls that hand the function of that name on, one more than `MAX_SITES` at most."""
        known = self._passed.get(name)
        if known is None:
            known = self._passed[name] = self._first(
                site for one in self._folder.passing(name) for site in self.of(one).passed(name)
            )
        return known

    def is_read(self, name: str) -> bool:
        """Whether a name is read as a value anywhere."""
        known = self._is_read.get(name)
        if known is None:
            known = self._is_read[name] = any(self.of(one).reads(name) for one in self._folder.reading(name))
        return known

    def of(self, names: ModuleNames) -> ModuleCalls:
        """The calls of one module."""
        known = self._modules.get(names.module.name)
        if known is None or known[0] is not names:
            known = self._modules[names.module.name] = (names, ModuleCalls(names))
        return known[1]

    @staticmethod
    def _first(sites: Iterable[Site]) -> list[Site]:
        return list(islice(sites, MAX_SITES + 1))


def _handed(call: Call) -> set[str]:
    """Last names of what a call is given as it is."""
    return {last_name(value) for value in _arguments(call) if value[0] in ("name", "attr")}


def _arguments(call: Call) -> list[Expr]:
    return [*call.args, *(value for _, value in call.keywords)]


def _read_by(call: Call) -> list[Expr]:
    """What a call reads: functions that it hands on are called."""
    arguments = _arguments(call)
    if last_name(call.func) in PASSING:
        handed = _handed(call)
        arguments = [value for value in arguments if value[0] not in ("name", "attr") or last_name(value) not in handed]
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
