"""Why a value cannot travel, in the user's words: which variable, what it is, where it is used, what to do instead."""

from __future__ import annotations

import dis
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CellType, CodeType, FunctionType, GeneratorType, MethodType
from typing import Any

from clustrix_bundle.bundler.capture.advice import advice_on, is_known
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.bundler.capture.pickling import StatePickler, dump_stream

_DEPTH = 12
_BREADTH = 2000


def dump_or_explain(
    value: Any,
    needs: Needs,
    label: str,
    user: Callable[..., Any] | None = None,
    *,
    fills: Iterable[tuple[Any, Any]] = (),
    member: str = "",
) -> bytes:
    """`dump_stream`, with every refusal as a `CaptureError` that names the variable.

    Args:
        value: What travels.
        needs: Gets what the value leans on.
        label: What the user calls it, such as ``argument 'x'`` or ``global 'model'``.
        user: The function that uses it, for the line of use.
        fills: As in `dump_stream`.
        member: Likewise.

    Raises:
        CaptureError: the value, or something in it, cannot be pickled.
    """
    try:
        return dump_stream(value, needs, fills, member)
    except Exception as error:
        path, culprit = _culprit(value, label)
        if isinstance(error, CaptureError) and error.variable:  # a function, class or module that cannot travel by itself
            raise type(error)(f"{_line_of_use(path, user)}{path}: {error}", path, error.type) from error
        raise CaptureError(_message(path, culprit, error, user), path, type(culprit).__name__) from error


def _message(path: str, culprit: Any, error: BaseException, user: Callable[..., Any] | None) -> str:
    kind = type(culprit)
    name = f"{kind.__module__}.{kind.__qualname__}" if kind.__module__ not in ("builtins", "_io") else kind.__qualname__
    where = _line_of_use(path, user)
    advice = advice_on(culprit)
    return f"{where}{path} is {_described(culprit, name)} and cannot travel to another process ({type(error).__name__}: {error}); {advice}"


def _described(culprit: Any, name: str) -> str:
    if isinstance(culprit, io.IOBase):
        state = "a closed" if culprit.closed else "an open"
        file = getattr(culprit, "name", None)
        return f"{state} file ({name}{f' of {file!r}' if file is not None else ''})"
    if isinstance(culprit, GeneratorType):
        return f"a running generator ({culprit.gi_code.co_qualname})"
    return f"of type {name}"


def uses_of(name: str, functions: Iterable[Any]) -> Iterator[str]:
    """Where functions, or the methods of classes, read a global: ``line 5 (Repo.query)``, first uses first."""
    for function in functions:
        parts = vars(function).values() if isinstance(function, type) else [function]
        for part in parts:
            found = getattr(getattr(part, "__func__", part), "__wrapped__", getattr(part, "__func__", part))
            code = getattr(found, "__code__", None)
            if isinstance(code, CodeType):
                line = _first_use(code, name)
                if line:
                    yield f"line {line} ({found.__qualname__})"


def _first_use(code: CodeType, variable: str) -> int:
    for instruction in dis.get_instructions(code):
        if instruction.argval == variable and instruction.positions and instruction.positions.lineno:
            return instruction.positions.lineno
    inner = (_first_use(constant, variable) for constant in code.co_consts if isinstance(constant, CodeType))
    return next(filter(None, inner), 0)


def _culprit(value: Any, label: str) -> tuple[str, Any]:
    """The innermost part of `value` that is refused by itself, with the way to it."""
    path, current = label, value
    seen: set[int] = set()
    for _ in range(_DEPTH):
        seen.add(id(current))
        if is_known(current):  # what it is made of says less
            break
        for step, part in _parts(current):
            if id(part) not in seen and not _travels(part):
                path, current = _joined(path, step), part
                break
        else:
            return path, current
    return path, current


def _joined(path: str, step: str) -> str:
    return step if step.startswith(("cell ", "default ")) else path + step


def _travels(part: Any) -> bool:
    try:
        StatePickler(io.BytesIO(), Needs()).dump(part)
    except Exception:  # noqa: BLE001
        return False
    if isinstance(part, (FunctionType, CellType, type)):
        try:
            dump_stream(part, Needs())
        except Exception:  # noqa: BLE001
            return False
    return True


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, FunctionType):
        name = value.__qualname__
        for variable, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            try:
                yield f"cell {variable!r} of {name}", cell.cell_contents
            except ValueError:
                continue
        names = value.__code__.co_varnames[: value.__code__.co_argcount]
        defaults = value.__defaults__ or ()
        for variable, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            yield f"default {variable!r} of {name}", default
        for variable, default in (value.__kwdefaults__ or {}).items():
            yield f"default {variable!r} of {name}", default
        yield from ((f".{key}", part) for key, part in value.__dict__.items())
    elif isinstance(value, MethodType):
        yield ".__self__", value.__self__
        yield ".__func__", value.__func__
    elif isinstance(value, Mapping):
        for count, (key, part) in enumerate(value.items()):
            if count > _BREADTH:
                return
            yield f"[{key!r}]", part
            yield f".keys()[{count}]", key
    elif isinstance(value, (list, tuple, set, frozenset, deque)):
        for count, part in enumerate(value):
            if count > _BREADTH:
                return
            yield f"[{count}]", part
    elif isinstance(value, type):
        for key, part in vars(value).items():
            if isinstance(part, FunctionType):
                yield f".{key}", part
    else:
        partial = [(f".{key}", getattr(value, key)) for key in ("func", "args", "keywords") if type(value).__name__ == "partial"]
        yield from partial
        state = getattr(value, "__dict__", None)
        if isinstance(state, dict):
            yield from ((f".{key}", part) for key, part in state.items())
        for cls in type(value).__mro__:
            slots = vars(cls).get("__slots__", ())
            for key in (slots,) if isinstance(slots, str) else slots:
                if hasattr(value, key):
                    yield f".{key}", getattr(value, key)


def _line_of_use(path: str, user: Callable[..., Any] | None) -> str:
    """``file:line: `` of the first use of the variable that `path` starts from, where that can be told."""
    function = getattr(user, "__func__", user)
    code = getattr(function, "__code__", None)
    if code is None or "'" not in path:
        return ""
    variable = path.split("'")[1]
    line = _first_use(code, variable) or code.co_firstlineno
    return f"{code.co_filename}:{line}: "
