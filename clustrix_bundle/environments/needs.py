"""What a job needs of the Python that runs it: versions of Python, distributions and room; told by its bundle and its arguments."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.distributions import canonical_name
from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.manifest import Manifest
    from clustrix_bundle.order import Order

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Need:
    """One distribution.

    Attributes:
        name: As its metadata has it.
        version: Exact version here.
        modules: Top-level modules that are imported of it; empty where only values are of it.
        extras: Of it.
        optional: Whether the code can do without.
        for_values: Whether values that travel are of it: then the major version must agree.
        source: Empty for an index; else ``editable``, ``vcs``, ``wheel`` or ``local``.
        url: Where a VCS or local install came from.
    """

    name: str
    version: str
    modules: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    optional: bool = False
    for_values: bool = False
    source: str = ""
    url: str = ""

    @property
    def pin(self) -> str:
        """Name and version as pip's requirements files have them."""
        return f"{self._name}=={self.version}"

    @property
    def line(self) -> str:
        """As pip's requirements files have it: the pin, or where it came from."""
        return f"{self._name} @ {self.url}" if self.url and self.source in ("vcs", "wheel") else self.pin

    @property
    def _name(self) -> str:
        return f"{self.name}[{','.join(self.extras)}]" if self.extras else self.name

    @property
    def only_here(self) -> bool:
        """Whether no index and no URL has it, so that a wheel of it has to come from here."""
        return self.source in ("editable", "local") or (self.source == "wheel" and not self.url)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a job needs.

    Attributes:
        python: Lowest version, and the first one that is too high (None: there is none).
        distributions: One a name, sorted by it.
        values_python: The Python whose values travel; None where none do.
        size: Bytes that the bundle and its data have, unpacked.
    """

    python: tuple[Version, Version | None] = ((3, 6), None)
    distributions: tuple[Need, ...] = ()
    values_python: Version | None = None
    size: int = 0

    @property
    def modules(self) -> tuple[str, ...]:
        """Top-level modules of its distributions."""
        return tuple(sorted({module for need in self.distributions for module in need.modules}))


def needs_of_manifest(manifest: Manifest, more: Iterable[str] = (), values_python: Version | None = None) -> Needs:
    """What a bundle needs.

    Args:
        manifest: Its manifest.
        more: ``name==version`` of what values beside the bundle need.
        values_python: The Python that pickled these.
    """
    found = {
        canonical_name(one.name): Need(
            one.name, one.version, one.modules, one.extras, optional=one.optional, source=one.source, url=one.url
        )
        for one in manifest.requirements
    }
    for text in sorted({*more, *(line for value in manifest.values for line in value.requirements)}):
        name, _, version = text.partition("==")
        known = found.get(canonical_name(name))
        found[canonical_name(name)] = replace(known or Need(name, version), optional=False, for_values=True)
    return Needs(
        manifest.python,
        tuple(found[name] for name in sorted(found)),
        values_python or manifest.values_python,
        sum(member.size for member in manifest.members),
    )


def needs_of_order(order: Order) -> Needs:
    """What a bundle with its arguments needs."""
    more: set[str] = set()
    python: Version | None = None
    for content in order.arguments:
        first = json.loads(content[: content.index(b"\n")])
        more.update(first["requirements"])
        python = (first["python"][0], first["python"][1])
    needs = needs_of_manifest(order.manifest, more, python)
    return replace(needs, size=needs.size + sum(map(len, order.arguments)))


def needs_of_bundle(path: str | os.PathLike[str]) -> Needs:
    """What a bundle's file needs.

    Raises:
        BundleFormatError: It is no bundle.
        OSError: It cannot be read.
    """
    from clustrix_bundle.bundler.reader import BundleReader  # noqa: PLC0415 - for bundles that are given as files

    with BundleReader(os.fspath(path)) as reader:
        return needs_of_manifest(reader.manifest)
