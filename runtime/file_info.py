"""What the filesystem helpers give back: `FileInfo` of a path, `DiskUsage` of a folder."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime


class _Value(object):
    """Equal where all fields are; never changes."""

    _fields: tuple = ()

    def _set(self, *values):
        for name, value in zip(self._fields, values):
            object.__setattr__(self, name, value)

    def __setattr__(self, name, value):
        raise AttributeError("a {} does not change".format(type(self).__name__))

    def __delattr__(self, name):
        raise AttributeError("a {} does not change".format(type(self).__name__))

    def _values(self):
        return tuple(getattr(self, name) for name in self._fields)

    def __eq__(self, other):
        return self._values() == other._values() if type(other) is type(self) else NotImplemented

    def __hash__(self):
        return hash(self._values())

    def __reduce__(self):
        return type(self), self._values()

    def __repr__(self):
        return "{}({})".format(
            type(self).__name__, ", ".join("{}={!r}".format(name, getattr(self, name)) for name in self._fields)
        )


class FileInfo(_Value):
    """One file or folder, links followed.

    Attributes:
        size: Bytes.
        modified: Time of the last change, in seconds since 1970 UTC.
        is_dir: Whether it is a folder.
        permissions: Three octal digits, such as "644".
        name: Last part of the path it was asked by.
    """

    __module__ = "clustrix_bundle"
    if TYPE_CHECKING:
        size: int
        modified: float
        is_dir: bool
        permissions: str
        name: str
    _fields = ("size", "modified", "is_dir", "permissions", "name")

    def __init__(self, size: int, modified: float, is_dir: bool, permissions: str, name: str = "") -> None:
        self._set(size, modified, is_dir, permissions, name)

    @property
    def is_file(self) -> bool:
        """Whether it is no folder."""
        return not self.is_dir

    @property
    def modified_datetime(self) -> "datetime":
        """``modified`` as a `datetime.datetime` in local time, without a zone."""
        from datetime import datetime

        return datetime.fromtimestamp(self.modified)  # noqa: DTZ006


class DiskUsage(_Value):
    """Sizes of the regular files below a folder, links not followed.

    Attributes:
        total_bytes: Their sum.
        file_count: How many they are.
    """

    __module__ = "clustrix_bundle"
    if TYPE_CHECKING:
        total_bytes: int
        file_count: int
    _fields = ("total_bytes", "file_count")

    def __init__(self, total_bytes: int, file_count: int) -> None:
        self._set(total_bytes, file_count)

    @property
    def total_mb(self) -> float:
        """Bytes in units of 2^20."""
        return self.total_bytes / 2**20

    @property
    def total_gb(self) -> float:
        """Bytes in units of 2^30."""
        return self.total_bytes / 2**30
