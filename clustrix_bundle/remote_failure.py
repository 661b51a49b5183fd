"""What a function raised where it ran, made again here: reads the form that `clustrix_bundle.runtime.failure_file` writes."""

from __future__ import annotations

import io
import pickle
from collections import deque
from collections.abc import Callable, Mapping
from typing import IO, Any

from clustrix_bundle.errors import RemoteError, RemoteTraceback

_HEAP_TYPE = 1 << 9  # CPython: Py_TPFLAGS_HEAPTYPE
_PHASES = {
    "import": "raised while the function's module was loaded, before the function was called:\n",
    "arguments": "raised while the function's arguments were read, before the function was called:\n",
}
_ENDING = {
    "SystemExit": "the function ended its program, with code {}",
    "KeyboardInterrupt": "the function raised it itself; nobody interrupted it from outside",
}
Captured = Mapping[tuple[str, int], Any]
"""Functions and classes that travelled by definition, by values file and position (``DependencyGraph.captured``)."""

_RUNTIME = "_clustrix_runtime."


class RemoteUnpickler(pickle.Unpickler):
    """Reads what a job pickled: the runtime's modules have other names here than in the shipped file.

    Args:
        file: The pickle.
        captured: Functions and classes that travelled by definition, by values file and position: they come home as themselves.
    """

    def __init__(self, file: IO[bytes], captured: Captured | None = None) -> None:
        super().__init__(file)
        self._captured = captured or {}

    def persistent_load(self, pid: Any) -> Any:
        """The captured function or class."""
        if pid not in self._captured:
            raise pickle.UnpicklingError("it is of a class, or is a function, that another process made and sent")
        return self._captured[pid]

    def find_class(self, module: str, name: str) -> Any:
        """The object of that name, in this process's own modules."""
        if module.startswith(_RUNTIME):
            module = "clustrix_bundle.runtime." + module[len(_RUNTIME) :]
        return super().find_class(module, name)


def read_failure(file: IO[bytes], captured: Captured | None = None) -> BaseException:
    """The exception, its chain ended by a `RemoteTraceback`; `captured` as for `RemoteUnpickler`.

    Raises:
        Exception: It cannot be made again here; whatever the pickle or a class in it raises.
    """
    failure = RemoteUnpickler(file).load()
    if failure["problem"]:
        raise pickle.UnpicklingError(f"it could not be pickled there: {failure['problem']}")
    error = _Nodes(failure["nodes"], captured or {}).build()
    end = error
    seen = {id(end)}
    while (deeper := end.__cause__ or (None if end.__suppress_context__ else end.__context__)) is not None and id(
        deeper
    ) not in seen:
        end = deeper
        seen.add(id(end))
    if end.__cause__ is None:
        end.__cause__ = RemoteTraceback(_PHASES.get(failure["phase"], "") + failure["traceback"])
    return error


def raisable(told: Mapping[str, Any], stored: IO[bytes], captured: Captured | None = None) -> Exception:
    """What to raise here for what the function raised there: itself, or a `RemoteError` where that cannot be.

    Args:
        told: An outcome's ``error``.
        stored: The failure file.
        captured: As for `RemoteUnpickler`.
    """
    kind, message, remote = told["type"], told["message"], told.get("traceback", "")
    try:
        error = read_failure(stored, captured)
    except Exception as problem:  # noqa: BLE001 - a class of the user's own may raise anything
        why = f"{message}\n(it is told, not raised, because it cannot be made again here: {told_shortly(problem)})"
        return _caused(RemoteError(kind, why, remote), problem)
    if not isinstance(error, Exception):  # it would end this program
        return _caused(RemoteError(kind, _ENDING.get(kind, "{}").format(message), remote), error)
    return error


def told_shortly(error: Exception) -> str:
    """Type and text."""
    return f"{type(error).__name__}: {error}"


def _caused(error: RemoteError, cause: BaseException) -> RemoteError:
    error.__cause__ = cause
    return error


class _Nodes:
    def __init__(self, rows: list[dict[str, Any]], captured: Captured) -> None:
        self._rows = rows
        self._made: dict[int, BaseException] = {}
        self._making: set[int] = set()
        self._unfilled: deque[int] = deque()
        self._open: dict[int, tuple[pickle.Unpickler, tuple[Any, ...]]] = {}
        load = self._make

        class Unpickler(RemoteUnpickler):
            def persistent_load(self, pid: Any) -> Any:
                return load(pid) if isinstance(pid, int) else super().persistent_load(pid)

        self._unpickler: Callable[[bytes], pickle.Unpickler] = lambda data: Unpickler(io.BytesIO(data), captured)

    def build(self) -> BaseException:
        error = self._make(0)
        while self._unfilled:
            self._fill(self._unfilled.popleft())
        return error

    def _make(self, number: int) -> BaseException:
        if number in self._made:
            return self._made[number]
        if number in self._making:
            raise pickle.UnpicklingError("an exception is among its own arguments")
        self._making.add(number)
        row = self._rows[number]
        content = self._unpickler(row["content"])
        call, args = content.load()
        self._open[number] = content, args
        error = self._made_by_author(row)
        self._made[number] = error if error is not None else _bare(self._unpickler(row["class"]).load(), call)
        self._unfilled.append(number)
        return self._made[number]

    def _made_by_author(self, row: dict[str, Any]) -> BaseException | None:
        """What the class's own ``__reduce__`` gives, if that works."""
        if row["made"] is None:
            return None
        try:
            function, args = self._unpickler(row["made"]).load()
            error = function(*args)
        except Exception:  # noqa: BLE001 - the author's code; there is another way
            return None
        return error if isinstance(error, BaseException) else None

    def _fill(self, number: int) -> None:
        row, error = self._rows[number], self._made[number]
        content, args = self._open.pop(number)
        if row["made"] is None:
            error.args = args
        state = content.load()
        if state:
            setstate: Callable[[Any], None] = getattr(error, "__setstate__")  # noqa: B009 - typeshed has it for some versions only
            setstate(state)
        if row["context"] is not None:
            error.__context__ = self._make(row["context"])
        if row["cause"] is not None:
            error.__cause__ = self._make(row["cause"])
        error.__suppress_context__ = row["suppress"]


def _bare(kind: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """An exception as its built-in base makes it; the class's own ``__init__``, which rarely takes ``args``, is not called."""
    base: Any = next(base for base in kind.__mro__ if not base.__flags__ & _HEAP_TYPE)
    try:
        error: BaseException = base.__new__(kind, *args)
        base.__init__(error, *args)
    except TypeError:
        error = BaseException.__new__(kind, *args)
    return error
