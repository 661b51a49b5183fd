"""What is installed here: the distributions behind a job's needs, and a wheel made again of one that is installed.

The files of an installed wheel and its ``RECORD`` are all that was in it, so the wheel can be had back without any index.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.distributions import Distribution, Distributions, canonical_name
from clustrix_bundle.bundler.requirements import NOT_FOR_RUNNING

if TYPE_CHECKING:
    from clustrix_bundle.environments.needs import Need

_TIME = (1980, 1, 1, 0, 0, 0)
_NOT_OF_THE_WHEEL = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json"})


class NoWheelError(Exception):
    """An installed distribution cannot be made a wheel of again; the text says why."""


def closure(distributions: Distributions, needs: Iterable[Need]) -> dict[str, Distribution]:
    """Canonical name to distribution: those of the needs that are installed in just that version, and what is installed of what they need.

    Rather too many than too few: which extras a need of a need is taken with is not looked at.
    """
    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, frozenset[str] | None, str]] = [
        (canonical_name(need.name), frozenset(map(canonical_name, need.extras)), need.version) for need in needs
    ]
    while waiting:
        name, extras, version = waiting.pop()
        there = distributions.by_name.get(name)
        if there is None or (version and there.version != version) or (name in found and not extras):
            continue
        found[name] = there
        for required, extra, _ in there.requirements:
            wanted = extra is None or (
                canonical_name(extra) not in NOT_FOR_RUNNING if extras is None else canonical_name(extra) in extras
            )
            if wanted and required not in found:
                waiting.append((required, None, ""))
    return dict(sorted(found.items()))


def constraints(found: dict[str, Distribution], needs: Iterable[Need]) -> list[str]:
    """Lines for the versions of what the needs need in turn, as far as an index has them."""
    own = {canonical_name(need.name) for need in needs}
    return [f"{one.name}=={one.version}" for name, one in found.items() if name not in own and not one.origin[0]]


def wheel_tags(distribution: Distribution) -> list[str]:
    """What its wheel fits: ``py3-none-any``, …; empty where it came from no wheel."""
    return [line[4:].strip() for line in (distribution.read("WHEEL") or "").splitlines() if line.startswith("Tag:")]


def write_wheel(distribution: Distribution, folder: str) -> str:
    """Write the wheel that a distribution was installed from: the same files, the same bytes each time. Its path.

    Raises:
        NoWheelError: It was installed in another way, is not whole, or is bound to libraries of its environment.
    """
    tags = wheel_tags(distribution)
    record = distribution.read("RECORD")
    if not tags or record is None:
        raise NoWheelError("it was not installed from a wheel")
    if (distribution.read("INSTALLER") or "").strip() == "conda" and not all(tag.endswith("-none-any") for tag in tags):
        raise NoWheelError("it is conda's, bound to libraries of its environment")
    if any(tag.rpartition("-")[2].startswith("linux_") for tag in tags):
        raise NoWheelError("it was compiled for this machine")
    info = os.path.basename(distribution.info)
    files = sorted(_files(distribution, record), key=lambda file: (file[0].startswith(info), file[0]))
    path = os.path.join(folder, f"{info.removesuffix('.dist-info')}-{_joined(tags)}.whl")
    rows = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in files:
            content = _content(name, source)
            rows.append((name, _digest(content), str(len(content))))
            archive.writestr(_header(name), content)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([*sorted(rows), (f"{info}/RECORD", "", "")])
        archive.writestr(_header(f"{info}/RECORD"), text.getvalue())
    return path


def _header(name: str) -> zipfile.ZipInfo:
    header = zipfile.ZipInfo(name, _TIME)
    header.create_system = 3
    header.external_attr = (0o755 if name.partition("/")[2].startswith("scripts/") else 0o644) << 16
    header.compress_type = zipfile.ZIP_DEFLATED
    return header


def _content(name: str, path: str) -> bytes:
    with open(path, "rb") as source:
        content = source.read()
    if ".data/scripts/" in name and content.startswith(b"#!") and b"python" in content.partition(b"\n")[0]:
        return b"#!python\n" + content.partition(b"\n")[2]  # an installer wrote its own Python there
    return content


def _files(distribution: Distribution, record: str) -> Iterator[tuple[str, str]]:
    """Name in the wheel and path of each file."""
    info = os.path.basename(distribution.info)
    data = info.removesuffix(".dist-info") + ".data"
    commands = set(re.findall(r"^\s*([^\s=\[]+)\s*=", distribution.read("entry_points.txt") or "", re.MULTILINE))
    prefix = _prefix(distribution.folder)
    for row in csv.reader(io.StringIO(record)):
        if not row or not row[0] or row[0].endswith((".pyc", ".pyo")):
            continue
        path = os.path.normpath(os.path.join(distribution.folder, row[0]))
        name = os.path.relpath(path, distribution.folder).replace(os.sep, "/")
        if name.startswith(info + "/") and name.partition("/")[2] in _NOT_OF_THE_WHEEL:
            continue
        if name.startswith("../"):
            below = os.path.relpath(path, prefix).replace(os.sep, "/")
            if below.startswith("bin/"):
                if below[4:] in commands:  # made again where it is installed
                    continue
                name = f"{data}/scripts/{below[4:]}"
            elif below.startswith("../"):
                raise NoWheelError(f"it has files elsewhere: {row[0]}")
            else:
                name = f"{data}/data/{below}"
        if not os.path.isfile(path):
            raise NoWheelError(f"{row[0]} of it is missing")
        yield name, path


def _prefix(folder: str) -> str:
    """The environment of ``<prefix>/lib/pythonX.Y/site-packages``."""
    parts = folder.rstrip(os.sep).split(os.sep)
    return os.sep.join(parts[: max(i for i, part in enumerate(parts) if part.startswith("lib"))]) if "lib" in folder else folder


def _digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")


def _joined(tags: list[str]) -> str:
    parts = [tag.split("-") for tag in tags]
    return "-".join(".".join(dict.fromkeys(part[i] for part in parts)) for i in range(3))
