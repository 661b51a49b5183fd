"""Requirements: the installed distributions that shipped code imports, with exact versions (docs/analysis.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.distributions import Distribution, Distributions, canonical_name
from clustrix_bundle.bundler.graph import Requirement
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.resolve import Resolved

NOT_FOR_RUNNING = frozenset(
    [
        "all",
        "build",
        "ci",
        "complete",
        "dev",
        "develop",
        "development",
        "doc",
        "docs",
        "full",
        "lint",
        "packaging",
        "release",
        "test",
        "testing",
        "tests",
        "type",
        "types",
        "typing",
    ]
)
"""Extras by convention for work on the distribution itself, or for everything it has: never recorded."""


@dataclass(slots=True)
class _Use:
    modules: set[str] = field(default_factory=set)
    optional: bool = True


@dataclass(frozen=True, slots=True)
class Requirements:
    """What third-party imports come down to.

    Attributes:
        found: One requirement a distribution, sorted by name.
        unowned: Imported modules on the path that no distribution claims: name and file.
    """

    found: tuple[Requirement, ...]
    unowned: tuple[tuple[str, str], ...]


def find_requirements(uses: Iterable[tuple[Resolved, bool]], distributions: Distributions) -> Requirements:
    """The distributions behind imports; each use is a resolved module and whether the import is sure to happen.

    Of a package only a file tells whose it is (several distributions share a namespace), so namespace packages alone bring nothing.
    """
    owners: dict[tuple[str, str], Distribution | None] = {}
    by_info: dict[str, tuple[Distribution, _Use]] = {}
    unowned: dict[str, str] = {}
    for resolved, sure in uses:
        if resolved.path is None:
            continue
        top = resolved.name.partition(".")[0]
        key = (top, resolved.path)
        if key not in owners:
            owners[key] = distributions.owner_of(resolved.path, resolved.name)
        owner = owners[key]
        if owner is None:
            unowned.setdefault(resolved.name, resolved.path)
            continue
        _, use = by_info.setdefault(owner.info, (owner, _Use()))
        use.modules.add(top)
        use.optional = use.optional and not sure
    found = [_requirement(owner, use, distributions) for owner, use in by_info.values()]
    return Requirements(tuple(sorted(found, key=lambda item: canonical_name(item.name))), tuple(sorted(unowned.items())))


def _requirement(owner: Distribution, use: _Use, distributions: Distributions) -> Requirement:
    source, url = owner.origin
    return Requirement(
        name=owner.name,
        version=owner.version,
        modules=tuple(sorted(use.modules)),
        extras=fulfilled_extras(owner, distributions),
        optional=use.optional,
        source=source,
        url="" if url.startswith("file:") else url,
    )


def fulfilled_extras(distribution: Distribution, distributions: Distributions) -> tuple[str, ...]:
    """Extras whose every requirement is installed, at least one of which the distribution does not need anyway.

    A requirement that another marker guards (a platform, a version) need not be there. An extra that names the distribution
    itself (``all = ["x[a,b]"]``) adds nothing of its own.
    """
    base = {name for name, extra, _ in distribution.requirements if extra is None}
    own = canonical_name(distribution.name)
    by_extra: dict[str, list[tuple[str, bool]]] = {}
    for name, extra, guarded in distribution.requirements:
        if extra is not None and name != own:
            by_extra.setdefault(extra, []).append((name, guarded))
    fulfilled = []
    for extra, needs in by_extra.items():
        if canonical_name(extra) in NOT_FOR_RUNNING or all(name in base for name, _ in needs):
            continue
        present = [name in distributions.by_name for name, _ in needs]
        if any(present) and all(there or guarded for there, (_, guarded) in zip(present, needs, strict=True)):
            fulfilled.append(extra)
    return tuple(sorted(fulfilled))
