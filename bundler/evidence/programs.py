"""Programs that reached code starts: scripts, and files among their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.world import FileFinding, LoadedModule, ModuleFinding
from clustrix_bundle.bundler.evidence.callees import CallRule
from clustrix_bundle.bundler.evidence.paths import find_paths
from clustrix_bundle.bundler.evidence.reading import Spot
from clustrix_bundle.bundler.evidence.words import call_words
from clustrix_bundle.bundler.folding import pattern
from clustrix_bundle.bundler.folding.command_words import split_words
from clustrix_bundle.bundler.folding.value import (
    Alternatives,
    External,
    Sequence,
    Text,
    as_text,
    literal,
)
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.evidence.call_shapes import CallShape
    from clustrix_bundle.bundler.evidence.reading import Reading
    from clustrix_bundle.bundler.facts.model import Call
    from clustrix_bundle.bundler.folding.arguments import Arguments

ONE_COMMAND = frozenset(
    [
        "subprocess.run",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "subprocess.Popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
        "os.system",
        "os.popen",
        "asyncio.create_subprocess_shell",
        "pexpect.spawn",
        "pexpect.run",
        "commands.getoutput",
    ]
)
"""Functions whose first argument is the command: a list of words, or a text for the shell."""

SPREAD_COMMAND = frozenset(
    [
        "os.execl",
        "os.execle",
        "os.execlp",
        "os.execlpe",
        "os.execv",
        "os.execve",
        "os.execvp",
        "os.execvpe",
        "os.spawnl",
        "os.spawnle",
        "os.spawnlp",
        "os.spawnlpe",
        "os.spawnv",
        "os.spawnve",
        "os.spawnvp",
        "os.spawnvpe",
        "os.posix_spawn",
        "os.posix_spawnp",
        "asyncio.create_subprocess_exec",
    ]
)
"""Functions whose positional arguments are, or hold, the words of the command."""

RUNS_TEXT = frozenset(["builtins.exec", "builtins.eval", "builtins.compile"])
"""Functions whose first argument is Python code, where it is a text."""

SHOWING = frozenset({"xdg-open", "gnome-open", "kde-open", "open", "start", "explorer", "sensible-browser", "x-www-browser"})
"""Programs that show something to whoever sits at the screen: what they are given is no input of the function."""

_KNOWN = frozenset((*ONE_COMMAND, *SPREAD_COMMAND, *RUNS_TEXT))
LAST_NAMES = frozenset(name.rpartition(".")[2] for name in _KNOWN)

_COMMON = frozenset({"run", "call", "spawn", *(name.rpartition(".")[2] for name in RUNS_TEXT)})
"""Names that methods of many things bear."""

_CODE_IMPORT = compile_lazily(r"(?:^|[;\n])\s*(?:import\s+([\w.]+(?:\s*,\s*[\w.]+)*)|from\s+([\w.]+)\s+import\s+([\w, ]+))")
_CALLED_IMPORT = compile_lazily(r"\b(?:__import__|import_module)\(\s*[\"']([\w.]+)[\"']")
_MAKE = frozenset({"make", "gmake"})
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")


def find_programs(reading: Reading, module: LoadedModule) -> Iterator[FileFinding | ModuleFinding]:
    """Files and modules that the programs started by one module are given."""
    for call in reading.calls(module, _CALLS):
        for callee in reading.folder.callee_of(call, module):
            name = callee.name if isinstance(callee, External) else ""
            if name in ONE_COMMAND:
                arguments = reading.folder.arguments_of(call, module)
                given = [arguments.get(0, "args", "cmd", "command") or (), arguments.get(None, "executable") or ()]
            elif name in SPREAD_COMMAND:
                arguments = reading.folder.arguments_of(call, module)
                given = [*arguments.positional, arguments.more]
            elif name in RUNS_TEXT:
                spot = Spot(module, call.line, call_words(call))
                for value in reading.folder.arguments_of(call, module).get(0, "source") or ():
                    if isinstance(value, Text):
                        yield from _imports(reading, spot, value.constant or "")
                continue
            else:
                continue
            yield from _words_of(reading, module, call, given, arguments)


def _is_plausible(shape: CallShape) -> bool:
    return shape.given and not (shape.of_unknown and shape.name in _COMMON)


_CALLS = CallRule(LAST_NAMES.__contains__, _is_plausible, _KNOWN.__contains__)


def _words_of(
    reading: Reading, module: LoadedModule, call: Call, given: list[Alternatives], arguments: Arguments
) -> Iterator[FileFinding | ModuleFinding]:
    folders = [as_text(one) for one in arguments.get(None, "cwd") or () if isinstance(one, Text)]
    spot = Spot(module, call.line, call_words(call))
    words: list[Alternatives] = []
    for group in given:
        for value in group:
            if isinstance(value, Sequence):
                words += value.items
                words += [(one,) for one in value.more]
            elif isinstance(value, Text):
                words += [(one,) for one in (split_words(value) if not value.path else [value])]
    if words and all(as_text(value).constant in SHOWING for value in words[0]):
        return
    yield from _of_command(reading, spot, words, folders)


def _of_command(
    reading: Reading, spot: Spot, words: list[Alternatives], folders: list[Text]
) -> Iterator[FileFinding | ModuleFinding]:
    """What the words of a command name, ``cd FOLDER && COMMAND`` among them: ``folders`` is where it is started."""
    previous = ";"
    makes = False
    for group in words:
        starts = not previous.strip(";|&")
        if starts:
            makes = any(isinstance(value, Text) and value.constant in _MAKE for value in group)
        if makes and (starts or previous in ("-C", "--directory")):
            inner = [] if starts else [value for value in group if isinstance(value, Text)]
            folders = [*(pattern.join(folder, value) for value in inner for folder in folders or [literal("")]), *folders]
            for folder in folders or [literal(".")]:
                for name in _MAKEFILES:
                    yield from _file(reading, spot, pattern.join(folder, literal(name)), [], program=False, bare_counts=True)
        for value in group:
            if not isinstance(value, Text):
                continue
            if previous == "-m":
                yield from _module(reading, spot, value)
            elif previous == "-c" and value.constant is not None:
                yield from _code(reading, spot, value.constant, folders)
            elif previous in (">", ">>"):
                continue
            elif previous == "cd":
                folders = [*(pattern.join(folder, value) for folder in folders or [literal("")]), *folders]
            else:
                yield from _file(reading, spot, value, folders, program=starts)
        word = as_text(group[0]).constant if len(group) == 1 else None
        previous = word or "?"


def _module(reading: Reading, spot: Spot, value: Text) -> Iterator[ModuleFinding]:
    name = value.constant
    if name and reading.world.locate(name) is not None:
        yield ModuleFinding(name, spot.line, "folded", spot.detail)
        if reading.world.locate(f"{name}.__main__") is not None:
            yield ModuleFinding(f"{name}.__main__", spot.line, "folded", spot.detail)


def _code(reading: Reading, spot: Spot, code: str, folders: list[Text]) -> Iterator[FileFinding | ModuleFinding]:
    """``python -c CODE``: the local modules that it imports; ``sh -c CODE``: the files among its words."""
    yield from _imports(reading, spot, code)
    yield from _of_command(reading, spot, [(word,) for word in split_words(literal(code))], folders)


def _imports(reading: Reading, spot: Spot, code: str) -> Iterator[ModuleFinding]:
    for match in _CODE_IMPORT.finditer(code):
        names = [name.strip() for name in match[1].split(",")] if match[1] else [match[2]]
        names += [f"{match[2]}.{name.strip()}" for name in match[3].split(",")] if match[2] else []
        for name in names:
            if reading.world.locate(name) is not None:
                yield ModuleFinding(name, spot.line, "folded", spot.detail)
    for match in _CALLED_IMPORT.finditer(code):
        if reading.world.locate(match[1]) is not None:
            yield ModuleFinding(match[1], spot.line, "folded", spot.detail)


def _file(
    reading: Reading, spot: Spot, value: Text, folders: list[Text], *, program: bool, bare_counts: bool = False
) -> Iterator[FileFinding]:
    """A word that is a path: a file or folder that is there, seen from the program's folder."""
    if value.prefix.startswith("-"):
        if "=" not in value.prefix:
            return
        value = value.with_parts((value.prefix.partition("=")[2], *value.parts[1:]))
    bare = value.constant is not None and "/" not in value.constant
    if (
        not value.parts
        or (program and bare and not value.path)
        or (bare and not bare_counts and "." not in (value.constant or "") and not value.anchored)
    ):
        return
    candidates = [pattern.join(folder, value) for folder in folders] + [value]
    for candidate in candidates:
        found = [one for one in find_paths(reading, spot.module, candidate) if reading.disk.exists(str(one.path))]
        for one in found:
            if one.exact or not reading.disk.is_folder(str(one.path)):
                python = one.path.suffix == ".py" or (program and _is_python(reading, str(one.path)))
                yield FileFinding(
                    one.path,
                    spot.line,
                    spot.detail,
                    exact=one.exact,
                    whole=one.exact,
                    anchored=one.anchored,
                    script=python,
                    pattern=one.pattern,
                )
        if found:
            return


def _is_python(reading: Reading, path: str) -> bool:
    """Whether a program without extension says that it is Python."""
    if not reading.disk.is_file(path):
        return False
    try:
        with open(path, "rb") as file:
            first = file.readline(200)
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first
