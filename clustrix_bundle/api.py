"""The library's front: `bundle` and what it gives."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from clustrix_bundle.build import BuildOptions, analyze_function, analyze_target, pack_graph
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.graph import DependencyGraph
    from clustrix_bundle.bundler.manifest import Manifest, Member

    _Analyze = Callable[[tuple[Any, ...] | None, Mapping[str, Any] | None], DependencyGraph]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was built.

    Attributes:
        id: SHA-256 of its manifest.
        path: The file, an absolute path.
        size: Length of the file in bytes.
        manifest: What running it needs.
        warnings: What was noticed while it was built, with file and line.
    """

    id: str
    path: str
    size: int
    manifest: Manifest = field(repr=False)
    warnings: tuple[str, ...] = field(default=(), repr=False)
    _analyze: _Analyze | None = field(default=None, repr=False, compare=False)
    _python: str | None = field(default=None, repr=False, compare=False)
    _named: bool = field(default=False, repr=False, compare=False)
    _captured: Mapping[tuple[str, int], Any] | None = field(default=None, repr=False, compare=False)

    @property
    def files(self) -> tuple[Member, ...]:
        """Everything in it: path, kind, size and digest."""
        return self.manifest.members

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Run it in a clean local process, in the current folder; the result, as it is.

        Arguments given here go before those that were given to `bundle`. They travel as values do, so they may be anything that
        a value can be. A live function is packed anew with them, a named one is not.

        Raises:
            Exception: What the function raised: the same type, arguments, attributes, causes and notes. The end of its chain of
                causes is a `RemoteTraceback`: where it was raised, in your own files and lines.
            RemoteError: What it raised cannot be raised here, its process died, or its result cannot be passed on.
        """
        from clustrix_bundle.local_run import run_locally  # noqa: PLC0415 - only where a bundle is run

        if not args and not kwargs:
            return run_locally(self.path, self._python, captured=self._captured)
        if self._named:
            return run_locally(self.path, self._python, render_live_arguments(args, kwargs))
        assert self._analyze is not None, "made by bundle()"
        with tempfile.TemporaryDirectory(prefix="clustrix-run-") as folder:
            graph = self._analyze(args, kwargs)
            return run_locally(pack_graph(graph, folder + os.sep).package_path, self._python, captured=graph.captured)


def bundle(
    func_or_target: Callable[..., Any] | str,
    args: Iterable[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    output: str | os.PathLike[str] | None = None,
    *,
    root: str | os.PathLike[str] | None = None,
    python: str | os.PathLike[str] | None = None,
    include: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
) -> Bundle:
    """Bundle a function with everything it needs.

    Args:
        func_or_target: A live callable, or a name such as ``"pkg.mod:func"`` or ``"path/script.py:func"``.
        args: Positional arguments that travel in the bundle, if it is to run without being given any.
        kwargs: Keyword arguments, likewise.
        output: A file name ending in ``.zst``, or a folder; by default the user's cache (`default_output`).
        root: Project root, if it is not the one found.
        python: Executable or environment whose packages count.
        include: Globs relative to the project root that ship too; one, or several.
        exclude: Globs relative to the project root that never ship, likewise.

    Raises:
        TargetError, SourceError, AnalysisError: The function cannot be found or shipped; file, line, cause and remedy are in the message.
        PackagingError: The bundle cannot be written.
        CaptureError: A value that the live function or its arguments lean on cannot travel.
        SettingsError: A setting is unknown or impossible.
    """
    options = BuildOptions(
        root=os.fspath(root) if root is not None else None,
        python=os.fspath(python) if python is not None else None,
        include=_globs(include),
        exclude=_globs(exclude),
    )
    if not isinstance(func_or_target, str) and not callable(func_or_target):
        raise TypeError(f"bundle() takes a function or its name, not {type(func_or_target).__name__}")
    if isinstance(args, str | bytes) or not (args is None or isinstance(args, Iterable)):
        raise TypeError(f"args holds all positional arguments, as in args=(3, 'x'); it is {args!r}")

    def analyze(args: tuple[Any, ...] | None, kwargs: Mapping[str, Any] | None) -> DependencyGraph:
        if not isinstance(func_or_target, str):
            return analyze_function(func_or_target, options, args, kwargs)
        graph = analyze_target(func_or_target, options)
        if args is not None or kwargs is not None:
            _add_arguments(graph, tuple(args or ()), dict(kwargs or {}))
        return graph

    graph = analyze(None if args is None else tuple(args), kwargs)
    info = pack_graph(graph, output if output is not None else default_output())
    return Bundle(
        info.package_id,
        info.package_path,
        info.size_bytes,
        info.manifest,
        tuple(map(str, graph.warnings)),
        analyze,
        options.python,
        isinstance(func_or_target, str),
        graph.captured,
    )


def _globs(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def default_output() -> str:
    """Where `bundle` puts bundles: ``$XDG_CACHE_HOME/clustrix-bundle/bundles``, ``~/.cache`` without that; a folder of one's own in
    the temporary folder if that cannot be written. A bundle is named by its id, so the same one is there once; any may be deleted.
    """
    from clustrix_bundle.user_cache import cache_folder  # noqa: PLC0415 - where no output was named

    folder = cache_folder("bundles")
    if folder is not None:
        return folder + os.sep
    return tempfile.mkdtemp(prefix="clustrix-bundle-") + os.sep


def _dump_arguments(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[bytes, tuple[str, ...]]:
    """A values stream of ``(args, kwargs)``, and the distributions that reading it needs."""
    from clustrix_bundle.bundler.capture.diagnosis import dump_or_explain  # noqa: PLC0415 - only where arguments are given
    from clustrix_bundle.bundler.capture.errors import CaptureError  # noqa: PLC0415
    from clustrix_bundle.bundler.capture.needs import Needs  # noqa: PLC0415

    needs = Needs()
    stream = dump_or_explain((args, dict(kwargs)), needs, "the arguments")
    own = sorted(needs.main_names | {definition.path[-1][0] for home, definition in needs.definitions if home == "__main__"})
    if own:
        raise CaptureError(
            f"the arguments need {', '.join(own)} of __main__, which the bundle of a function that was named does not hold; "
            "pass the function itself, as in bundle(func)",
            "the arguments",
        )
    return stream, _pins(needs.modules)


def render_live_arguments(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bytes:
    """What the runtime takes by ``--arguments``."""
    stream, requirements = _dump_arguments(args, kwargs)
    needs = {"python": sys.version_info[:2], "requirements": requirements}
    return json.dumps(needs).encode() + b"\n" + stream


def _add_arguments(graph: DependencyGraph, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    from clustrix_bundle.bundler.graph import CapturedValue, Node  # noqa: PLC0415
    from clustrix_bundle.bundler.package import ARGUMENTS_MEMBER  # noqa: PLC0415

    content, requirements = _dump_arguments(args, kwargs)
    graph.nodes[ARGUMENTS_MEMBER] = Node(ARGUMENTS_MEMBER, "value", content=content)
    graph.values.append(CapturedValue("arguments", ARGUMENTS_MEMBER, "tuple", len(content), "argument", requirements))


def _pins(modules: Iterable[str]) -> tuple[str, ...]:
    """The installed distributions, here, that modules belong to: it is their classes that were pickled."""
    tops = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {"__main__", "clustrix_bundle"}
    if not tops:
        return ()
    from importlib import metadata  # noqa: PLC0415 - only where arguments are of classes that were installed

    owners = metadata.packages_distributions()
    names = {name for top in tops for name in owners.get(top, ())}
    return tuple(sorted(f"{name}=={metadata.version(name)}" for name in names))
