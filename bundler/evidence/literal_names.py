"""String literals of reached code that name an existing file: tables of file names, defaults of options, arguments of foreign functions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.analysis.world import FileFinding, LoadedModule
from clustrix_bundle.bundler.evidence.paths import bases
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.evidence.reading import Reading
    from clustrix_bundle.bundler.facts.model import Text

_FILE_NAME = compile_lazily(r"(?![a-z]+://)[^\0\n<>|*?\"]*[/.][^\0\n<>|*?\"]*")
_NEVER = frozenset({".", "..", "/", "./", "../", "__init__.py", "__main__.py", "setup.py", "conftest.py"})
_CODE = (".py", ".pyc", ".pyi")


def files_in_strings(reading: Reading, module: LoadedModule) -> Iterator[FileFinding]:
    """Existing files that the module's strings name in full, seen from the working directory, the module's folder or the root."""
    folder = os.path.dirname(module.file)
    above = bases(reading)
    root = str(reading.world.root)
    if not reading.world.may_name_file(module, (*above, root)):
        return
    places = list(dict.fromkeys([*above, folder, root]))
    found: list[tuple[Text, str, bool]] = []
    for text in module.facts.paths:
        value = text.value
        near = [base for base in places if reading.disk.may_hold(base, value)]
        if (
            not near
            or value in _NEVER
            or value.startswith(("/", "~"))
            or value.endswith(_CODE)
            or not _FILE_NAME.fullmatch(value)
        ):
            continue
        for base in near:
            path = os.path.normpath(os.path.join(base, value))
            if reading.disk.is_file(path):
                found.append((text, path, base == folder and base not in above))
                break
    travelling = set(reading.texts(module)) if found else set()
    for text, path, anchored in found:
        if text in travelling:
            yield FileFinding(Path(path), text.line, repr(text.value), exact=True, anchored=anchored)
