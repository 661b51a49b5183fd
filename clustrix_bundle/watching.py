"""Running an entry point under an audit hook: in a process of the target interpreter that tells what it touches."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clustrix_bundle import watched_process
from clustrix_bundle.bundler.errors import SettingsError
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.launch import clean_environment, wait_out
from clustrix_bundle.runtime_program import write_runtime

if TYPE_CHECKING:
    from clustrix_bundle.bundler.graph import EntryPoint
    from clustrix_bundle.bundler.interpreter import Interpreter

OLDEST = (3, 8)
"""Audit hooks are there since Python 3.8."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a watched process does; see `clustrix_bundle.watched_process`.

    Attributes:
        entry: The entry point.
        file: The file that holds it, on disk.
        source: What runs of it, for an entry of kind ``main``.
        sys_path: Folders put first on ``sys.path``.
        cwd: Working directory.
        call: Positional and keyword arguments; None to load the function only.
        modules: Names imported after that.
        forbidden: Folders out of reach.
        allowed: Folders in them that are not.
        functions: Whether to note the functions that are called.
    """

    entry: EntryPoint
    file: str
    source: bytes
    sys_path: Sequence[str]
    cwd: str
    call: tuple[Sequence[Any], Mapping[str, Any]] | None = None
    modules: Sequence[str] = ()
    forbidden: Sequence[str] = ()
    allowed: Sequence[str] = ()
    functions: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """What code raised: ``name`` is the module that was not found, ``file`` the file, ``places`` the lines on the way."""

    type: str
    message: str
    name: str = ""
    file: str = ""
    traceback: str = ""
    places: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watched process did.

    Attributes:
        reads: Absolute paths that it opened to read or imported, in that order; sources stand for their compiled files.
        listed: Folders that it listed.
        writes: Files that it wrote before it read them, if it did.
        refused: What it wanted of the forbidden folders.
        failure: What loading or calling the entry point raised.
        modules: For each of the modules that were to be imported what it raised, None where nothing.
        called: File and first line of each function that was called; None where that was not asked for, or not all were seen.
    """

    reads: tuple[str, ...]
    listed: tuple[str, ...]
    writes: tuple[str, ...]
    refused: tuple[str, ...]
    failure: Failure | None
    modules: Mapping[str, Failure | None] = field(default_factory=dict)
    called: frozenset[tuple[str, int]] | None = None


def watch(trial: Trial, interpreter: Interpreter) -> Seen:
    """Runs the trial; what it prints goes to standard error.

    Raises:
        SettingsError: the interpreter has no audit hooks.
    """
    if interpreter.version < OLDEST:
        version = ".".join(map(str, interpreter.version))
        raise SettingsError(
            f"{interpreter.executable} is Python {version}: watching a function needs 3.8 or later (remedy: --python)"
        )
    with tempfile.TemporaryDirectory(prefix="clustrix-watch-") as folder:
        spec, events, outcome = (os.path.join(folder, name) for name in ("spec.json", "events", "outcome"))
        runtime, source = os.path.join(folder, "runtime.pyz"), os.path.join(folder, "source.py")
        write_runtime(runtime)
        with open(source, "wb") as file:
            file.write(trial.source)
        with open(events, "wb"):
            pass
        with open(spec, "w", encoding="utf-8") as text:
            json.dump(_spec(trial, interpreter, runtime=runtime, source=source, events=events, outcome=outcome), text)
        arguments = [interpreter.executable or sys.executable, watched_process.__file__, spec]
        process = subprocess.Popen(arguments, env=clean_environment(os.environ), stdin=subprocess.DEVNULL, stdout=2)  # noqa: S603 - our own program, no shell
        code = wait_out(process, ends_us=True)
        return _seen(events, outcome, code, folder, functions=trial.functions)


def _spec(trial: Trial, interpreter: Interpreter, **files: str) -> dict[str, Any]:
    call = None if trial.call is None else {"args": list(trial.call[0]), "kwargs": dict(trial.call[1])}
    entry = trial.entry
    return {
        "sys_path": list(trial.sys_path),
        "cwd": trial.cwd,
        "entry": {
            "kind": entry.kind,
            "module": entry.module,
            "qualname": entry.qualname,
            "file": trial.file,
            "source": files["source"],
        },
        "call": call,
        "modules": list(trial.modules),
        "forbidden": list(trial.forbidden),
        "allowed": [*trial.allowed, os.path.dirname(files["events"]), *interpreter.site_folders, *interpreter.stdlib_folders],
        "functions": trial.functions,
        "runtime": files["runtime"],
        "events": files["events"],
        "outcome": files["outcome"],
    }


def _seen(events: str, outcome: str, code: int, own_folder: str, *, functions: bool) -> Seen:
    kinds: dict[str, dict[str, None]] = {"read": {}, "write": {}, "list": {}, "refused": {}}
    called: set[tuple[str, int]] = set()
    with open(events, encoding="ascii") as lines:
        for line in lines:
            kind, path, *rest = json.loads(line)
            if path.startswith(own_folder + os.sep):
                continue
            if kind == "called":
                called.add((path, rest[0]))
                continue
            if kind == "unseen":
                functions = False
                continue
            path = source_of(path)
            other = kinds["read" if kind == "write" else "write"]
            if kind not in {"read", "write"} or path not in other:  # the first access decides
                kinds[kind][path] = None
    failure, modules = _outcome(outcome, code)
    reads, listed, writes, refused = (tuple(kinds[kind]) for kind in ("read", "list", "write", "refused"))
    return Seen(reads, listed, writes, refused, failure, modules, frozenset(called) if functions else None)


def _outcome(path: str, code: int) -> tuple[Failure | None, dict[str, Failure | None]]:
    try:
        with open(path, encoding="ascii") as file:
            told = json.load(file)
    except FileNotFoundError:
        return Failure("ProcessDied", f"the process ended with exit code {code} before it was done"), {}
    return _failure(told["entry"]), {name: _failure(error) for name, error in told["modules"]}


def _failure(told: dict[str, Any] | None) -> Failure | None:
    if told is None:
        return None
    return Failure(**{**told, "places": tuple((file, line or 0) for file, line in told["places"])})


def source_of(path: str) -> str:
    """The source file of a compiled one (PEP 3147), any other path as it is."""
    if not path.endswith(".pyc"):
        return path
    try:
        return importlib.util.source_from_cache(path)
    except ValueError:
        return path
