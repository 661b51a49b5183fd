"""``--observe``: the function itself runs once, here, and what it opens and imports of the project is noted."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.analysis.observed import Observed
from clustrix_bundle.errors import RemoteError
from clustrix_bundle.watching import Trial, watch

if TYPE_CHECKING:
    from clustrix_bundle.bundler.graph import DependencyGraph
    from clustrix_bundle.bundler.interpreter import Interpreter


def observe(
    graph: DependencyGraph,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    interpreter: Interpreter,
    cwd: Path,
    *,
    only: bool = False,
) -> Observed:
    """Every existing file and folder outside the interpreter that the function read, imported or listed; absolute, as it named it, sorted.

    ``graph`` is what the analysis found: of a script only its slice runs, so that nothing is submitted. With ``only``, the functions
    that were called are told as well.

    Raises:
        RemoteError: the function failed; what it would have opened then is unknown.
        SettingsError: the interpreter cannot be watched.
    """
    node = graph.nodes[graph.entry.member]
    folders = [folder for member in graph.sys_path if (folder := folder_on_disk(graph, member))]
    for root in (str(cwd), str(graph.root)):
        folders += [root, os.path.join(root, "src")]
    trial = Trial(
        entry=graph.entry,
        file=str(node.path),
        source=node.content or b"",
        sys_path=list(dict.fromkeys(filter(os.path.isdir, folders))),
        cwd=str(cwd),
        call=(args, kwargs),
        functions=only,
    )
    seen = watch(trial, interpreter)
    if seen.failure is not None:
        raise RemoteError(seen.failure.type, f"{seen.failure.message} (while the function was observed)", seen.failure.traceback)
    theirs = [folder.rstrip(os.sep) + os.sep for folder in (*interpreter.site_folders, *interpreter.stdlib_folders)]
    touched = {path for path in (*seen.reads, *seen.listed) if os.path.lexists(path) and not any(map(path.startswith, theirs))}
    return Observed(tuple(sorted(touched)), only, seen.called)


def folder_on_disk(graph: DependencyGraph, member: str) -> str | None:
    """The folder that a member folder was taken from; None where nothing of it ships."""
    if member == "project":
        return str(graph.root)
    if member.startswith("project/"):
        return str(graph.root / member.removeprefix("project/"))
    for name, node in graph.nodes.items():
        if name == member and node.path is not None:
            return str(node.path)
        if name.startswith(f"{member}/") and node.path is not None:
            parts = name[len(member) + 1 :].count("/") + 1
            return str(node.path.parents[parts - 1])
    return None
