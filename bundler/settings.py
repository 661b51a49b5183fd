"""Settings of a build: ``[tool.clustrix-bundle]`` in pyproject.toml, options of the command line over it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from clustrix_bundle.bundler.errors import SettingsError
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

TABLE = "clustrix-bundle"
_MISSPELT = b"[tool.clustrix_bundle]"
DYNAMIC = ("widen", "warn", "error")
DEFAULT_MAX_FILE_SIZE = 50 * 2**20

_KEYS = ("include", "exclude", "dynamic", "max-file-size")
_SIZE = compile_lazily(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)", re.IGNORECASE)
_UNITS = {"": 1, "b": 1} | {
    prefix + middle: base**power
    for power, prefix in enumerate("kmgt", 1)
    for middle, base in (("", 10**3), ("b", 10**3), ("i", 2**10), ("ib", 2**10))
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What bounds an analysis.

    Attributes:
        include: Globs relative to the project root that ship besides what is found.
        exclude: Globs relative to the project root that never ship.
        dynamic: What to do about imports that stay open: ``widen``, ``warn`` or ``error``.
        max_file_size: Bytes; a larger file is an error.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    dynamic: str = "widen"
    max_file_size: int = DEFAULT_MAX_FILE_SIZE


def read_settings(root: Path) -> Settings:
    """The settings of the project at ``root``: its ``pyproject.toml``'s table, defaults where there is none.

    Raises:
        SettingsError: The file cannot be read as TOML, or a value in the table is unknown or impossible.
    """
    path = root / "pyproject.toml"
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}): make it readable, or name another root with --root"
        ) from error
    if _MISSPELT in data:
        raise SettingsError(f"{path}: [tool.clustrix_bundle] is not read: the table is called [tool.{TABLE}]")
    if TABLE.encode() not in data:  # most projects have none, and TOML takes time to read
        return Settings()
    import tomllib  # noqa: PLC0415 - needed by few builds

    try:
        document = tomllib.loads(data.decode("utf-8"))
    except ValueError as error:
        raise SettingsError(f"{path} is not TOML: {error}; correct it") from error
    tool = document.get("tool")
    table = tool.get(TABLE, {}) if isinstance(tool, dict) else {}
    return parse_settings(table, str(path))


def parse_settings(table: Any, where: str) -> Settings:
    """Settings from the values of a ``[tool.clustrix-bundle]`` table; ``where`` names its file in errors.

    Raises:
        SettingsError: An unknown key (with the nearest known one) or an impossible value.
    """
    place = f"{where}: [tool.{TABLE}]"
    if not isinstance(table, dict):
        raise SettingsError(f"{place} should be a table")
    for key in table:
        if key not in _KEYS:
            import difflib  # noqa: PLC0415 - for a mistyped key only

            near = difflib.get_close_matches(str(key).replace("_", "-").lower(), _KEYS, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(_KEYS)}"
            raise SettingsError(f"{place}: unknown key {key!r}; {hint}")
    return Settings(
        include=_globs(table.get("include", []), f"{place}: include"),
        exclude=_globs(table.get("exclude", []), f"{place}: exclude"),
        dynamic=_dynamic(table.get("dynamic", "widen"), f"{place}: dynamic"),
        max_file_size=parse_size(table.get("max-file-size", DEFAULT_MAX_FILE_SIZE), f"{place}: max-file-size"),
    )


def parse_size(value: Any, where: str) -> int:
    """A number of bytes: a whole number, or a string such as ``"200 MB"`` or ``"1.5 GiB"``.

    Raises:
        SettingsError: Neither, or not above zero.
    """
    size = value if type(value) is int else 0
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip())
        if match:
            size = int(float(match[1]) * _UNITS[match[2].lower()])
    if size <= 0:
        raise SettingsError(f'{where} is {value!r}; give a size above zero, such as 52428800, "200 MB" or "1.5 GiB"')
    return size


def _globs(value: Any, where: str) -> tuple[str, ...]:
    if not (isinstance(value, list) and all(isinstance(item, str) and item for item in value)):
        raise SettingsError(f'{where} is {value!r}; give a list of patterns, such as ["data/*.csv"]')
    return tuple(value)


def _dynamic(value: Any, where: str) -> str:
    if value not in DYNAMIC:
        raise SettingsError(f"{where} is {value!r}; choose one of {', '.join(DYNAMIC)}")
    return str(value)
