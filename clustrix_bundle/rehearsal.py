"""``--rehearse``: the bundle's imports run in an empty folder with the project out of reach, and what is missing is told."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import BundleFormatError
from clustrix_bundle.bundler.graph import EntryPoint
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.reader import BundleReader
from clustrix_bundle.launch import start_runtime, wait_out
from clustrix_bundle.runtime_program import write_runtime
from clustrix_bundle.watching import Failure, Seen, Trial, watch

if TYPE_CHECKING:
    from clustrix_bundle.bundler.interpreter import Interpreter
    from clustrix_bundle.bundler.manifest import Manifest
    from clustrix_bundle.bundler.report import Report

CERTAIN = ("import", "folded")


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the bundle's imports wanted and did not get.

    Attributes:
        name: Module or file that was missing; empty where code failed for another reason.
        wanted_by: Member that wanted it, and ``line`` where; empty and 0 where that is unknown.
        error: What was raised, in words.
        path: Where the project has it; empty where it has not.
        entry: Whether the entry point cannot be loaded without it.
    """

    name: str
    wanted_by: str
    line: int
    error: str
    path: str
    entry: bool

    def __str__(self) -> str:
        where = f"{self.wanted_by}:{self.line}: " if self.wanted_by else ""
        what = f"{self.name} is not in the bundle" if self.name else "fails"
        have = f" (the project has it: {self.path}; ship it with --include)" if self.path else ""
        return f"{where}{what}{have}: {self.error}"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How a rehearsal went.

    Attributes:
        imported: Modules that were imported without an error, the entry's first.
        missing: What was missing, that of the entry point first.
        refused: Files of the project, relative to it, that code tried to reach where they stand on this machine.
    """

    imported: tuple[str, ...]
    missing: tuple[Missing, ...]
    refused: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was missing."""
        return not self.missing and not self.refused


def rehearse(bundle: str, project: Path, interpreter: Interpreter, *, blobs: str | None = None) -> Rehearsal:
    """Imports, from the bundle alone, the entry's module and every module that ships for an import statement.

    Args:
        bundle: The file.
        project: Project root, which is out of reach (the interpreter's own folders in it excepted).
        interpreter: The target interpreter.
        blobs: Folder of detached members.

    Raises:
        BundleFormatError: the bundle cannot be unpacked.
        SettingsError: the interpreter cannot be watched.
    """
    with BundleReader(bundle) as reader:
        manifest, report = reader.manifest, reader.report
    with tempfile.TemporaryDirectory(prefix="clustrix-rehearsal-") as made:
        folder = os.path.realpath(made)
        tree = os.path.join(folder, "tree")
        _unpack(bundle, tree, folder, interpreter, blobs)
        seen = watch(_trial(manifest, report, tree, project), interpreter)
        return _told(manifest, seen, tree, project)


def _unpack(bundle: str, tree: str, folder: str, interpreter: Interpreter, blobs: str | None) -> None:
    runtime = os.path.join(folder, "runtime.pyz")
    write_runtime(runtime)
    options = ["--blobs", blobs] if blobs else []
    process = start_runtime(
        runtime, ["unpack", bundle, tree, "--json", *options], python=interpreter.executable, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout as pipe:
        said = pipe.read()
    if wait_out(process):
        raise BundleFormatError(f"{bundle} cannot be unpacked: {_words(said)}")


def _words(said: bytes) -> str:
    try:
        return str(json.loads(said)["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return said.decode(errors="replace").strip() or "no reason given"


def _trial(manifest: Manifest, report: Report, tree: str, project: Path) -> Trial:
    entry = manifest.entry
    file = os.path.join(tree, entry.member)
    source = b""
    if entry.kind == "main":
        with open(file, "rb") as script:
            source = script.read()
    certain = {edge.imported for edge in report.edges if edge.evidence in CERTAIN} & {member.path for member in manifest.members}
    names = [name for member in sorted(certain) if (name := _module_name(member, manifest.sys_path)) and name != entry.module]
    cwd = os.path.join(tree, manifest.cwd)
    folders = [os.path.join(tree, folder) for folder in manifest.sys_path]
    for needed in (cwd, *folders):  # an empty folder is no member
        os.makedirs(needed, exist_ok=True)
    return Trial(
        entry=EntryPoint(entry.kind, entry.member, entry.module, entry.qualname),
        file=file,
        source=source,
        sys_path=folders,
        cwd=cwd,
        modules=list(dict.fromkeys(names)),
        forbidden=[str(project)],
        allowed=[tree],
    )


def _module_name(member: str, sys_path: Sequence[str]) -> str | None:
    """The dotted name by which a member is imported from the folders on ``sys.path``."""
    if not member.endswith(".py"):
        return None
    for folder in sorted(sys_path, key=len, reverse=True):
        if member.startswith(f"{folder}/"):
            parts = member[len(folder) + 1 : -len(".py")].split("/")
            if parts[-1] == "__init__":
                parts.pop()
            if parts and all(part.isidentifier() for part in parts):
                return ".".join(parts)
    return None


def _told(manifest: Manifest, seen: Seen, tree: str, project: Path) -> Rehearsal:
    missing: dict[Missing, None] = {}
    imported = [] if seen.failure else [manifest.entry.module]
    if seen.failure is not None:
        missing[_missing(seen.failure, manifest, tree, project, entry=True)] = None
    for name, failure in seen.modules.items():
        if failure is None:
            imported.append(name)
        elif _is_about_shipping(failure, tree, project):
            missing[_missing(failure, manifest, tree, project, entry=False)] = None
    told = {(one.name, one.wanted_by, one.line): one for one in reversed(missing)}
    refused = (os.path.relpath(path, project).replace(os.sep, "/") for path in seen.refused)
    return Rehearsal(tuple(imported), tuple(reversed(told.values())), tuple(sorted(refused)))


def _is_about_shipping(failure: Failure, tree: str, project: Path) -> bool:
    """Whether a module failed for want of something that is not there; one that no code here needs may fail as it likes."""
    return bool(failure.name) or _below(failure.file, tree) or _below(failure.file, str(project))


def _missing(failure: Failure, manifest: Manifest, tree: str, project: Path, *, entry: bool) -> Missing:
    wanted_by, line = next(
        ((os.path.relpath(file, tree), line) for file, line in reversed(failure.places) if _below(file, tree)), ("", 0)
    )
    error = f"{failure.type}: {failure.message}"
    if failure.name:
        places = [folder for folder in manifest.sys_path if folder.partition("/")[0] == "project"]
        candidates = (f"{folder.removeprefix('project').lstrip('/')}/{failure.name.replace('.', '/')}" for folder in places)
        return Missing(
            failure.name, wanted_by, line, error, _first_existing(project, candidates, (".py", "/__init__.py", "")), entry
        )
    for base in (os.path.join(tree, "project"), str(project)):
        if _below(failure.file, base):
            name = os.path.relpath(failure.file, base)
            return Missing(name, wanted_by, line, error, _first_existing(project, [name], ("",)), entry)
    return Missing("", wanted_by, line, error, "", entry)


def _first_existing(project: Path, names: Iterable[str], endings: Iterable[str]) -> str:
    for name in names:
        for ending in endings:
            path = f"{name}{ending}".lstrip("/")
            if (project / path).exists():
                return path
    return ""


def _below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)
