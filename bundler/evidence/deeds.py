"""What is done with a path: the words for it, and which argument of a function the path is."""

from __future__ import annotations

from clustrix_bundle.bundler.lazy_dataclass import dataclass

READ = "read"
WRITE = "write"
LIST = "list"
WALK = "walk"
GLOB = "glob"
PROBE = "probe"
LOAD = "load"
COPY = "copy"


@dataclass(frozen=True, slots=True)
class Opener:
    """What a function does with a path.

    Attributes:
        deed: read, write, list (a folder's entries), walk (a folder, deep), glob (a pattern), probe (only asks), load (a file, or a
            folder whole), copy (reads one, writes another).
        position: Of the path among the positional arguments.
        names: Keywords of the path.
        mode: Position of the mode argument of ``open``-like functions, -1 if there is none.
        many: The argument may be a list of paths.
    """

    deed: str = READ
    position: int = 0
    names: tuple[str, ...] = ("file", "path", "filename", "name")
    mode: int = -1
    many: bool = True
