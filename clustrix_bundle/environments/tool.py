"""The builder as a file: what stands in `clustrix_bundle.environments.builder`, and what it needs of the runtime, in a zip that Python runs."""

from __future__ import annotations

import functools
import hashlib
import io
import zipfile
from pathlib import Path

from clustrix_bundle.deploy import Artefact

_TIME = (1980, 1, 1, 0, 0, 0)
_MAIN = b"import sys\nfrom clustrix_bundle.environments.builder.command import main\nsys.exit(main(sys.argv[1:]))\n"
_BUILDER = ("__init__", "claim", "command", "examine", "install", "redaction")
_RUNTIME = ("__init__", "job_folder", "owner")


@functools.cache
def examine_text() -> str:
    """The probe's program, as ``python -c`` takes it."""
    from clustrix_bundle.bundler.runtime_file import without_prose  # noqa: PLC0415 - where something is asked

    return without_prose((_here() / "builder" / "examine.py").read_bytes()).decode()


@functools.cache
def builder_tool() -> Artefact:
    """The builder, as it belongs into a state dir: the same bytes every time."""
    from clustrix_bundle import runtime  # noqa: PLC0415 - for where it is

    files = {"__main__.py": _MAIN, "clustrix_bundle/__init__.py": b"", "clustrix_bundle/environments/__init__.py": b""}
    for name in _BUILDER:
        files[f"clustrix_bundle/environments/builder/{name}.py"] = (_here() / "builder" / f"{name}.py").read_bytes()
    for name in _RUNTIME:
        files[f"clustrix_bundle/runtime/{name}.py"] = (Path(runtime.__path__[0]) / f"{name}.py").read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # no zlib on the way
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    return Artefact(f"tools/{digest}.pyz", len(content), digest, content)


def _here() -> Path:
    return Path(__file__).parent
