"""`Evidence`: all rules over one program, asked by the walk until nothing new comes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.world import FileFinding, Finding, LoadedModule, ModuleFinding, OpenEnd, RootFinding
from clustrix_bundle.bundler.evidence.cluster_folders import find_cluster_folders
from clustrix_bundle.bundler.evidence.code_of_tests import is_test_code
from clustrix_bundle.bundler.evidence.data_files import find_data_files
from clustrix_bundle.bundler.evidence.data_names_data import find_in_data
from clustrix_bundle.bundler.evidence.disk import is_below
from clustrix_bundle.bundler.evidence.dynamic_imports import find_dynamic_imports
from clustrix_bundle.bundler.evidence.frameworks import imports_strings
from clustrix_bundle.bundler.evidence.literal_names import files_in_strings
from clustrix_bundle.bundler.evidence.metadata import find_entry_points, find_metadata
from clustrix_bundle.bundler.evidence.programs import find_programs
from clustrix_bundle.bundler.evidence.reading import Reading
from clustrix_bundle.bundler.evidence.uncalled import may_run
from clustrix_bundle.bundler.evidence.work_folders import find_work_folders
from clustrix_bundle.bundler.facts.model import ModuleFacts
from clustrix_bundle.bundler.folding.fold import Folder
from clustrix_bundle.bundler.lazy_dataclass import replace

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import World

_NO_FACTS = ModuleFacts((), (), (), (), (), (), (), ())


class Evidence:
    """The rules over one program; implements `clustrix_bundle.bundler.analysis.world.Rules`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.reading = Reading(world, Folder(world))
        self._told: set[tuple[str, Finding]] = set()
        self._imports: dict[str, list[ModuleFinding | FileFinding | OpenEnd]] = {}
        self._volatile: set[str] = set()
        self._searched: set[str] = set()
        self._data_searched: set[str] = set()
        self._texts_done: set[str] = set()
        self._opening: set[str] = set()
        self._opened_by: tuple[int, list[str]] | None = None
        self._written: set[Path] = set()
        self._ends: list[tuple[LoadedModule, OpenEnd]] = []
        self._open = False
        self._by_strings = False
        self._sure: set[tuple[str, int]] = set()

    def roots(self, module: LoadedModule) -> list[RootFinding]:
        """As `Rules.roots`."""
        from clustrix_bundle.bundler.evidence.search_path import find_roots  # noqa: PLC0415 - few modules put folders on sys.path

        self.reading.folder.renew()
        return list(dict.fromkeys(find_roots(self.reading, module)))

    def settle(self) -> list[tuple[LoadedModule, Finding]]:
        """As `Rules.settle`: modules first, as long as there are any, then data; what the modules open that were asked before comes last.

        With more modules they may open more, and to ask them all is what costs most.
        """
        grown = self.reading.folder.renew()
        modules = list(self.world.reached())
        found = self._new(self._imported(modules, grown=grown))
        if not found:
            found = self._new(self._opened(modules, [one for one in modules if one.name not in self._opening]))
        if not found:
            found = self._new(self._named_by_data())
        if not found:
            found = self._new(self._opened(modules, modules))
        if not found:
            found = self._new(self._widened())
        return found

    def _new(self, findings: Iterable[tuple[LoadedModule, Finding]]) -> list[tuple[LoadedModule, Finding]]:
        fresh: list[tuple[LoadedModule, Finding]] = []
        for module, finding in findings:
            key = (str(module.path), finding)
            if key not in self._told:
                self._told.add(key)
                self._by_strings = self._by_strings or (
                    isinstance(finding, ModuleFinding) and finding.evidence in ("literal", "sibling")
                )
                fresh.append((module, finding))
        return fresh

    # -- modules

    def _imported(self, modules: list[LoadedModule], *, grown: bool) -> Iterable[tuple[LoadedModule, Finding]]:
        folder = self.reading.folder
        for module in modules:
            if module.name in self._imports and not (grown and module.name in self._volatile):
                continue
            asked = folder.asked
            rows = [*find_dynamic_imports(self.reading, module), *find_programs(self.reading, module)]
            self._imports[module.name] = rows
            if folder.asked != asked:
                self._volatile.add(module.name)
        ends = [(module, row) for module in modules for row in self._imports[module.name] if isinstance(row, OpenEnd)]
        self._ends = [
            (module, end)
            for module, end in ends
            if not any(one.verb == "include" and one.line == end.line for one in module.facts.directives)
            and not is_test_code(self.reading, module)
            and may_run(self.reading, module, end.scope)
        ]
        for module in modules:
            for row in self._imports[module.name]:
                if not isinstance(row, (OpenEnd, FileFinding)):
                    yield module, row
        self._open = (
            self._open
            or bool(self._ends)
            or any(imports_strings(self.reading, module) for module in modules if module.name not in self._searched)
        )
        self._searched.update(module.name for module in modules)
        if self._open:
            yield from self._from_strings(modules)

    def _from_strings(self, modules: list[LoadedModule]) -> Iterable[tuple[LoadedModule, Finding]]:
        """Rules (b) and (d); the open ends themselves, for notes."""
        from clustrix_bundle.bundler.evidence.open_imports import (  # noqa: PLC0415 - where an import is open
            modules_in_strings,
            siblings_in_strings,
        )

        for module in modules:
            if module.name not in self._texts_done:
                self._texts_done.add(module.name)
                rows = self._imports[module.name]
                folded = {row.name for row in rows if isinstance(row, ModuleFinding) and row.evidence == "folded"}
                yield from ((module, row) for row in modules_in_strings(self.reading, module, folded))
        for module, end in self._ends:
            yield module, end
            yield from ((module, row) for row in siblings_in_strings(self.reading, module))

    def _widened(self) -> Iterable[tuple[LoadedModule, Finding]]:
        """Rule (e), when all else has been said: for what comes from outside, and where no string named a module."""
        if self.world.settings.dynamic != "widen" or not self._ends:
            return
        from clustrix_bundle.bundler.evidence.open_imports import widened  # noqa: PLC0415 - where an import is open

        for module, end in self._ends:
            if end.outside or not self._by_strings:
                yield from ((module, row) for row in widened(self.reading, module, end))

    # -- data

    def _opened(self, modules: list[LoadedModule], asked: list[LoadedModule]) -> Iterable[tuple[LoadedModule, Finding]]:
        """What some of the reached modules open, where that may have changed."""
        if not asked:
            return
        self.reading.work_folders = find_work_folders(self.reading, modules)
        known = (len(modules), self.reading.work_folders)
        if self._opened_by == known:  # nothing else changes what the same modules open: all of it has been said
            return
        if len(asked) == len(modules):
            self._opened_by = known
        self._opening.update(one.name for one in asked)
        yield from self._openings(modules, asked)

    def _openings(self, modules: list[LoadedModule], asked: list[LoadedModule]) -> Iterable[tuple[LoadedModule, FileFinding]]:
        cluster = find_cluster_folders(self.reading, modules)
        sure = self._sure = self.reading.sure_scopes()
        self.reading.held.renew(self.reading)
        rows: list[tuple[LoadedModule, FileFinding]] = []
        for module in asked:
            rows += [(module, row) for row in self._imports[module.name] if isinstance(row, FileFinding)]
            rows += [(module, row) for row in find_data_files(self.reading, module, sure)]
            rows += [(module, row) for row in find_metadata(self.reading, module)]
        self._written.update(row.path for _, row in rows if row.written)
        for module in asked:
            rows += [(module, row) for row in files_in_strings(self.reading, module) if row.path not in self._written]
        missing = {row.path for _, row in rows if row.required and not self.reading.disk.exists(str(row.path))}
        if missing:
            from clustrix_bundle.bundler.evidence.written_paths import written_paths  # noqa: PLC0415 - where a file is missing

            missing.difference_update(path for module in modules for path in written_paths(self.reading, module))
        for module, row in rows:
            if not cluster.own(row):
                made = row.required and row.path not in missing and not self.reading.disk.exists(str(row.path))
                yield module, replace(row, required=False) if made else row

    def surely_called(self) -> set[tuple[str, int]]:
        """As `Rules.surely_called`."""
        return self._sure

    def is_the_clusters(self, path: Path) -> bool:
        """Whether a data file that a run touched lies in a folder that a cluster_* call of a reached module names."""
        cluster = find_cluster_folders(self.reading, list(self.world.reached()))
        return is_below(str(path), str(self.world.cwd)) and cluster.own(FileFinding(path, 0, "", exact=False))

    def _named_by_data(self) -> Iterable[tuple[LoadedModule, Finding]]:
        for path in self.world.shipped_files():
            if str(path) in self._data_searched:
                continue
            self._data_searched.add(str(path))
            if _is_about_a_distribution(path):
                continue
            source = LoadedModule("", path, "", is_package=False, source=b"", facts=_NO_FACTS)
            if path.name == "entry_points.txt":
                yield from ((source, row) for row in find_entry_points(self.reading, path))
                continue
            for row in find_in_data(self.reading, path):
                yield source, row
            if self._open:
                from clustrix_bundle.bundler.evidence.open_imports import modules_in_data  # noqa: PLC0415

                yield from ((source, row) for row in modules_in_data(self.reading, path))


def _is_about_a_distribution(path: Path) -> bool:
    """Whether a file of a distribution's metadata only tells of it: of these `entry_points.txt` alone names what is loaded."""
    return path.parent.suffix in (".dist-info", ".egg-info") and path.name != "entry_points.txt"
