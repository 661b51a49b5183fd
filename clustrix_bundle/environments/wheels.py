"""Wheels for a cluster without a package index: made again of what is installed here, or downloaded here for the Python there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from clustrix_bundle.bundler.distributions import Distribution, canonical_name
from clustrix_bundle.deploy import Artefact
from clustrix_bundle.environments.builder.redaction import redact
from clustrix_bundle.environments.errors import EnvironmentBuildError
from clustrix_bundle.environments.installed import NoWheelError, closure, wheel_tags, write_wheel
from clustrix_bundle.environments.wheel_tags import abis, fits, platforms

if TYPE_CHECKING:
    from clustrix_bundle.bundler.distributions import Distributions
    from clustrix_bundle.environments.needs import Need

_TAIL = 15


def pack_wheel(path: str) -> tuple[str, Artefact]:
    """A wheel's name, and its file as it belongs into a state dir."""
    with open(path, "rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    return os.path.basename(path), Artefact(f"blobs/{digest}", os.path.getsize(path), digest, path)


def only_here(needs: tuple[Need, ...], distributions: Distributions, folder: str) -> list[str]:
    """Paths of wheels of what no index has: projects that were installed from a folder or a file.

    Raises:
        EnvironmentBuildError: Of one no wheel can be made; the message says what to do.
    """
    paths = []
    for need in needs:
        if not need.only_here:
            continue
        there = distributions.by_name.get(canonical_name(need.name))
        if there is None or there.version != need.version:
            raise EnvironmentBuildError(
                f"{need.name} {need.version} comes from no package index, and it is not installed here (any more): "
                "install it here from its source, or put a wheel of it where pip on the cluster finds it"
            )
        paths.append(_repacked_or_built(there, need, folder))
    return paths


def _repacked_or_built(there: Distribution, need: Need, folder: str) -> str:
    if need.source != "editable":
        try:
            return write_wheel(there, folder)
        except NoWheelError:
            pass
    source = _source_folder(there)
    if source is None:
        raise EnvironmentBuildError(
            f"{need.name} {need.version} was installed from a place that is gone, and no wheel can be made of what is installed: "
            f"build one from its source (pip wheel --no-deps) and install that here"
        )
    before = set(os.listdir(folder))
    code, tail = _run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, source])
    made = sorted(set(os.listdir(folder)) - before)
    if code != 0 or not made:
        raise EnvironmentBuildError(
            f"no wheel of {need.name} can be built from {source}: mend that, or build one yourself and install it here", tail
        )
    return os.path.join(folder, made[0])


def _source_folder(there: Distribution) -> str | None:
    import json  # noqa: PLC0415 - for what was installed from a folder

    try:
        url = urlsplit(json.loads(there.read("direct_url.json") or "{}").get("url", ""))
    except ValueError:
        return None
    path = unquote(url.path)
    return path if url.scheme == "file" and os.path.isdir(path) else None


def all_wheels(
    needs: tuple[Need, ...],
    distributions: Distributions,
    identity: Mapping[str, Any],
    lines: tuple[list[str], list[str], list[str]],
    folder: str,
) -> list[str]:
    """Paths of wheels of all that is needed, for a Python on the cluster.

    Args:
        needs: What.
        distributions: Of the target interpreter.
        identity: The Python's, there.
        lines: Requirements, optional ones, constraints.
        folder: An empty one, for the wheels.

    Raises:
        EnvironmentBuildError: They cannot be had here either.
    """
    stems = {canonical_name(os.path.basename(path).split("-")[0]) for path in only_here(needs, distributions, folder)}
    for name, there in closure(distributions, needs).items():
        if name not in stems and fits(wheel_tags(there), identity):
            with contextlib.suppress(NoWheelError):
                write_wheel(there, folder)
    return _downloaded(identity, lines, folder)


def _downloaded(identity: Mapping[str, Any], lines: tuple[list[str], list[str], list[str]], folder: str) -> list[str]:
    """What pip chooses for the other Python: of what is installed here, if that is enough, else of what this machine's index has."""
    needed, optional, constraints = lines
    words = ["--only-binary=:all:", "--python-version", ".".join(map(str, identity["version"][:2])), "--implementation"]
    words += ["cp" if identity["soabi"] else "py", "--find-links", folder, "--no-input", "--disable-pip-version-check"]
    words += [word for abi in abis(identity) for word in ("--abi", abi)]
    words += [word for platform in platforms(identity) for word in ("--platform", platform)]
    everything = needed + optional
    told = ""
    attempts = [(everything, constraints, ["--no-index"]), (everything, constraints, [])]
    attempts += [(everything, [], [])] if constraints else []
    attempts += [(needed, [], [])] if optional else []
    for number, (attempt, held, more) in enumerate(attempts):
        target = os.path.join(folder, f"chosen-{number}")
        files = []
        for name, text in (("requirements.txt", attempt), ("constraints.txt", held)):
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as out:
                out.write("".join(line + "\n" for line in text))
            files.append(path)
        code, said = _run(
            [sys.executable, "-m", "pip", "download", "-r", files[0], "-c", files[1], "--dest", target, *words, *more]
        )
        if code == 0:
            return sorted(os.path.join(target, name) for name in os.listdir(target))
        told = said if number < 2 else told
    raise EnvironmentBuildError(
        f"wheels for the cluster's Python {'.'.join(map(str, identity['version'][:2]))} cannot be had here either: name another Python "
        "(python_executable, module_loads), install other versions here, or build the wheels that are missing and put them where pip there "
        "finds them (PIP_FIND_LINKS in environment_variables)",
        told,
    )


def _run(argv: list[str]) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 - pip of this Python, no shell
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False
    )
    return done.returncode, redact("\n".join(done.stdout.splitlines()[-_TAIL:]))
