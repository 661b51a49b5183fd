"""The interpreter's own modules as they were when this package was imported, for the time of an analysis.

A program may have replaced ``builtins.sum`` or ``os.fspath`` for itself. What reads its values must not run through that: the
replacement may count, refuse, or give something else. So what stands there is put aside, and put back afterwards.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import threading
import types

_MISSING = object()
_EXCLUDED = frozenset({"_", "environ", "environb", "__doc__"})


class Pristine:
    """A context in which names of some modules mean what they meant when it was made; contexts may overlap in several threads."""

    def __init__(self, modules: tuple[types.ModuleType, ...]) -> None:
        self._kept = [
            (vars(module), {name: value for name, value in vars(module).items() if name not in _EXCLUDED}) for module in modules
        ]
        self._lock = threading.RLock()
        self._depth = 0
        self._aside: list[tuple[dict[str, object], str, object]] = []

    def __enter__(self) -> None:
        with self._lock:
            self._depth += 1
            if self._depth > 1:
                return
            for namespace, kept in self._kept:  # nothing here but syntax: no builtin is what it was yet
                for name in kept:
                    found = namespace.get(name, _MISSING)
                    if found is not kept[name]:
                        self._aside.append((namespace, name, found))
                        namespace[name] = kept[name]

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth:
                return
            while self._aside:
                namespace, name, found = self._aside.pop()
                if found is _MISSING:
                    del namespace[name]
                else:
                    namespace[name] = found


pristine = Pristine((builtins, types, os, os.path, io, functools))
