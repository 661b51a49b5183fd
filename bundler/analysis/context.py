"""What an analysis is given from outside: folders, settings and the target interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.interpreter import Interpreter, this_interpreter
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.bundler.settings import Settings

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.observed import Observed


@dataclass(frozen=True, slots=True)
class AnalysisContext:
    """Everything an analysis depends on besides the files themselves.

    Attributes:
        cwd: Folder in which the user works; relative paths are seen from it. Absolute, links resolved.
        interpreter: The target interpreter.
        settings: What bounds the analysis.
        root: Project root where the user chose one (``--root``), else None.
        python_path: Entries of PYTHONPATH, and of a running program's sys.path.
        home: The user's home folder, which is never a project root.
        variables: Names of the environment variables that are set here and will not be there.
        observed: What a run of the function here touched, where there was one.
    """

    cwd: Path
    interpreter: Interpreter = field(default_factory=this_interpreter)
    settings: Settings = field(default_factory=Settings)
    root: Path | None = None
    python_path: tuple[str, ...] = ()
    home: Path | None = None
    observed: Observed | None = None
    variables: frozenset[str] = frozenset()
