"""An order: a bundle, and the arguments of the calls that are to be made of it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustrix_bundle.build import BuildOptions, analyze_function, analyze_target, pack_graph
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.errors import JobWarning
from clustrix_bundle.runtime.work_links import names_in
from clustrix_bundle.warn import warn_caller

if TYPE_CHECKING:
    from clustrix_bundle.api import Bundle
    from clustrix_bundle.bundler.manifest import Manifest
    from clustrix_bundle.remote_failure import Captured

Call = tuple[tuple[Any, ...], Mapping[str, Any]]
"""Positional and keyword arguments."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run.

    Attributes:
        name: Of the function, for people.
        path: The bundle's file.
        bundle: Its id.
        manifest: What it says of itself.
        blobs: Folder with its detached members; None if it has none.
        arguments: For each call the content of the runtime's ``--arguments FILE``; empty for one call that is given none.
        warnings: What was noticed while it was built.
        names: First parts of the relative paths that the arguments can be; None for any.
        captured: What comes home as itself (``DependencyGraph.captured``).
        python: The target interpreter as it was asked for.
        root: The project's.
        chunk: How many calls one task makes.
    """

    name: str
    path: str
    bundle: str
    manifest: Manifest = field(repr=False)
    blobs: str | None = None
    arguments: tuple[bytes, ...] = field(default=(), repr=False)
    warnings: tuple[str, ...] = ()
    names: list[str] | None = field(default_factory=list, repr=False)
    captured: Captured = field(default_factory=dict, repr=False)
    python: str | None = None
    root: Path | None = None
    chunk: int = 1

    @property
    def tasks(self) -> int:
        """How many tasks make its calls."""
        return max(1, -(-len(self.arguments) // self.chunk))

    def warn(self) -> None:
        """Tell the caller of this package what was noticed while it was built."""
        for text in self.warnings:
            warn_caller(f"{self.name}: {text}", JobWarning)


@contextlib.contextmanager
def packed_calls(func: Callable[..., Any], calls: Sequence[Call], options: BuildOptions | None = None) -> Iterator[Order]:
    """A live callable, with the arguments of its calls; its files are gone after the context.

    Raises:
        CaptureError, SourceError, AnalysisError: It or an argument cannot travel.
        PackagingError: The bundle cannot be written.
    """
    options = options or BuildOptions()
    graph = analyze_function(func, options, calls=calls)
    arguments = tuple(render_arguments(one.stream, one.requirements) for one in graph.calls)
    with _folder() as folder:
        order = _order(pack_graph(graph, folder + os.sep, os.path.join(folder, "blobs")), arguments, folder, options.python)
        yield replace(order, captured=graph.captured, names=names_in(list(calls)))


@contextlib.contextmanager
def packed_target(target: str, call: Call | None, options: BuildOptions) -> Iterator[Order]:
    """A function given by name, called once."""
    graph = analyze_target(target, options)
    with _folder() as folder:
        info = pack_graph(graph, folder + os.sep, os.path.join(folder, "blobs"))
        order = _order(info, () if call is None else (render_plain_arguments(call),), folder, options.python)
        yield replace(order, names=names_in(call))


def bundle_order(bundle: Bundle | str | os.PathLike[str], call: Call | None, blobs: str | None = None) -> Order:
    """A bundle that is there already, called once.

    Args:
        bundle: What `clustrix_bundle.bundle` gave, or a bundle's file.
        call: Arguments that came as JSON.
        blobs: Folder with its detached members.

    Raises:
        BundleFormatError: It is none, or damaged.
        OSError: It cannot be read.
    """
    from clustrix_bundle.bundler.reader import BundleReader  # noqa: PLC0415 - for bundles that are given as files
    from clustrix_bundle.bundler.verify import check_seal  # noqa: PLC0415

    path = os.path.abspath(bundle if isinstance(bundle, str | os.PathLike) else bundle.path)
    with BundleReader(path) as reader:
        manifest, digest = reader.manifest, reader.id
    check_seal(path)
    arguments = () if call is None else (render_plain_arguments(call),)
    return Order(_name(manifest), path, digest, manifest, blobs, arguments, names=names_in(call))


def render_plain_arguments(call: Call) -> bytes:
    """The content of ``--arguments FILE`` for arguments that came as JSON."""
    from clustrix_bundle.bundler.capture.needs import Needs  # noqa: PLC0415 - where there are arguments
    from clustrix_bundle.bundler.capture.pickling import dump_stream  # noqa: PLC0415

    return render_arguments(dump_stream((tuple(call[0]), dict(call[1])), Needs()), ())


def render_arguments(stream: bytes, requirements: Sequence[str]) -> bytes:
    """The content of ``--arguments FILE`` (``docs/runtime.md``)."""
    needs = {"python": sys.version_info[:2], "requirements": list(requirements)}
    return json.dumps(needs).encode() + b"\n" + stream


def _order(info: Any, arguments: tuple[bytes, ...], folder: str, python: str | None) -> Order:
    return Order(
        _name(info.manifest),
        info.package_path,
        info.package_id,
        info.manifest,
        os.path.join(folder, "blobs"),
        arguments,
        tuple(map(str, info.dependencies.warnings)),
        python=python,
        root=info.dependencies.root,
    )


def _name(manifest: Manifest) -> str:
    return manifest.entry.qualname.replace("<locals>.", "") or "function"


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="clustrix-submit-")
