"""What the runtime refuses, by who must act; the class names are the error types of ``docs/runtime.md``."""


class UsageError(Exception):
    """The command line makes no sense (act: the caller); exit code 2."""


class RefusedError(Exception):
    """A bundle is not run, unpacked or found good (act: whoever made or sent it); exit code 5."""


class BundleFormatError(RefusedError):
    """It is no bundle, is damaged, or contradicts its own manifest."""


class NewerFormatError(BundleFormatError):
    """It is of a format that this runtime does not know yet."""


class UnsafePathError(RefusedError):
    """A member would land outside the bundle's folders, or on top of another one."""


class UnsupportedPythonError(RefusedError):
    """Needs another Python than the one it met."""


class UnmetRequirementError(RefusedError):
    """A captured value needs a distribution that is missing here, or is of another major version."""


class MissingBlobError(RefusedError):
    """A detached member is not in the blob folder, or is not what its digest says."""


class NoSpaceError(RefusedError):
    """The file system has less free space than the bundle needs."""


class Terminated(BaseException):
    """SIGTERM came while files were written: they are removed, then the process ends by that signal."""

    def __str__(self):
        return "terminated"
