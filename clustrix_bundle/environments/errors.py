"""What can be wrong with the Python that a job would run in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import ClustrixBundleError

if TYPE_CHECKING:
    from clustrix_bundle.environments.preflight import Preflight


class PreflightError(ClustrixBundleError):
    """What a job needs is not there, and nothing was submitted (act: the user).

    Attributes:
        preflight: All that was looked at.
    """

    exit_code = 4

    def __init__(self, preflight: Preflight) -> None:
        super().__init__(preflight)
        self.preflight = preflight

    def __str__(self) -> str:
        return f"nothing was submitted: {self.preflight.summary()}"


class PreflightWarning(UserWarning):
    """A job was submitted that will probably fail: the pre-flight probe missed something there."""


class EnvironmentBuildError(ClustrixBundleError):
    """A virtual environment cannot be built on the cluster (act: the user, by what the message says).

    Attributes:
        message: What went wrong, where, and the next step.
        log: The end of what the installer said; empty where nothing ran.
    """

    exit_code = 4

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message, log)
        self.message = message
        self.log = log

    def __str__(self) -> str:
        return f"{self.message}\n\nits log ends:\n{self.log}" if self.log else self.message
