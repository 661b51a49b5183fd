"""One view of what depends on what, from a fresh analysis or from a bundle: what `why`, `graph` and `inspect` show."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle.build import BuildOptions, analyze_target
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.why import Reasons, find_reasons
from clustrix_bundle.cli.opened import open_bundle
from clustrix_bundle.cli.options import build_options, is_bundle, refuse_bounds
from clustrix_bundle.cli.output import progress

if TYPE_CHECKING:
    from clustrix_bundle.bundler.graph import DependencyGraph, Edge, Excluded, Note


@dataclass(frozen=True, slots=True)
class View:
    """Members with their kinds, and edges.

    Attributes:
        subject: What was asked about: a target or a bundle file.
        entry: Label of the entry point, ``module:qualname``.
        entry_member: The member that holds it; empty for a value that needs none.
        kinds: Member to kind, in the order of the manifest.
        graph: The analysis, if there was one; None for a bundle.
    """

    subject: str
    entry: str
    entry_member: str
    kinds: dict[str, str]
    edges: tuple[Edge, ...]
    excluded: tuple[Excluded, ...]
    warnings: tuple[Note, ...]
    unresolved: tuple[Note, ...]
    graph: DependencyGraph | None

    def reasons(self) -> Reasons:
        """The chain behind each member."""
        return find_reasons(self.edges, self.entry_member)

    def member_of(self, file: str) -> str:
        """The member that a user means by ``file``: a path here, a path below the project root, or a member's own name.

        What is in no bundle is named as it would be.
        """
        if self.graph is not None:
            return _member_on_disk(self.graph, file)
        plain = os.path.normpath(file)
        candidates = [plain, f"project/{plain}"]
        candidates += [member for member in self.kinds if member.endswith(f"/{plain}")]
        return next((member for member in candidates if member in self.kinds), f"project/{plain}")


def load_view(subject: str, project: Mapping[str, Any]) -> View:
    """The view of a target or a bundle; ``project`` holds the options of `project_options`.

    Raises:
        click.UsageError: Options of an analysis were given for a bundle.
    """
    if is_bundle(subject):
        refuse_bounds(subject, project)
        return view_of_bundle(subject)
    return view_of_target(subject, build_options(**project))


def view_of_target(target: str, options: BuildOptions) -> View:
    """Analyse the target."""
    from clustrix_bundle.bundler.package import packing_order  # noqa: PLC0415 - only for targets
    from clustrix_bundle.bundler.report import BuiltWith, report_of  # noqa: PLC0415

    with progress(f"analysing {target}"):
        graph = analyze_target(target, options)
    report = report_of(graph, BuiltWith())
    return View(
        subject=target,
        entry=f"{graph.entry.module}:{graph.entry.qualname}".lstrip(":"),
        entry_member=graph.entry.member,
        kinds={node.member: node.kind for node in packing_order(graph)},
        edges=report.edges,
        excluded=report.excluded,
        warnings=report.warnings,
        unresolved=report.unresolved,
        graph=graph,
    )


def view_of_bundle(path: str) -> View:
    """Read manifest and report of a bundle."""
    with open_bundle(path) as reader:
        manifest, report = reader.manifest, reader.report
    return View(
        subject=path,
        entry=f"{manifest.entry.module}:{manifest.entry.qualname}".lstrip(":"),
        entry_member=manifest.entry.member,
        kinds={member.path: member.kind for member in manifest.members},
        edges=report.edges,
        excluded=report.excluded,
        warnings=report.warnings,
        unresolved=report.unresolved,
        graph=None,
    )


def edge_json(edge: Edge) -> dict[str, Any]:
    """An edge as plain values."""
    return {
        "importer": edge.importer,
        "imported": edge.imported,
        "line": edge.line,
        "evidence": edge.evidence,
        "detail": edge.detail,
    }


def render_edge(edge: Edge) -> str:
    """Where and by what an edge comes: ``pkg/mod.py:3  import  import pkg.other``."""
    if not edge.importer:
        return f"{edge.evidence}  {edge.detail}".rstrip()
    place = f"{shown(edge.importer)}:{edge.line}" if edge.line else shown(edge.importer)
    return f"{place}  {edge.evidence}  {edge.detail}".rstrip()


def shown(member: str) -> str:
    """A member's name as its user knows it: project files without the leading folder."""
    return member.removeprefix("project/")


def _member_on_disk(graph: DependencyGraph, file: str) -> str:
    if not file:
        raise click.UsageError("which file? its name is empty")
    if file in graph.nodes:
        return file
    for path in (os.path.abspath(file), os.path.join(graph.root, file)):
        real = os.path.realpath(path)
        for node in graph.nodes.values():
            if node.path is not None and (os.fspath(node.path) == path or os.path.realpath(node.path) == real):
                return node.member
    for path in (os.path.abspath(file), os.path.join(graph.root, file)):
        below = os.path.relpath(os.path.realpath(path), os.path.realpath(graph.root))
        if os.path.lexists(path) and not below.startswith(".."):
            return f"project/{below}"
    named = next((member for member in graph.nodes if member.endswith(f"/{os.path.normpath(file)}")), None)
    if named is not None:
        return named
    raise click.UsageError(f"there is no file {file}, neither here nor below {graph.root}")
