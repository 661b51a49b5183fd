"""What an operation raised, as the same exception here."""

from __future__ import annotations

import builtins
from typing import Any

from clustrix_bundle.runtime import errors as refusals
from clustrix_bundle.runtime.confinement import PathOutsideWorkDir
from clustrix_bundle.runtime.store_operations import DigestMismatch


def _class_of(name: str) -> type[Exception] | None:
    for known in (PathOutsideWorkDir, DigestMismatch):
        if name == known.__name__:
            return known
    found = getattr(refusals, name, None) or getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def failure(fields: dict[str, Any]) -> Exception:
    """The exception that ``fields`` (see `agent.failure_of` of the runtime) describe; an unknown one as `RemoteError`."""
    from clustrix_bundle.errors import RemoteError, RemoteTraceback  # noqa: PLC0415 - it imports our errors

    kind = _class_of(fields["type"])
    message = fields["message"]
    if kind is None:
        return RemoteError(fields["type"], message, fields.get("traceback", ""))
    error: Exception
    if issubclass(kind, OSError) and fields.get("errno") is not None:
        error = kind(fields["errno"], fields["strerror"], fields["filename"])
    elif issubclass(kind, UnicodeError):
        error = ValueError(message)
    else:
        error = kind(message)
    if "traceback" in fields:
        error.__cause__ = RemoteTraceback(fields["traceback"])
    return error
