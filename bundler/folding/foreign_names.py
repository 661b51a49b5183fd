"""Dotted names of what is not local: one spelling for each, and the variables whose values are known."""

from __future__ import annotations

from clustrix_bundle.bundler.folding.value import FOREIGN, Alternatives, External, hole, literal

_MODULE_ALIASES = {"posixpath": "os.path", "ntpath": "os.path", "io.open": "builtins.open", "_io.open": "builtins.open"}
_PATH_CLASSES = frozenset(
    [
        "pathlib.Path",
        "pathlib.PurePath",
        "pathlib.PosixPath",
        "pathlib.PurePosixPath",
        "py.path.local",
        "upath.UPath",
        "anyio.Path",
        "aiopath.AsyncPath",
        "path.Path",
    ]
)


def canonical(name: str) -> str:
    """One name for what goes by several: ``posixpath.join`` is ``os.path.join``."""
    head, _, tail = name.partition(".")
    if name in _MODULE_ALIASES:
        return _MODULE_ALIASES[name]
    if head in _MODULE_ALIASES:
        return f"{_MODULE_ALIASES[head]}.{tail}"
    return name


def constant(name: str) -> Alternatives | None:
    """The value of a variable of the standard library."""
    if name in ("os.sep", "os.path.sep"):
        return (literal("/"),)
    if name in ("os.pardir", "os.path.pardir"):
        return (literal(".."),)
    if name in ("os.curdir", "os.path.curdir"):
        return (literal("."),)
    if name in ("os.extsep", "os.path.extsep"):
        return (literal("."),)
    if name == "os.linesep":
        return (literal("\n"),)
    if name.startswith("sys.") and name in ("sys.prefix", "sys.base_prefix", "sys.exec_prefix"):
        return (hole(FOREIGN),)
    return None


def variable(name: str) -> Alternatives:
    """What a foreign dotted name stands for: its value where that is known, else itself."""
    name = canonical(name)
    value = constant(name)
    return value if value is not None else (External(name),)


def is_path_class(name: str) -> bool:
    """Whether calling the external name makes a path."""
    return name in _PATH_CLASSES
