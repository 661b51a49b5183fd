"""What annotations that Python evaluates need: ``int | None`` 3.10, ``list[int]`` 3.9, unless ``from __future__ import annotations`` stands.

Facts do not hold annotations, so sources are parsed: of the entry file, and of imported modules until one gives the most they can say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import ModuleFacts
    from clustrix_bundle.bundler.python_range import Limit

_LIKELY = compile_lazily(
    rb"(?::|->)[^=\n]*?(?:\|\s*None|None\s*\||\b(?:list|dict|tuple|set|frozenset|type)\[|(?:int|float|str|bytes|bool)\s*\|)"
)
_UNION = compile_lazily(rb"(?::|->)[^=\n]*?(?:\|\s*None|None\s*\||(?:int|float|str|bytes|bool|\])\s*\|)")

_SIGNS = (b" | ", b"list[", b"dict[", b"tuple[", b"set[", b"type[")
"""One of them stands in a source that has such an annotation, as it is usually written."""
_NEWEST = 10
"""The newest version that annotations can need."""
_MOST_PARSED = 40


def imported_annotation_limits(
    modules: Iterable[tuple[LoadedModule, str]], holding: Callable[[bytes], frozenset[str]], minimum: int
) -> Iterator[Limit]:
    """What annotations of surely imported modules need, until there is nothing more to learn.

    Args:
        modules: The modules, with their paths as they are shown.
        holding: Files whose bytes hold a text.
        minimum: Minor version that something else needs.
    """
    if minimum >= _NEWEST:
        return
    likely: frozenset[str] | None = None
    parsed = 0
    for module, shown in modules:
        known = module.facts.annotated
        if known is None and likely is None:
            likely = frozenset[str]().union(*map(holding, _SIGNS)) - holding(b"from __future__ import annotations")
        if not (module.file in likely if likely is not None else _may_need(module.facts, known or frozenset(), minimum)):
            continue
        content = module.source
        if not (_LIKELY if minimum < _NEWEST - 1 else _UNION).search(content):
            continue
        for limit in annotation_limits(content, shown):
            if limit.since > minimum:
                minimum = limit.since
                yield limit
        parsed += 1
        if minimum >= _NEWEST or parsed >= _MOST_PARSED:
            return


def _may_need(facts: ModuleFacts, annotated: frozenset[str], minimum: int) -> bool:
    """Whether annotations with these marks (`ModuleFacts.annotated`) may need more than that version."""
    if any(feature.name == "future_annotations" for feature in facts.features):
        return False
    return "|" in annotated or (minimum < _NEWEST - 1 and bool(annotated))


def annotation_limits(source: bytes, path: str) -> Iterator[Limit]:
    """What annotations of parameters, results and variables outside of functions surely need."""
    if not _LIKELY.search(source):
        return
    from clustrix_bundle.bundler.annotation_trees import tree_limits  # noqa: PLC0415 - brings `ast`

    yield from tree_limits(source, path)
