"""What pickles name, read without loading them."""

from __future__ import annotations

import io
import pickletools
from collections.abc import Iterable


def pickled_modules(streams: Iterable[bytes]) -> set[str]:
    """Names of the modules that pickles import from, read without loading them."""
    found: set[str] = set()
    for data in streams:
        stream = io.BytesIO(data)
        strings: list[str] = []
        while stream.tell() < len(data):
            for opcode, argument, _position in pickletools.genops(stream):
                if opcode.name == "GLOBAL":
                    found.add(str(argument).partition(" ")[0])
                elif opcode.name == "STACK_GLOBAL" and len(strings) >= 2:
                    found.add(strings[-2])
                elif isinstance(argument, str):
                    strings.append(argument)
    return found
