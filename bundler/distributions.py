"""Installed distributions, read from their ``*.dist-info`` and ``*.egg-info`` on disk as far as a question needs it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from functools import cached_property
from urllib.parse import urlsplit, urlunsplit

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

_SEPARATORS = compile_lazily(r"[-_.]+")
_REQUIREMENT_NAME = compile_lazily(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_EXTRA = compile_lazily(r"""extra\s*==\s*['"]([^'"]+)['"]""")
_LINE_END = "\r\n"


def canonical_name(name: str) -> str:
    """The name as package indexes compare it (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


@dataclass(frozen=True)
class Distribution:
    """One installed distribution.

    Attributes:
        folder: The site folder that holds it.
        info: Path of its ``.dist-info`` folder, ``.egg-info`` folder or file.
    """

    folder: str
    info: str

    @cached_property
    def _headers(self) -> dict[str, list[str]]:
        for name in ("METADATA", "PKG-INFO", ""):
            try:
                with open(os.path.join(self.info, name) if name else self.info, encoding="utf-8", errors="replace") as file:
                    return read_headers(file)
            except OSError:
                continue
        return {}

    def _header(self, name: str) -> str:
        return self._headers.get(name, [""])[0]

    @cached_property
    def stem(self) -> tuple[str, str]:
        """Name and version as the folder's name has them; the version may be empty."""
        stem = os.path.basename(self.info).removesuffix(".dist-info").removesuffix(".egg-info")
        name, _, rest = stem.partition("-")
        return name, rest.partition("-")[0]

    @property
    def name(self) -> str:
        """The name as the metadata has it."""
        return self._header("name") or self.stem[0]

    @property
    def version(self) -> str:
        """The exact version."""
        return self._header("version") or self.stem[1]

    @cached_property
    def _record(self) -> str:
        return self.read("RECORD") or ""

    def read(self, name: str) -> str | None:
        """A text file of its metadata, None where there is none."""
        try:
            with open(os.path.join(self.info, name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return None

    @cached_property
    def top_level(self) -> frozenset[str]:
        """Names in ``top_level.txt``; empty where it has none."""
        return frozenset((self.read("top_level.txt") or "").split())

    def owns(self, path: str) -> bool:
        """Whether its record lists a file (PEP 376), or, without a record, its ``top_level.txt`` or ``installed-files.txt`` covers it."""
        relative = os.path.relpath(path, self.folder).replace(os.sep, "/")
        if self._record:
            return f"\n{relative}," in f"\n{self._record}" or f'\n"{relative}",' in f"\n{self._record}"
        listed = self.read("installed-files.txt")
        if listed is not None:
            beside = os.path.relpath(path, self.info).replace(os.sep, "/")
            return beside in listed.splitlines()
        return relative.partition("/")[0].partition(".")[0] in self.top_level

    @cached_property
    def requirements(self) -> tuple[tuple[str, str | None, bool], ...]:
        """Canonical name, extra (None for none) and whether another marker stands beside, of every ``Requires-Dist``."""
        found: list[tuple[str, str | None, bool]] = []
        for line in self._headers.get("requires-dist", ()):
            match = _REQUIREMENT_NAME.match(line)
            if match is None:
                continue
            marker = line.partition(";")[2]
            extra = _EXTRA.search(marker)
            rest = _EXTRA.sub("", marker).replace("and", "").strip(" ()")
            found.append((canonical_name(match[1]), extra[1] if extra else None, bool(rest)))
        return tuple(found)

    @cached_property
    def origin(self) -> tuple[str, str]:
        """Source word and URL of an install that came from no index (PEP 610); both empty for one that did."""
        text = self.read("direct_url.json")
        if text is None:
            return "", ""
        try:
            direct = json.loads(text)
            url = without_credentials(str(direct["url"]))
        except (ValueError, KeyError, TypeError):
            return "", ""
        if isinstance(direct.get("vcs_info"), dict):
            info = direct["vcs_info"]
            commit = str(info.get("commit_id", ""))
            return "vcs", f"{info.get('vcs', 'git')}+{url}" + (f"@{commit}" if commit else "")
        if isinstance(direct.get("dir_info"), dict):
            return ("editable" if direct["dir_info"].get("editable") else "local"), url
        if not url.endswith(".whl"):
            return "local", url
        return "wheel", url if url == direct["url"] else ""  # without what was taken from it, nobody else gets the file


def read_headers(lines: Iterable[str]) -> dict[str, list[str]]:
    """The header fields that a metadata file begins with, by lower-case name (core metadata, after RFC 822): their values, in order.

    As `email.parser` reads them, which takes longer to import than most projects to analyse.
    """
    headers: dict[str, list[str]] = {}
    values: list[str] = []
    for line in lines:
        if line.startswith((" ", "\t")) and values:
            values[-1] += f"\n{line.rstrip(_LINE_END)}"
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or name[-1].isspace():  # an empty line, or what is no header: the description begins
            break
        values = headers.setdefault(name.lower(), [])
        values.append(value.strip(" \t\r\n"))
    return headers


def without_credentials(url: str) -> str:
    """The URL without user and password, and without its query, which may be a token."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", parts.fragment))


class Distributions:
    """The distributions of an interpreter's site folders; the first of a name counts, as it does for imports."""

    def __init__(self, site_folders: tuple[str, ...]) -> None:
        self.site_folders = site_folders

    @cached_property
    def by_name(self) -> dict[str, Distribution]:
        """By canonical name."""
        found: dict[str, Distribution] = {}
        for distribution in self._all():
            found.setdefault(canonical_name(distribution.stem[0]), distribution)
        return found

    def _all(self) -> Iterator[Distribution]:
        for folder in self.site_folders:
            try:
                names = sorted(os.listdir(folder))
            except OSError:
                continue
            for name in names:
                if name.endswith((".dist-info", ".egg-info")) and not name.startswith("~"):
                    yield Distribution(folder, os.path.join(folder, name))

    def owner_of(self, path: str, module: str) -> Distribution | None:
        """The distribution that installed a file of ``module``: likely ones by name first, then all; None if none claims it."""
        top = module.partition(".")[0]
        folder = next((site for site in self.site_folders if path.startswith(site.rstrip(os.sep) + os.sep)), None)
        if folder is None:
            return None
        return next((distribution for distribution in self._likely_owners(top, module, folder) if distribution.owns(path)), None)

    def _likely_owners(self, top: str, module: str, folder: str) -> Iterator[Distribution]:
        """The distributions of a folder, likeliest first; those that are not asked for are not looked into."""
        own = [distribution for distribution in self.by_name.values() if distribution.folder == folder]
        named = [self.by_name[name] for name in (canonical_name(top), canonical_name(module)) if name in self.by_name]
        yield from (distribution for distribution in named if distribution.folder == folder)
        yield from (distribution for distribution in own if top in distribution.top_level)
        yield from own
