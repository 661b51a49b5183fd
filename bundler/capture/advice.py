"""What to do instead of capturing something, by its kind."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from types import FrameType, GeneratorType, TracebackType
from typing import Any

from clustrix_bundle.bundler.capture.alive import refuse_alive
from clustrix_bundle.bundler.capture.definition_state import is_own_class
from clustrix_bundle.bundler.capture.errors import CaptureError

_BY_KIND: tuple[tuple[str, str], ...] = (
    ("clustrix_bundle.Job", "wait for its result and pass that"),
    ("_ctypes.Array", "pass bytes(...) or list(...) of it"),
    ("_ctypes.", "load the library and make its objects inside the function"),
    ("multiprocessing.managers.BaseProxy", "pass a copy of what it stands for, such as dict(...) or list(...) of it"),
    ("multiprocessing.connection.", "make the pipe inside the function"),
    ("multiprocessing.shared_memory.", "pass bytes(...) of its .buf"),
    ("tempfile.TemporaryDirectory", "make the folder inside the function"),
    ("shelve.", "open it inside the function"),
    ("dbm.", "open it inside the function"),
    ("h5py.", "open the file inside the function"),
    ("tqdm.", "make the bar inside the function"),
    ("selectors.", "make it inside the function"),
    ("sqlite3.Row", "pass tuple(...) or dict(...) of it"),
    ("re.Match", "pass what you need of it: .group(), .groups() or .span()"),
    ("posix.DirEntry", "pass its .path"),
    ("_contextvars.ContextVar", "set it inside the function"),
    ("_contextvars.", "set the variables inside the function"),
    ("_hashlib.", "pass its digest, or make it inside the function"),
)
"""By the beginning of the dotted name of a class, or of one of its bases."""

_BY_NAME: tuple[tuple[str, str], ...] = (
    ("socket", "open the connection inside the function"),
    ("EventLoop", "let the function run a loop of its own, as asyncio.run does"),
    ("Connection", "open the connection inside the function and pass what it needs to do so"),
    ("Cursor", "open the connection inside the function and pass what it needs to do so"),
    ("NpzFile", "load it inside the function, or pass dict(...) of it"),
    ("Executor", "make the executor inside the function"),
    ("Pool", "make the pool inside the function"),
    ("Thread", "start the thread inside the function"),
    ("Process", "start the process inside the function"),
    ("Popen", "start the program inside the function"),
    ("lock", "make the lock inside the function"),
    ("Future", "wait for its result and pass that"),
    ("Task", "await it and pass its result"),
    ("coroutine", "await it and pass its result"),
    ("mmap", "map the file inside the function"),
    ("finalize", "make it inside the function"),
    ("weakref", "pass the object that it refers to"),
    ("memoryview", "pass bytes(...) of it"),
    ("Tensor", "move it to the host first (.cpu())"),
    ("module", "import it inside the function"),
)
"""By a part of the name of a class."""


def advice_on(culprit: Any) -> str:
    """What to do instead."""
    if isinstance(culprit, io.IOBase):
        return "open it inside the function (the file itself ships if its path can be read from the source)"
    if isinstance(culprit, GeneratorType):
        return "pass list(...) of it, or make it inside the function"
    if isinstance(culprit, (FrameType, TracebackType)):
        return "pass its text"
    known = next(_known(type(culprit)), "")
    if known:
        return known
    if hasattr(type(culprit), "__next__"):
        return "pass list(...) of it, or make it inside the function"
    if hasattr(type(culprit), "__anext__"):
        return "collect its items and pass the list, or make it inside the function"
    if is_own_class(type(culprit)):
        return "make it inside the function, or give its class a __reduce__ or __getstate__"
    return "make it inside the function"


def is_known(value: Any) -> bool:
    """Whether there is advice for its kind, whatever it holds: what it is made of says less."""
    kind = type(value)
    try:
        refuse_alive(value)
    except CaptureError:
        return True
    of_python = kind.__module__.partition(".")[0] in sys.stdlib_module_names or not is_own_class(kind)
    return next(_known_by_kind(kind), "") != "" or (of_python and next(_known(kind), "") != "")


def _known_by_kind(kind: type) -> Iterator[str]:
    names = [f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__]
    yield from (advice for start, advice in _BY_KIND if any(name.startswith(start) for name in names))
    if any(name.startswith("multiprocessing.") for name in names) and not kind.__name__.endswith(("Lock", "Pool", "Process")):
        yield "make it inside the function: what processes share stays on their machine"


def _known(kind: type) -> Iterator[str]:
    yield from _known_by_kind(kind)
    yield from (advice for part, advice in _BY_NAME if part.lower() in kind.__name__.lower())
