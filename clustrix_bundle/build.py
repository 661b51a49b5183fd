"""Building: settings, interpreter, analysis and packing put together for one function."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustrix_bundle import __version__
from clustrix_bundle.bundler.lazy_dataclass import dataclass, replace
from clustrix_bundle.bundler.pristine import pristine
from clustrix_bundle.bundler.settings import DYNAMIC, Settings, parse_size, read_settings

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.analyzer import DependencyAnalyzer
    from clustrix_bundle.bundler.graph import DependencyGraph
    from clustrix_bundle.bundler.package import PackageInfo
    from clustrix_bundle.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What a user asks for beyond the function; None and empty mean the project's own settings.

    Attributes:
        root: Project root, if it is not the one found.
        python: Executable or environment whose packages count.
        include, exclude: Globs relative to the project root, added to those of the settings.
        dynamic: ``widen``, ``warn`` or ``error``.
        max_file_size: Bytes, or a text such as ``"200 MB"``.
        provided: Environment variables that the job will have.
    """

    root: str | None = None
    python: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    dynamic: str | None = None
    max_file_size: int | str | None = None
    provided: frozenset[str] = frozenset()

    def over(self, settings: Settings) -> Settings:
        """The project's settings with these options over them.

        Raises:
            SettingsError: An impossible value.
        """
        from clustrix_bundle.bundler.errors import SettingsError  # noqa: PLC0415 - where it is raised

        if self.dynamic is not None and self.dynamic not in DYNAMIC:
            raise SettingsError(f"dynamic is {self.dynamic!r}; choose one of {', '.join(DYNAMIC)}")
        return replace(
            settings,
            include=settings.include + self.include,
            exclude=settings.exclude + self.exclude,
            dynamic=self.dynamic or settings.dynamic,
            max_file_size=settings.max_file_size
            if self.max_file_size is None
            else parse_size(self.max_file_size, "max-file-size"),
        )


def analyze_target(target: str, options: BuildOptions, cwd: Path | None = None) -> DependencyGraph:
    """The dependency graph of an entry point given by name; no module of the user's is imported or run.

    Raises:
        TargetError, SourceError, AnalysisError: The function cannot be found or shipped.
        SettingsError: A setting or the interpreter is impossible.
    """
    return _target_analyzer(target, options, cwd).analyze_target(target)


def observe_target(
    target: str,
    options: BuildOptions,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    only: bool = False,
    cwd: Path | None = None,
) -> DependencyGraph:
    """The graph of `analyze_target` after the function ran once, here, with these arguments: what it touched ships too.

    With ``only``, files that possible evidence alone would bring, and that it did not touch, stay.

    Raises:
        TargetError, SourceError, AnalysisError, SettingsError: As for `analyze_target`.
        RemoteError: The function failed.
    """
    from clustrix_bundle.observation import observe  # noqa: PLC0415 - only where a function is observed

    analyzer = _target_analyzer(target, options, cwd)
    context = analyzer.context
    observed = observe(analyzer.analyze_target(target), args, kwargs, context.interpreter, context.cwd, only=only)
    analyzer.context = replace(context, observed=observed)
    return analyzer.analyze_target(target)


def rehearse_bundle(info: PackageInfo, options: BuildOptions, blobs: str | None = None) -> Rehearsal:
    """Import what was packed, from the bundle alone, in the target interpreter; what was missing.

    Raises:
        SettingsError: The interpreter is impossible, or too old to be watched.
    """
    from clustrix_bundle.ask_interpreter import ask_interpreter, find_executable  # noqa: PLC0415 - only where a bundle is rehearsed
    from clustrix_bundle.rehearsal import rehearse  # noqa: PLC0415

    root = info.dependencies.root
    interpreter = ask_interpreter(find_executable(options.python, os.environ, root))
    return rehearse(info.package_path, root, interpreter, blobs=blobs)


def _target_analyzer(target: str, options: BuildOptions, cwd: Path | None) -> DependencyAnalyzer:
    from clustrix_bundle.bundler.target import parse_target  # noqa: PLC0415 - only where something is analysed

    here = (cwd or Path.cwd()).resolve()
    parsed = parse_target(target, here)
    start = parsed.path.parent if parsed.path is not None else _module_folder(parsed.module, here)
    return _analyzer(start, here, options)


def analyze_function(
    func: Callable[..., Any],
    options: BuildOptions,
    args: tuple[Any, ...] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    calls: Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]] = (),
) -> DependencyGraph:
    """The dependency graph of a live callable with its arguments, as `analyze_target` has it for a name.

    ``calls`` are arguments that travel beside the bundle.
    """
    with pristine:
        here = Path.cwd().resolve()
        module = sys.modules.get(getattr(func, "__module__", None) or "")
        file = getattr(module, "__file__", None)
        start = Path(file).resolve().parent if file else here
        path = dict.fromkeys((*_python_path(), *_program_path()))
        return _analyzer(start, here, options, tuple(path)).analyze_function(func, args, kwargs, calls=calls)


def pack_graph(
    graph: DependencyGraph,
    output: str | os.PathLike[str] | None = None,
    blobs: str | os.PathLike[str] | None = None,
) -> PackageInfo:
    """Write the bundle of a graph; see `clustrix_bundle.bundler.package.FilePackager`.

    Raises:
        PackagingError: A file cannot be read, or the bundle cannot be written.
    """
    with pristine:
        from clustrix_bundle.bundler.facts.extract import extractor_name  # noqa: PLC0415 - only where something is packed
        from clustrix_bundle.bundler.package import FilePackager  # noqa: PLC0415
        from clustrix_bundle.bundler.report import BuiltWith  # noqa: PLC0415

        context = BuiltWith(__version__, ".".join(map(str, sys.version_info[:3])), extractor_name())
        return FilePackager(output, blobs).package_dependencies(graph, context)


def _analyzer(start: Path, cwd: Path, options: BuildOptions, python_path: tuple[str, ...] | None = None) -> DependencyAnalyzer:
    from clustrix_bundle.ask_interpreter import ask_interpreter, find_executable  # noqa: PLC0415 - only where something is analysed
    from clustrix_bundle.bundler.analysis.analyzer import DependencyAnalyzer  # noqa: PLC0415
    from clustrix_bundle.bundler.analysis.context import AnalysisContext  # noqa: PLC0415
    from clustrix_bundle.bundler.roots import find_project_root  # noqa: PLC0415

    home = Path(os.path.expanduser("~")).resolve()  # `Path.home` raises for a user that the machine does not know
    chosen = Path(options.root).resolve() if options.root is not None else None
    project = chosen or find_project_root(start, home)
    settings = options.over(read_settings(project) if project is not None else Settings())
    context = AnalysisContext(
        cwd=cwd,
        interpreter=ask_interpreter(find_executable(options.python, os.environ, project)),
        settings=settings,
        root=chosen,
        python_path=_python_path() if python_path is None else python_path,
        home=home,
        variables=frozenset(os.environ) - options.provided,
    )
    return DependencyAnalyzer(context)


def _module_folder(module: str, cwd: Path) -> Path:
    """The folder below which an entry module will be found, as far as that can be told before the analysis: its project's settings count."""
    top = module.partition(".")[0]
    for folder in (cwd, cwd / "src", *(cwd / entry for entry in _python_path())):
        if (folder / top).is_dir() or (folder / f"{top}.py").is_file():
            return folder
    return cwd


def _program_path() -> Iterator[str]:
    """Folders of the user's own code on this program's ``sys.path``, however they came there; neither Python's nor where we are."""
    import sysconfig  # noqa: PLC0415 - where there is a program that calls

    ours = os.path.realpath(Path(__file__).parent.parent)
    pythons = [os.path.realpath(path) for name, path in sysconfig.get_paths().items() if name not in ("data", "scripts")]
    for entry in sys.path:
        path = os.path.realpath(entry)
        if (
            os.path.isabs(entry)
            and path != ours
            and not {"site-packages", "dist-packages"} & set(path.split(os.sep))
            and not any(path == folder or path.startswith(folder + os.sep) for folder in pythons)
        ):
            yield entry


def _python_path() -> tuple[str, ...]:
    return tuple(entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry)
