"""Running a bundle here and getting the result as it is: what `Bundle.run` does."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import tempfile
from typing import IO, Any

from clustrix_bundle.bundler.errors import BundleFormatError
from clustrix_bundle.errors import RemoteError
from clustrix_bundle.launch import exit_code, start_runtime
from clustrix_bundle.runtime_program import render_runtime_program

_REFUSED = ("BundleFormatError", "UnsafePathError", "NewerFormatError")


def run_locally(bundle: str, python: str | None = None) -> Any:
    """The result of the bundle's function, run in a clean process in the current folder.

    Raises:
        RemoteError: The function failed, or its process died.
        BundleFormatError: The runtime refused the bundle.
    """
    with tempfile.TemporaryDirectory(prefix="clustrix-run-") as folder:
        runtime, result = os.path.join(folder, "runtime.pyz"), os.path.join(folder, "result.pkl")
        with open(runtime, "wb") as file:
            file.write(render_runtime_program())
        with start_runtime(
            runtime, ["run", bundle, "--json", "--result", result], python=python, stdout=subprocess.PIPE
        ) as process:
            line, _ = process.communicate()
        outcome = _outcome(line, exit_code(process))
        if not outcome["ok"]:
            error = outcome["error"]
            if error["type"] in _REFUSED:
                raise BundleFormatError(error["message"])
            raise RemoteError(error["type"], error["message"], error.get("traceback", ""))
        with open(result, "rb") as stored:
            return _ResultUnpickler(stored).load()


def _outcome(line: bytes, code: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if isinstance(value, dict) and "ok" in value:
        return value
    return {"ok": False, "error": {"type": "ProcessDied", "message": f"the process ended with exit code {code} and said nothing"}}


class _ResultUnpickler(pickle.Unpickler):
    """Names of the runtime's modules are other ones here than in the shipped file."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("_clustrix_runtime."):
            module = "clustrix_bundle.runtime." + module.partition(".")[2]
        return super().find_class(module, name)
