"""Folders of the cluster: what a cluster_* call names is there already, and does not ship (rule 8)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence.callees import CallRule
from clustrix_bundle.bundler.evidence.disk import is_below, static_folder
from clustrix_bundle.bundler.folding import pattern
from clustrix_bundle.bundler.folding.value import Alternatives, External, Text, Unknown, as_text, literal
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import FileFinding, LoadedModule
    from clustrix_bundle.bundler.evidence.reading import Reading

OPERATIONS: dict[str, tuple[str, ...]] = {
    "ls": ("path",),
    "find": ("pattern", "path"),
    "iter_find": ("pattern", "path"),
    "glob": ("pattern", "path"),
    "stat": ("path",),
    "exists": ("path",),
    "isdir": ("path",),
    "isfile": ("path",),
    "du": ("path",),
    "count_files": ("path", "pattern"),
}
"""Operations of the filesystem helpers and their leading parameters."""

_PACKAGES = ("clustrix", "clustrix_bundle")
LAST_NAMES = frozenset({f"cluster_{name}" for name in OPERATIONS} | set(OPERATIONS))


_OPERATING = CallRule(LAST_NAMES.__contains__)


@dataclass(slots=True)
class ClusterFolders:
    """What belongs to the cluster.

    Attributes:
        owned: Absolute paths that cluster_* calls name, seen from the working directory.
        everything: A call acts on the working directory itself.
    """

    owned: set[str] = field(default_factory=set)
    everything: bool = False

    def own(self, finding: FileFinding) -> bool:
        """Whether what a finding names is the cluster's: seen from the working directory, in such a folder.

        With ``.`` among the folders, what a literal names in full is the user's own all the same.
        """
        if finding.anchored:
            return False
        path = str(finding.path)
        if any(is_below(path, folder) for folder in self.owned):
            return True
        return self.everything and not finding.exact and not finding.written


def find_cluster_folders(reading: Reading, modules: list[LoadedModule]) -> ClusterFolders:
    """What the cluster_* calls of the modules name."""
    found = ClusterFolders()
    for module in modules:
        if not reading.world.may_hold(module, b"luster"):
            continue
        for operation, values in cluster_calls(reading, module):
            for value in values:
                _take(reading, found, operation, value)
    return found


def cluster_calls(reading: Reading, module: LoadedModule) -> Iterator[tuple[str, list[Text]]]:
    """Operations that a module calls, with the folders they act on."""
    for call in reading.calls(module, _OPERATING):
        for callee in reading.folder.callee_of(call, module):
            operation = _operation(callee.name) if isinstance(callee, External) else None
            if operation is None:
                continue
            arguments = reading.folder.arguments_of(call, module)
            names = OPERATIONS[operation]
            path = arguments.get(names.index("path"), "path") or (literal("."),)
            if operation == "glob":
                texts = _joined(path, arguments.get(0, "pattern") or ())
            else:
                texts = [as_text(one) for one in path if not isinstance(one, Unknown)]
            yield operation, texts


def _joined(path: Alternatives, patterns: Alternatives) -> list[Text]:
    folders = [as_text(one) for one in path if not isinstance(one, Unknown)]
    names = [pattern.from_glob(as_text(one)) for one in patterns if not isinstance(one, Unknown)]
    return [pattern.join(folder, name) for folder in folders for name in names] or folders


def _operation(name: str) -> str | None:
    if name.partition(".")[0] not in _PACKAGES:
        return None
    owner, _, last = name.rpartition(".")
    if last.startswith("cluster_") and last.removeprefix("cluster_") in OPERATIONS:
        return last.removeprefix("cluster_")
    return last if owner.endswith("ClusterFilesystem()") and last in OPERATIONS else None


def _take(reading: Reading, found: ClusterFolders, operation: str, value: Text) -> None:
    if value.prefix.startswith("/"):
        return
    constant = static_folder(pattern.normal(value)).constant
    if constant is None:
        return
    cwd = str(reading.world.cwd)
    folder = os.path.normpath(os.path.join(cwd, constant))
    if folder != cwd:
        found.owned.add(folder)
    elif value.constant is not None or operation in ("glob", "find", "iter_find", "count_files", "ls"):
        found.everything = True
