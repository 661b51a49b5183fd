"""Which wheels fit a Python on the cluster (PEP 425, PEP 600)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LEGACY = {(2, 5): "manylinux1", (2, 12): "manylinux2010", (2, 17): "manylinux2014"}


def fits(tags: list[str], identity: Mapping[str, Any]) -> bool:
    """Whether a wheel with these tags can be installed for an interpreter, told by `examine.identity`."""
    major, minor = identity["version"][:2]
    pythons = {f"py{major}", f"py{major}{minor}", f"cp{major}{minor}"}
    all_platforms = {"any", *platforms(identity)}
    known = set(abis(identity))
    for tag in tags:
        python, abi, platform = tag.split("-")
        if platform not in all_platforms:
            continue
        older = re.fullmatch(rf"(?:py|cp){major}(\d+)", python)
        if older and int(older[1]) <= minor and (abi == "abi3" or (abi == "none" and python.startswith("py"))):
            return True
        if python in pythons and abi in known:
            return True
    return False


def abis(identity: Mapping[str, Any]) -> list[str]:
    """ABI tags of an interpreter, its own first."""
    found = re.match(r"cpython-(\d+[a-z]*)", identity["soabi"])
    return [*([f"cp{found[1]}"] if found else []), "abi3", "none"]


def platforms(identity: Mapping[str, Any]) -> list[str]:
    """Platform tags of an interpreter on glibc, newest first; its own alone on another system."""
    own = re.sub(r"[-.]", "_", identity["platform"])
    libc = re.fullmatch(r"glibc (\d+)\.(\d+)", identity["libc"])
    if not own.startswith("linux_") or not libc or libc[1] != "2":
        return [own]
    machine = own.removeprefix("linux_")
    found = []
    for minor in range(int(libc[2]), 4, -1):
        found.append(f"manylinux_2_{minor}_{machine}")
        if (2, minor) in _LEGACY:
            found.append(f"{_LEGACY[2, minor]}_{machine}")
    return [*found, own]
