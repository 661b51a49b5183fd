"""Files and folders that reached code opens: rule 8."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from clustrix_bundle.bundler.analysis.world import FileFinding, LoadedModule
from clustrix_bundle.bundler.evidence import deeds, known_openers, openers
from clustrix_bundle.bundler.evidence.asked_arguments import AskedArguments
from clustrix_bundle.bundler.evidence.callees import CallRule
from clustrix_bundle.bundler.evidence.code_of_tests import is_test_code
from clustrix_bundle.bundler.evidence.disk import is_below, static_folder
from clustrix_bundle.bundler.evidence.held_openers import calls_of_held, handed_over
from clustrix_bundle.bundler.evidence.needed_files import needs_file
from clustrix_bundle.bundler.evidence.paths import Located, find_paths, is_code_folder, is_outside, show
from clustrix_bundle.bundler.evidence.reading import Spot
from clustrix_bundle.bundler.evidence.words import call_words
from clustrix_bundle.bundler.folding import foreign_names, modules, pattern
from clustrix_bundle.bundler.folding.value import (
    STAR,
    Alternatives,
    External,
    Mapping,
    Method,
    Sequence,
    Text,
    as_text,
    items_of,
    literal,
)
from clustrix_bundle.bundler.lazy_dataclass import dataclass, replace

if TYPE_CHECKING:
    from clustrix_bundle.bundler.evidence.reading import Reading
    from clustrix_bundle.bundler.facts.model import Call


_OPENINGS = CallRule(openers.may_open, openers.is_plausible, openers.is_opener, openers.opens_its_first)


@dataclass(frozen=True, slots=True)
class Opening:
    """One thing that a call does with one path.

    Attributes:
        value: The path.
        deed: As in `deeds.Opener`.
        callee: Full name of a foreign function that does it; empty for a method of a path.
    """

    value: Text
    deed: str
    callee: str = ""


def find_openings(reading: Reading, module: LoadedModule, call: Call) -> list[Opening]:
    """What a call opens, lists, asks for or writes; empty for a call that does nothing of the kind."""
    found: list[Opening] = []
    for callee in reading.folder.callee_of(call, module):
        if isinstance(callee, Method):
            found += _of_method(reading, module, call, callee)
        elif isinstance(callee, External):
            found += (replace(one, callee=callee.name) for one in _of_external(reading, module, call, callee.name))
    return list(dict.fromkeys(found))


def _of_method(reading: Reading, module: LoadedModule, call: Call, callee: Method) -> list[Opening]:
    deed = known_openers.PATH_METHODS.get(callee.name)
    value = callee.receiver
    if deed is None or not isinstance(value, Text) or (callee.name in known_openers.ONLY_OF_PATHS and not value.path):
        return []
    arguments = AskedArguments(reading.folder, call, module)
    if deed == "open":
        return [Opening(value, _mode_deed(arguments.get(0, "mode")))]
    if deed == deeds.GLOB:
        found: list[Opening] = []
        for one in arguments.get(0, "pattern") or ():
            name = pattern.from_glob(as_text(one))
            if callee.name == "rglob":
                name = Text((pattern.DEEP,)) if name.parts == (STAR,) else name.with_parts((pattern.DEEP, "/", *name.parts))
            joined = pattern.join(value, name)
            found.append(Opening(Text(joined.parts, True, value.anchored), deeds.GLOB))
        return found
    if deed == deeds.COPY:
        targets = [Opening(as_text(one), deeds.WRITE) for one in arguments.get(0, "target") or ()]
        return [Opening(value, deeds.READ), *targets]
    return [Opening(value, deed)]


def _of_external(reading: Reading, module: LoadedModule, call: Call, name: str) -> list[Opening]:
    if name in known_openers.RESOURCES:
        return _of_resource(reading, module, call, name)
    opener = openers.opener_of(name)
    if opener is None:
        return _of_path_class(reading, module, call, name)
    arguments = AskedArguments(reading.folder, call, module)
    given = arguments.get(opener.position, *opener.names)
    if given is None:
        given = (literal("."),) if opener.deed in (deeds.LIST, deeds.WALK) else ()
    deed = opener.deed
    if opener.mode >= 0:
        deed = _mode_deed(arguments.get(opener.mode, "mode", "flag", "flags"))
    found = [Opening(value, deed) for value in paths_in(given, many=opener.many)]
    if deed == deeds.GLOB:
        roots = arguments.get(None, "root_dir")
        texts = [pattern.from_glob(one.value) for one in found]
        found = [Opening(pattern.join(as_text(root), one), deed) for root in roots or (literal(""),) for one in texts]
    elif deed == deeds.COPY:
        written = [Opening(value, deeds.WRITE) for value in paths_in(arguments.get(1, "dst") or (), many=False)]
        found = [Opening(one.value, deeds.LOAD) for one in found] + written
    elif name in {"linecache.getlines", "filecmp.cmp", "os.path.samefile"}:
        found += [Opening(value, deed) for value in paths_in(arguments.get(1, "f2") or (), many=False)]
    elif name == "numpy.ctypeslib.load_library":
        folders = paths_in(arguments.get(1, "loader_path") or (), many=False)
        found = [
            Opening(pattern.join(folder, one.value.with_parts((*one.value.parts, suffix))), deed)
            for folder in folders
            for one in found
            for suffix in ("", ".so")
        ]
        found += [Opening(folder, deeds.PROBE) for folder in folders]
    elif name == "lark.Lark.open" and arguments.get(None, "rel_to"):
        found = [
            Opening(pattern.join(pattern.dirname(as_text(base)), one.value), deed)
            for base in arguments.get(None, "rel_to") or ()
            for one in found
        ]
    if opener.position == 0 and opener.deed == deeds.LOAD:
        found += [Opening(value, deed) for key in opener.names for value in paths_in(arguments.named(key) or (), many=True)]
    return found


def _of_path_class(reading: Reading, module: LoadedModule, call: Call, name: str) -> list[Opening]:
    """``Path.read_text(p)``, called through the class."""
    owner, _, method = name.rpartition(".")
    if not foreign_names.is_path_class(owner) or known_openers.PATH_METHODS.get(method) in (None, deeds.GLOB, deeds.COPY):
        return []
    deed = known_openers.PATH_METHODS[method]
    arguments = AskedArguments(reading.folder, call, module)
    return [
        Opening(value, _mode_deed(arguments.get(1, "mode")) if deed == "open" else deed)
        for value in paths_in(arguments.get(0) or (), many=False)
    ]


def _of_resource(reading: Reading, module: LoadedModule, call: Call, name: str) -> list[Opening]:
    deed, second = known_openers.RESOURCES[name]
    arguments = reading.folder.arguments_of(call, module)
    given = arguments.get(0, "package", "anchor", "package_or_requirement", "package_name")
    if name.endswith("as_file"):
        return [Opening(value, deed) for value in paths_in(given or (), many=False)]
    folders = modules.package_folders(reading.world, given or (), module)
    if not second:
        return [Opening(folder, deed) for folder in folders]
    names = [
        *arguments.positional[1:2],
        *(arguments.keywords[key] for key in ("resource", "resource_name", "package_path") if key in arguments.keywords),
    ]
    if not names and name.endswith("PackageLoader"):
        names = [(literal("templates"),)]
    found = [Opening(pattern.join(folder, as_text(one)), deed) for folder in folders for group in names for one in group]
    for group in arguments.positional[2:] if "importlib" in name else []:
        found = [
            Opening(pattern.join(one.value, as_text(part)), deed)
            for one in found
            for part in group
            if isinstance(part, Text) and len(group) == 1
        ]
    return found


def _mode_deed(mode: Alternatives | None) -> str:
    for one in mode or ():
        text = as_text(one).constant
        if (
            text is not None
            and text.isascii()
            and any(letter in text for letter in "wxa")
            and "+" not in text.replace("w+", "w").replace("x+", "x")
        ):
            return deeds.WRITE
    return deeds.READ


def paths_in(group: Alternatives, *, many: bool) -> list[Text]:
    """Texts among the alternatives, and in collections of them; database and file URLs as their paths."""
    found: list[Text] = []
    for value in group:
        if isinstance(value, Text):
            found.append(_without_scheme(value))
        elif many and isinstance(value, Sequence):
            found += paths_in(items_of(value), many=True)
        elif many and isinstance(value, Mapping):
            found += paths_in(tuple(one for _, values in value.items for one in values), many=True)
    return found


def _without_scheme(value: Text) -> Text:
    for scheme in ("sqlite:////", "sqlite:///", "duckdb:///", "file:///", "file:"):
        if value.prefix.startswith(scheme):
            rest = value.prefix[len(scheme) :]
            if scheme == "file:":
                rest = unquote(rest.partition("?")[0])
            absolute = scheme in ("sqlite:////", "file:///")
            return value.with_parts((("/" if absolute else "") + rest, *value.parts[1:]))
    return value


def find_data_files(reading: Reading, module: LoadedModule, sure: set[tuple[str, int]]) -> Iterator[FileFinding]:
    """Files and folders that the calls of one module open.

    Args:
        reading: The program.
        module: One of its modules.
        sure: As `Reading.sure_scopes`.
    """
    held = module.file in reading.held.files
    if not (held or reading.may_call(module, _OPENINGS)):
        return
    found = [(call, find_openings(reading, module, call), True) for call in reading.calls(module, _OPENINGS)]
    if held:
        found += [(call, find_openings(reading, module, call), False) for call in calls_of_held(reading, module)]
        found += [(call, [_handed(opener, path)], False) for call, opener, path in handed_over(reading, module)]
    for call, openings, named in found:
        spot = Spot(module, call.line, call_words(call))
        certain = named and not call.under and (module.name, call.scope) in sure
        told: set[tuple[object, ...]] = set()
        for opening in openings:
            for finding in _findings(reading, spot, opening):
                path = str(finding.path)
                told_by = (opening.deed, opening.callee, finding.exact, finding.whole, finding.written, finding.anchored)
                if (path, told_by) in told:  # the many patterns that a loop makes of one path find the same files
                    continue
                told.add((path, told_by))
                script = opening.deed == deeds.READ and finding.path.suffix == ".py" and _runs_code(module)
                there = reading.disk.exists(path)
                required = certain and finding.exact and needs_file(opening.deed, opening.callee, opening.value, there=there)
                yield FileFinding(
                    finding.path,
                    finding.line,
                    finding.detail,
                    exact=finding.exact,
                    whole=finding.whole,
                    written=finding.written,
                    anchored=finding.anchored,
                    script=script,
                    required=required,
                    pattern=finding.pattern,
                )


def _handed(opener: str, path: Text) -> Opening:
    known = openers.opener_of(opener)
    return Opening(_without_scheme(path), known.deed if known is not None else deeds.READ, opener)


def _runs_code(module: LoadedModule) -> bool:
    """Whether it may run what it reads."""
    calls = (call for name in ("exec", "eval", "compile") for _, call in module.facts.calls_by("callee", name))
    return any(call.func[0] == "name" or call.func == ("attr", ("name", "builtins"), "exec") for call in calls)


def _findings(reading: Reading, spot: Spot, opening: Opening) -> Iterator[FileFinding]:
    if opening.deed == deeds.WRITE:
        yield from _written(reading, spot, opening.value)
        return
    gathered = is_test_code(reading, spot.module)
    own = str(spot.module.path.parent)
    for located in find_paths(reading, spot.module, opening.value):
        path = str(located.path)
        if gathered and not located.exact and (path.endswith(".py") or not is_below(path, own)):
            continue
        if gathered and opening.deed in (deeds.WALK, deeds.GLOB) and (path == own or not is_below(path, own)):
            continue
        is_folder = reading.disk.is_folder(path)
        if is_folder and opening.deed in (deeds.LIST, deeds.WALK, deeds.LOAD):
            yield from _whole(reading, spot, opening, located)
        elif located.exact or not is_folder:
            if not located.exact and not _wanted(opening, located.path):
                continue
            yield FileFinding(
                located.path, spot.line, spot.detail, exact=located.exact, anchored=located.anchored, pattern=located.pattern
            )
        elif opening.deed == deeds.GLOB:
            yield FileFinding(
                located.path, spot.line, spot.detail, exact=False, anchored=located.anchored, pattern=located.pattern
            )


def _wanted(opening: Opening, path: Path) -> bool:
    """Python files come by a hole only where the source says ``.py``: `open(HERE / name)` is after data."""
    if path.suffix not in (".py", ".pyc"):
        return True
    return any(isinstance(part, str) and ".py" in part for part in opening.value.parts[-1:]) or (
        opening.deed == deeds.GLOB and opening.value.suffix == ".py"
    )


def _whole(reading: Reading, spot: Spot, opening: Opening, located: Located) -> Iterator[FileFinding]:
    """A folder that is listed or handed to a loader: whole, but one that holds code only by its own entries."""
    shown = show(opening.value)
    folder, anchored = located.path, located.anchored
    if opening.deed == deeds.LIST and is_code_folder(reading, spot.module, str(folder)):
        for name, is_folder in reading.disk.listing(str(folder)).items():
            if not is_folder and not name.startswith(".") and not (name.endswith(".py") and is_test_code(reading, spot.module)):
                yield FileFinding(folder / name, spot.line, spot.detail, exact=False, anchored=anchored, pattern=f"{shown}/*")
        return
    yield FileFinding(
        folder,
        spot.line,
        spot.detail,
        exact=opening.value.constant is not None,
        whole=True,
        anchored=anchored,
        pattern="" if opening.value.constant is not None else shown,
    )


def _written(reading: Reading, spot: Spot, value: Text) -> Iterator[FileFinding]:
    """A path that is written: its folder ships empty, if it is there."""
    if is_outside(reading, value):
        return
    normal = pattern.normal(value)
    if normal.constant is None:
        static = static_folder(normal)
        if static.constant in (None, ".", "") and not static.anchored:
            return
        normal = static.with_parts((*static.parts, "/*"))
    path = Path(os.path.normpath(os.path.join(str(reading.world.cwd), normal.constant or "")))
    if reading.disk.is_folder(str(path.parent)):
        yield FileFinding(path, spot.line, spot.detail, exact=False, written=True, anchored=value.anchored, pattern=show(value))
