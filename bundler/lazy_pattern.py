"""Regular expressions that are compiled when they are first used: a build needs few of those that its modules hold, and each takes 0.1 ms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, AnyStr

__all__ = ["compile_lazily"]

if TYPE_CHECKING:
    from re import compile as compile_lazily
else:

    class LazyPattern:
        """Stands for a `re.Pattern`: asked for any of its attributes, it compiles itself and has all of them."""

        def __init__(self, pattern: AnyStr, flags: int) -> None:
            self._given = pattern, flags

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            compiled = re.compile(*self._given)
            self.__dict__.update({each: getattr(compiled, each) for each in dir(compiled) if not each.startswith("_")})
            return getattr(compiled, name)

    def compile_lazily(pattern: AnyStr, flags: int = 0) -> LazyPattern:
        """What `re.compile` gives, later."""
        return LazyPattern(pattern, flags)
