"""Running a bundle here and getting the result as it is: what `Bundle.run` does."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from typing import TYPE_CHECKING, Any, NoReturn

from clustrix_bundle.bundler.errors import BundleFormatError
from clustrix_bundle.errors import RemoteError
from clustrix_bundle.launch import exit_code, start_runtime
from clustrix_bundle.remote_failure import RemoteUnpickler, raisable, told_shortly
from clustrix_bundle.runtime_program import render_runtime_program

if TYPE_CHECKING:
    from clustrix_bundle.remote_failure import Captured

_REFUSED = ("BundleFormatError", "UnsafePathError", "NewerFormatError")
_INTERRUPTED = 130


def run_locally(bundle: str, python: str | None = None, arguments: bytes | None = None, captured: Captured | None = None) -> Any:
    """The result of the bundle's function, run in a clean process in the current folder.

    Args:
        bundle: The file.
        python: Executable or environment; the target interpreter by default.
        arguments: Content of the runtime's ``--arguments FILE``.
        captured: Functions and classes that come home as themselves (``DependencyGraph.captured``).

    Raises:
        Exception: What the function raised: the same type, arguments and attributes.
        RemoteError: What it raised cannot be raised here, its process died, or its result cannot be passed on.
        BundleFormatError: The runtime refused the bundle.
        KeyboardInterrupt: It was interrupted from outside.
    """
    with tempfile.TemporaryDirectory(prefix="clustrix-run-") as folder:
        runtime, result, failure = (os.path.join(folder, name) for name in ("runtime.pyz", "result.pkl", "error.pkl"))
        with open(runtime, "wb") as file:
            file.write(render_runtime_program())
        words = ["run", bundle, "--json", "--result", result, "--error", failure]
        if arguments is not None:
            given = os.path.join(folder, "arguments")
            with open(given, "wb") as file:
                file.write(arguments)
            words += ["--arguments", given]
        with start_runtime(runtime, words, python=python, stdout=subprocess.PIPE) as process:
            line, _ = process.communicate()
        code = exit_code(process)
        outcome = _outcome(line, code)
        if not outcome["ok"]:
            _raise(outcome["error"], code, failure, captured)
        try:
            with open(result, "rb") as stored:
                return RemoteUnpickler(stored, captured).load()
        except Exception as error:
            raise RemoteError("ResultNotReadable", f"the result cannot be read back here: {told_shortly(error)}") from error


def _raise(told: dict[str, Any], code: int, failure: str, captured: Captured | None) -> NoReturn:
    if told["type"] in _REFUSED:
        raise BundleFormatError(told["message"])
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    if not os.path.exists(failure):
        raise RemoteError(told["type"], told["message"], told.get("traceback", ""))
    with open(failure, "rb") as stored:
        raise raisable(told, stored, captured)


def _outcome(line: bytes, code: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if isinstance(value, dict) and "ok" in value:
        return value
    return {"ok": False, "error": {"type": "ProcessDied", "message": f"the process ended with exit code {code} and said nothing"}}
