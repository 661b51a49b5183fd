"""Which files may call what a rule knows, by the looks of their calls (docs/facts.md, "The store"): most need no look at their facts for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence.call_shapes import CallShape
from clustrix_bundle.bundler.folding import modules
from clustrix_bundle.bundler.folding.foreign_names import canonical
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.folding.fold import Folder


@dataclass(frozen=True, slots=True)
class CallRule:
    """Calls that a rule is after.

    Attributes:
        wanted: Says of the last name of a callee whether it is wanted.
        plausible: Says of the look of such a call whether it can mean anything to the rule; None for any.
        known_to: Says of the full name of a foreign function whether the rule does anything with it; None for any.
        first_counts: Says of such a function whether its first positional argument is all that counts.
    """

    wanted: Callable[[str], bool]
    plausible: Callable[[CallShape], bool] | None = None
    known_to: Callable[[str], bool] | None = None
    first_counts: Callable[[str], bool] | None = None


@dataclass(slots=True)
class _Answer:
    """What is known of one rule: for how many reached modules, of how many names and looks, and which of these it is after.

    Attributes:
        names: Last names that are wanted.
        sure: Looks that count wherever they stand.
        relative: Those whose callee comes by a relative import: what it is depends on the module.
        given: Those whose first argument only callers of a function give, with its name.
    """

    reached: int = -1
    named: int = 0
    seen: int = 0
    names: set[str] = field(default_factory=set)
    sure: list[str] = field(default_factory=list)
    relative: list[str] = field(default_factory=list)
    given: list[tuple[str, str]] = field(default_factory=list)
    files: frozenset[str] = frozenset()


class Callees:
    """The calls of reached modules, at a glance."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.world = folder.world
        self._answers: dict[CallRule, _Answer] = {}
        self._names: dict[str, None] = {}
        self._looks = 0
        self._files: tuple[int, dict[str, list[LoadedModule]]] = (-1, {})
        self._defining: dict[str, frozenset[str]] = {}

    def may_call(self, module: LoadedModule, rule: CallRule) -> bool:
        """Whether a reached module may call what the rule is after."""
        reached = len(self.world.reached())
        answer = self._answers.get(rule)
        if answer is None:
            answer = self._answers[rule] = _Answer()
        if answer.reached != reached:
            answer.reached = reached
            self._defining.clear()
            self._take(rule, answer)
        return module.file in answer.files

    def _take(self, rule: CallRule, answer: _Answer) -> None:
        names, self._looks = self.world.callee_names(self._looks)
        self._names.update(dict.fromkeys(names))
        answer.names.update(filter(rule.wanted, islice(self._names, answer.named, None)))
        answer.named = len(self._names)
        for text in self.world.callees_named(sorted(answer.names), answer.seen):
            self._sort(text, rule, answer)
        answer.seen = self._looks
        texts = answer.sure + [text for text, function in answer.given if self.folder.may_be_called(function)]
        answer.files = frozenset([*self.world.using(texts), *self._by_relative(answer.relative)])

    def _sort(self, text: str, rule: CallRule, answer: _Answer) -> None:
        callee, _, look = text.partition(" ")
        owner, _, name = callee.rpartition(".")
        if callee == "def":
            return
        if look and rule.plausible is not None and not any(map(rule.plausible, _shapes(owner, name, look))):
            return
        if owner in ("", "?", "~"):
            answer.sure.append(text)
        elif owner.startswith("."):
            answer.relative.append(text)
        elif self.folder.is_local(callee.partition(".")[0]):
            if not self._is_definition(callee):
                answer.sure.append(text)
        elif rule.known_to is None or rule.known_to(canonical(callee)):
            function = look.partition(" ")[2]
            if function and rule.first_counts is not None and rule.first_counts(canonical(callee)):
                answer.given.append((text, function))
            else:
                answer.sure.append(text)

    def _by_relative(self, texts: list[str]) -> Iterator[str]:
        """Files in which one of these callees, seen from there, is no function or class of a local module."""
        for text in texts:
            callee = text.partition(" ")[0]
            tail = callee.lstrip(".")
            for file in self.world.using([text]):
                for module in self._at(file):
                    full = modules.resolve(tail, len(callee) - len(tail), module.package)
                    if not full or not self._is_definition(full):
                        yield file
                        break

    def _is_definition(self, name: str) -> bool:
        """Whether a dotted name is surely a function or class that a local module defines."""
        module, _, defined = name.rpartition(".")
        local = self.world.locate(module)
        if local is None or local.path is None:
            return False
        files = self._defining.get(defined)
        if files is None:
            files = self._defining[defined] = frozenset(self.world.using([f"def {defined}"]))
        return str(local.path) in files

    def _at(self, file: str) -> list[LoadedModule]:
        """The reached modules of a file."""
        reached = self.world.reached()
        if self._files[0] != len(reached):
            found: dict[str, list[LoadedModule]] = {}
            for module in reached:
                found.setdefault(module.file, []).append(module)
            self._files = (len(reached), found)
        return self._files[1].get(file, [])


def _shapes(owner: str, name: str, look: str) -> Iterator[CallShape]:
    """The looks of a call that one text may stand for: a dotted name is that of an attribute, or of a name imported from a module."""
    counts = look.partition(" ")[0]
    forms = {"": [(False, True)], "?": [(True, False)], "~": [(True, True)]}.get(owner, [(True, True), (False, True)])
    for is_method, of_import in forms:
        yield CallShape(name, is_method, of_import, int(counts[0]), "k" in counts, "s" in counts, "t" in counts)
