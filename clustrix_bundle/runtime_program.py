"""The runtime as a file: ``runtime.pyz``, written whole or not at all."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from collections.abc import Mapping

_DIGEST_SIZE = 32


@functools.cache
def render_runtime_program() -> bytes:
    """The bytes of this installation's ``runtime.pyz``, from the user's cache if they were rendered before.

    Raises:
        PackagingError: The installation is incomplete.
    """
    from clustrix_bundle.bundler import runtime_file  # noqa: PLC0415 - where it is used
    from clustrix_bundle.user_cache import cache_folder  # noqa: PLC0415

    modules = runtime_file.runtime_modules(runtime_file.runtime_folder())
    folder = cache_folder("runtime")
    path = os.path.join(folder, _key(modules, runtime_file.__file__)) if folder is not None else None
    content = _read_cached(path) if path is not None else None
    if content is None:
        content = runtime_file.render_runtime(modules)
        if path is not None:
            _write_cached(path, content)
    return content


@functools.cache
def runtime_program() -> tuple[str, bytes]:
    """(digest, bytes) of this installation's ``runtime.pyz``."""
    content = render_runtime_program()
    return hashlib.sha256(content).hexdigest(), content


def _key(modules: Mapping[str, bytes], renderer: str) -> str:
    """A name that changes with the modules, and with the code that renders them."""
    digest = hashlib.sha256()
    with open(renderer, "rb") as source:
        digest.update(source.read())
    for name in sorted(modules):
        digest.update(f"{name} {len(modules[name])}\n".encode() + modules[name])
    return digest.hexdigest()


def _read_cached(path: str) -> bytes | None:
    try:
        with open(path, "rb") as cached:
            digest, content = cached.read(_DIGEST_SIZE), cached.read()
    except OSError:
        return None
    return content if hashlib.sha256(content).digest() == digest else None


def _write_cached(path: str, content: bytes) -> None:
    part = f"{path}.{os.urandom(4).hex()}.part"
    try:
        with open(part, "xb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        for name in os.listdir(os.path.dirname(path)):  # of other versions
            if not name.endswith(".part"):
                os.unlink(os.path.join(os.path.dirname(path), name))
        os.replace(part, path)
    except OSError:  # no room, or another process was at it
        with contextlib.suppress(OSError):
            os.unlink(part)


def write_runtime(path: str | os.PathLike[str]) -> bytes:
    """Write the runtime to ``path``; its bytes.

    Raises:
        PackagingError: The file cannot be written; nothing is left behind.
    """
    from clustrix_bundle.bundler.publication import write_whole  # noqa: PLC0415 - only where a runtime is written

    content = render_runtime_program()
    write_whole(path, content, "the runtime", 0o777)
    return content
