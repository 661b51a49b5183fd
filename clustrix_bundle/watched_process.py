"""The program of a watched process: it loads an entry point, perhaps calls it, and tells what it opened and imported.

``python watched_process.py SPEC``, by any Python from 3.8 on (audit hooks, PEP 578), the standard library alone. SPEC is a JSON file:

    sys_path    folders put first on ``sys.path``; ``runtime``, the file ``runtime.pyz``, follows them
    cwd         working directory
    entry       {"kind", "module", "qualname", "file", "source"}: for kind ``main`` the text in ``source`` runs as ``file``
    call        null, or {"args": [...], "kwargs": {...}}
    modules     names to import after the entry was loaded
    forbidden   folders that are out of reach (what lies in ``allowed`` excepted): whoever opens something there is told that
                there is no such file
    functions   whether functions are noted that are called
    events      file to which a line of JSON is appended for everything that is touched: [kind, absolute path];
                kind is read, write, list or refused; with ``functions`` ["called", path, line] of the first line of each function,
                and ["unseen", ""] where others may have been called: in a started Python, or after something else took the place
    outcome     file for what happened: {"entry": null or error, "modules": [[name, error], ...]}; an error is
                {"type", "message", "name", "file", "traceback", "places": [[file, line], ...]}, ``name`` the module that was
                not found, ``file`` the file

A watched process that is forked is watched on; a program that is started is not. What code asks about a file without opening it
(`os.stat`) raises no event.
"""

from __future__ import annotations

import sys

_LOADED_BEFORE = set(sys.modules)

import errno  # noqa: E402 - what is imported from here on is forgotten again before the user's code is loaded
import json  # noqa: E402
import os  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Watcher:
    """An audit hook."""

    def __init__(self, events: str, forbidden: list[str], allowed: list[str], *, functions: bool = False) -> None:
        self.output = os.open(events, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.forbidden = [_folder(path) for path in forbidden]
        self.allowed = [_folder(path) for path in allowed]
        self.seen: dict[tuple[Any, ...], bool] = {}
        self.encode: Callable[[Any], str] = json.dumps
        self.error = errno.ENOENT, os.strerror(errno.ENOENT)
        self.functions = functions
        self.sharing = os.O_ACCMODE if hasattr(os, "O_ACCMODE") else 3

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Raises FileNotFoundError for what is out of reach."""
        if event == "open":
            self.touch(self.access(args[1], args[2]), args[0])
        elif event in ("os.listdir", "os.scandir"):
            self.touch("list", "." if args[0] is None else args[0])
        elif event == "import":
            self.touch("read", args[1])
            if self.functions and args[0] in _STARTERS:
                self.miss()
        elif event in ("sqlite3.connect", "ctypes.dlopen"):
            self.touch("read", args[0])
        elif self.functions and event in _PROGRAMS and _is_python(args[_PROGRAMS[event]]):
            self.miss()

    def miss(self) -> None:
        """Tells that functions may be called that are not noted."""
        self.tell("unseen", "")

    def tell(self, *row: Any) -> None:
        """Writes a line, once."""
        if row not in self.seen:
            self.seen[row] = True
            os.write(self.output, (self.encode(row) + "\n").encode("ascii"))

    def access(self, mode: Any, flags: Any) -> str:
        """Whether a file is opened to be read, or only to be written."""
        if isinstance(mode, str):
            return "write" if mode[:1] in ("w", "x", "a") else "read"
        return "write" if isinstance(flags, int) and flags & self.sharing == os.O_WRONLY else "read"

    def touch(self, kind: str, path: Any) -> None:
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str) or not path or path.startswith(":"):  # descriptors, databases in memory
            return
        try:
            path = os.path.normpath(os.path.join(os.getcwd(), path))
        except OSError:  # the working directory is gone
            return
        refused = self.is_out_of_reach(path)
        if refused:
            kind = "refused"
        self.tell(kind, path)
        if refused:
            raise FileNotFoundError(*self.error, path)

    def is_out_of_reach(self, path: str) -> bool:
        """Whether the path lies in a forbidden folder."""
        inside = path + os.sep
        return any(map(inside.startswith, self.forbidden)) and not any(map(inside.startswith, self.allowed))


_STARTERS = frozenset(
    f"{package}.{name}" for package in ("multiprocessing", "billiard") for name in ("popen_spawn_posix", "popen_forkserver")
)
"""Modules that start a Python which does not go on where this one stands."""


_PROGRAMS = {"subprocess.Popen": slice(2), "os.exec": slice(2), "os.posix_spawn": slice(2), "os.spawn": slice(1, 3)}
"""Events of programs that are started, and where their file and arguments are."""


def _is_python(command: Any) -> bool:
    return "python" in repr(command).lower() or ".py" in repr(command)


class FunctionWatch:
    """Notes the functions that are called, each once: by `sys.monitoring` where there is such a thing, else by a trace function (slow)."""

    NAME = "clustrix-bundle"

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.called: set[Any] = set()
        self.tool = -1
        self.monitoring: Any = getattr(sys, "monitoring", None)  # since Python 3.12

    def start(self) -> None:
        """From now on."""
        monitoring = self.monitoring
        if monitoring is not None:
            self.tool = next(tool for tool in (4, 3, 5, 2) if monitoring.get_tool(tool) is None)
            monitoring.use_tool_id(self.tool, self.NAME)
            monitoring.register_callback(self.tool, monitoring.events.PY_START, self.on_start)
            monitoring.set_events(self.tool, monitoring.events.PY_START)
            return
        import threading  # noqa: PLC0415 - Python 3.8 to 3.11; of the user's, if there is one

        getattr(threading, "settrace", sys.settrace)(self.on_call)
        sys.settrace(self.on_call)

    def stop(self) -> None:
        """Until now; tells where something took the place."""
        if self.tool < 0:
            if sys.gettrace() != self.on_call:
                self.watcher.miss()
            sys.settrace(None)
        elif self.monitoring.get_tool(self.tool) != self.NAME:
            self.watcher.miss()

    def on_start(self, code: Any, _offset: int) -> Any:
        """A function is called for the first time."""
        self.note(code)
        return self.monitoring.DISABLE

    def on_call(self, frame: Any, _event: str, _argument: Any) -> None:
        """A function is called; its lines are nothing to us."""
        if frame.f_code not in self.called:
            self.called.add(frame.f_code)
            self.note(frame.f_code)

    def note(self, code: Any) -> None:
        """Tells of a function that stands in a file."""
        if code.co_filename.startswith(os.sep) and code.co_name != "<module>":
            self.watcher.tell("called", code.co_filename, code.co_firstlineno)


def _folder(path: str) -> str:
    return path.rstrip(os.sep) + os.sep


def prepare(spec: dict[str, Any], watcher: Watcher) -> None:
    """Arranges the process as the runtime does for a task (``docs/runtime.md``)."""
    kept = [path for path in sys.path[1:] if path and not watcher.is_out_of_reach(path)]
    first = [*spec["sys_path"], spec["runtime"]]
    sys.path[:] = [*first, *(path for path in kept if path not in first)]
    os.chdir(spec["cwd"])
    os.environ["PWD"] = spec["cwd"]
    os.environ["PYTHONPATH"] = os.pathsep.join([*first, *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ["CLUSTRIX_JOB"] = json.dumps({"work_dir": spec["cwd"]})
    sys.argv[:] = [spec["entry"]["file"]]
    sys.dont_write_bytecode = True
    main = type(sys)("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    for name in set(sys.modules) - _LOADED_BEFORE:  # a project may have a json.py of its own
        del sys.modules[name]


def load(entry: dict[str, str]) -> Any:
    """The entry point's function; whatever its module raises is raised."""
    if entry["kind"] == "main":
        found = sys.modules["__main__"]
        found.__file__ = entry["file"]
        with open(entry["source"], "rb") as file:
            text = file.read()
        exec(compile(text, entry["file"], "exec", 0, True), found.__dict__)  # noqa: S102 - this is what it is for
    else:
        found = _import(entry["module"])
    for name in entry["qualname"].split("."):
        found = getattr(found, name)
    return found


def call(function: Any, arguments: dict[str, Any]) -> None:
    """Calls it as a job would: coroutines are awaited, generators run to their end."""
    complete = _import("_clustrix_runtime.entry").complete
    complete(function(*arguments["args"], **arguments["kwargs"]))


def _import(name: str) -> Any:
    __import__(name)
    return sys.modules[name]


def attempt(action: Callable[[], Any]) -> tuple[Any, dict[str, Any] | None]:
    """What the action gives, and no error; or None and what went wrong."""
    try:
        return action(), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit too: whatever code does while it is imported is told
        return None, describe(error)


def attempt_import(name: str) -> dict[str, Any] | None:
    """What goes wrong when the module is imported; None where nothing does."""
    return attempt(lambda: _import(name))[1]


def _is_ours(file: str) -> bool:
    return file == __file__ or f"{os.sep}_clustrix_runtime{os.sep}" in file


def describe(error: BaseException) -> dict[str, Any]:
    """The error as JSON can hold it."""
    import traceback  # noqa: PLC0415 - now it can shadow nothing

    trace = error.__traceback__
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):  # it begins at the user's first frame
        trace = trace.tb_next
    told = "" if trace is None else "".join(traceback.format_exception(type(error), error, trace))
    places = [[frame.filename, frame.lineno] for frame in traceback.extract_tb(error.__traceback__)]
    name = error.name if isinstance(error, ImportError) else None
    file = error.filename if isinstance(error, OSError) else None
    return {
        "type": type(error).__name__,
        "message": str(error),
        "name": name if isinstance(name, str) else "",
        "file": os.path.abspath(file) if isinstance(file, str) else "",
        "traceback": told,
        "places": places,
    }


def main(path: str) -> None:
    """Does what the specification says."""
    with open(path, encoding="utf-8") as file:
        spec = json.load(file)
    watcher = Watcher(spec["events"], spec["forbidden"], spec["allowed"], functions=spec["functions"])
    functions = FunctionWatch(watcher)
    encode = json.dumps
    outcome = spec["outcome"]
    prepare(spec, watcher)
    sys.addaudithook(watcher)
    if spec["functions"]:
        functions.start()
    function, error = attempt(lambda: load(spec["entry"]))
    if error is None and spec["call"] is not None:
        _, error = attempt(lambda: call(function, spec["call"]))
    if spec["functions"]:
        functions.stop()
    modules = [[name, attempt_import(name)] for name in spec["modules"]]
    with open(outcome, "w", encoding="ascii") as file:
        file.write(encode({"entry": error, "modules": modules}))


if __name__ == "__main__":
    main(sys.argv[1])
