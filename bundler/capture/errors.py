"""What of a running program cannot travel."""

from __future__ import annotations

from clustrix_bundle.bundler.errors import ClustrixBundleError


class CaptureError(ClustrixBundleError):
    """A value that the function leans on cannot travel (act: the function's author).

    Attributes:
        variable: How the function gets at it, such as ``cell 'handle' of make.<locals>.f``.
        type: Name of the type that refuses.
    """

    def __init__(self, message: str, variable: str = "", type: str = "") -> None:  # noqa: A002 - the word users read
        super().__init__(message, variable, type)
        self.message = message
        self.variable = variable
        self.type = type

    def __str__(self) -> str:
        return self.message


class SourceGoneError(CaptureError):
    """The source of a function cannot be found, or is no longer what was loaded."""
