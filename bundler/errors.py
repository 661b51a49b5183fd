"""What can go wrong while a function is analysed and packed, split by who must act."""

from __future__ import annotations


class ClustrixBundleError(Exception):
    """Root of all errors of this project: caught by users, raised by nobody."""


class TargetError(ClustrixBundleError):
    """The entry point does not exist or cannot be shipped (act: whoever named it).

    Attributes:
        target: The entry point as it was given.
    """

    def __init__(self, message: str, target: str = "") -> None:
        super().__init__(message, target)
        self.message = message
        self.target = target

    def __str__(self) -> str:
        return self.message


class SourceError(ClustrixBundleError):
    """A source file cannot be read as Python (act: author of the analysed code).

    Attributes:
        path: The file, as it was found.
        line: 1-based line, 0 where the whole file is meant.
    """

    def __init__(self, message: str, path: str = "", line: int = 0) -> None:
        super().__init__(message, path, line)
        self.message = message
        self.path = path
        self.line = line

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}: " if self.line else (f"{self.path}: " if self.path else "")
        return where + self.message


class AnalysisError(SourceError):
    """The code is readable but cannot be shipped as it stands: the message says cause and remedy."""


class SettingsError(ClustrixBundleError):
    """A value in ``[tool.clustrix-bundle]`` or an option is unknown or impossible (act: the user)."""


class UnsafePathError(ClustrixBundleError):
    """A member path is absolute, climbs out of its folder, or goes through a link that does."""


class BundleFormatError(ClustrixBundleError):
    """A file is no bundle, is damaged, or is of a newer format (act: whoever made it)."""


class PackagingError(ClustrixBundleError):
    """The bundle cannot be written: unreadable input, full disk, refused folder (act: the user)."""
