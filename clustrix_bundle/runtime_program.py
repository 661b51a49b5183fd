"""The runtime as a file: ``runtime.pyz``, written whole or not at all."""

from __future__ import annotations

import os


def render_runtime_program() -> bytes:
    """The bytes of this installation's ``runtime.pyz``.

    Raises:
        PackagingError: The installation is incomplete.
    """
    from clustrix_bundle.bundler.runtime_file import render_runtime, runtime_folder, runtime_modules  # noqa: PLC0415 - where it is used

    return render_runtime(runtime_modules(runtime_folder()))


def write_runtime(path: str | os.PathLike[str]) -> bytes:
    """Write the runtime to ``path``; its bytes.

    Raises:
        PackagingError: The file cannot be written; nothing is left behind.
    """
    from clustrix_bundle.bundler.errors import PackagingError  # noqa: PLC0415 - only where a runtime is written
    from clustrix_bundle.bundler.publication import write_beside  # noqa: PLC0415

    target = os.path.abspath(path)
    content = render_runtime_program()
    try:
        with write_beside(os.path.dirname(os.path.realpath(target))) as publication:
            publication.file.write(content)
            publication.publish(target, 0o777)
    except OSError as error:
        raise PackagingError(
            f"cannot write the runtime to {target}: {error.strerror or error}; choose another place with -o. Nothing was left behind",
        ) from error
    return content
