"""The assembly: from files, edges and uses found on disk to the members of a `DependencyGraph`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import AnalysisError
from clustrix_bundle.bundler.graph import DependencyGraph, Edge, EntryPoint, Excluded, Node, Note, StoredNode
from clustrix_bundle.bundler.layout import Base, Layout, Link, Links, follow_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clustrix_bundle.bundler.analysis.found import Found, FoundFile


class Assembly:
    """Gives every found file its member, links on the way included."""

    def __init__(self, layout: Layout, found: Found) -> None:
        self.layout = layout
        self.found = found
        self.nodes: dict[str, Node] = {}
        self._places: dict[str, tuple[Base, str, list[Link]]] = {}
        self._members: dict[str, str] = {}
        links = Links()
        for path in found.files:
            base = layout.base_of(path)
            if base is None:
                raise AnalysisError("lies outside the project root and the source roots, so it has no place in a bundle", path)
            self._places[path] = (base, *links.follow(path, base))
        layout.settle(real for _, real, _ in self._places.values())

    def build_nodes(self, entry_path: str) -> None:
        """Makes the nodes; the file at ``entry_path`` becomes the one of kind ``entry``."""
        for path in sorted(self.found.files):
            file = self.found.files[path]
            _, real, links = self._places[path]
            self._add_links(links)
            self._add_file(file, real, entry=path == entry_path)
        holders = {parent for member in self.nodes for parent in _parents(member)}
        self.nodes = {member: node for member, node in sorted(self.nodes.items()) if node.kind != "dir" or member not in holders}

    def _add_links(self, links: Iterable[Link]) -> None:
        for link in links:
            member = self.layout.member(link.path)
            target = os.path.relpath(link.target, os.path.dirname(link.path)).replace(os.sep, "/")
            self.nodes[member] = Node(member, "link", Path(link.path), link_target=target)

    def _add_file(self, file: FoundFile, real: str, *, entry: bool) -> None:
        member = self.layout.member(real)
        kind = "entry" if entry else file.kind
        known = self.nodes.get(member)
        if known is not None and (known.kind in {"entry", "module", "link"} or kind == "dir"):
            if kind == "entry":
                self.nodes[member] = _node(member, "entry", real, file)
            return
        if kind == "dir":
            self.nodes[member] = Node(member, "dir", Path(real))
            return
        self.nodes[member] = _node(member, kind, real, file)

    def member_of(self, path: str) -> str:
        """The member that a found file became."""
        known = self._members.get(path)
        if known is None:
            known = self._members[path] = self.layout.member(self._places[path][1])
        return known

    def edges(self) -> list[Edge]:
        """The edges between members, sorted; edges to files that did not ship are left out."""
        importers = {"": "", **{path: self.member_of(path) for path in self._places}}
        targets = {path: member for path, member in importers.items() if member in self.nodes}
        links = {path: links for path, (_, _, links) in self._places.items() if links}
        rows: dict[str, dict[tuple[int, str, str], str]] = {}
        on_the_way: dict[tuple[str, str, str], None] = {}
        for source, target, line, evidence, detail, _ in self.found.edges:
            importer, imported = importers.get(source), targets.get(target)
            if importer is None or imported is None or imported == importer:
                continue
            rows.setdefault(importer, {}).setdefault(
                (line, imported, evidence), detail
            )  # one line may name several things of a module
            if target in links:
                on_the_way.update(dict.fromkeys((imported, self.layout.member(link.path), evidence) for link in links[target]))
        for importer, imported, evidence in on_the_way:
            rows.setdefault(importer, {}).setdefault((0, imported, evidence), "link on the way to it")
        return [
            Edge(importer, imported, line, evidence, detail)
            for importer, told in sorted(rows.items())
            for (line, imported, evidence), detail in sorted(told.items())
        ]

    def sys_path(self, folders: Iterable[str], order: Sequence[str]) -> tuple[str, ...]:
        """Member folders of ``folders``, in the order of the source roots (others last)."""
        ranks = {folder: rank for rank, folder in enumerate(order)}
        chosen: dict[str, None] = {}
        for folder in sorted(folders, key=lambda folder: (ranks.get(folder, len(ranks)), folder)):
            base = self.layout.base_of(folder)
            if base is not None and self.layout.is_used(base):
                chosen[self.layout.member(follow_links(folder, base)[0])] = None
        chosen.update(dict.fromkeys(self.layout.mapped_roots()))
        return tuple(chosen) or ("project",)

    def cwd(self, cwd: str) -> str:
        """The member folder that stands for the current folder."""
        base = self.layout.base_of(cwd)
        if base is None or not self.layout.is_used(base):
            return "project"
        member = self.layout.member(follow_links(cwd, base)[0])
        if member != "project" and not any(name == member or name.startswith(f"{member}/") for name in self.nodes):
            self.nodes[member] = Node(member, "dir", Path(cwd))
            self.nodes = dict(sorted(self.nodes.items()))
        return member

    def relative(self, path: str) -> str:
        """A path for messages: below the project root where it is."""
        root = str(self.layout.root.folder)
        return path[len(root) + 1 :].replace(os.sep, "/") if path.startswith(root + os.sep) else path

    def notes(self, notes: Iterable[Note]) -> list[Note]:
        """Notes with their paths made relative, sorted."""
        placed = {Note(note.message, self.relative(note.path) if note.path else "", note.line) for note in notes}
        return sorted(placed, key=lambda note: (note.path, note.line, note.message))

    def excluded(self) -> list[Excluded]:
        """What stayed behind, sorted; what ships after all (a literal names it) is left out."""
        return [
            Excluded(self.relative(path), reason)
            for path, reason in sorted(self.found.excluded.items())
            if path not in self._places
        ]

    def graph(self, entry: EntryPoint, root: Path, entry_path: str) -> DependencyGraph:
        """The graph without requirements, Python range and filesystem calls."""
        self.build_nodes(entry_path)
        return DependencyGraph(
            entry=entry,
            root=root,
            nodes=self.nodes,
            edges=self.edges(),
            warnings=self.notes(self.found.warnings),
            unresolved=self.notes(self.found.unresolved),
            excluded=self.excluded(),
        )


def _node(member: str, kind: str, real: str, file: FoundFile) -> Node:
    if file.source is not None:
        return StoredNode.of(member, kind, Path(real), file.source, module=file.module, executable=_executable(real))
    content = file.content if file.kind == "module" else None
    return Node(member, kind, Path(real), content, None, file.module, _executable(real))


def _parents(member: str) -> Iterable[str]:
    parts = member.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


def _executable(path: str) -> bool:
    try:
        return bool(os.stat(path).st_mode & 0o100)
    except OSError:
        return False
