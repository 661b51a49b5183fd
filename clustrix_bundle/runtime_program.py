"""The runtime as a file: ``runtime.pyz``, written whole or not at all."""

from __future__ import annotations

import os


def write_runtime(path: str | os.PathLike[str]) -> bytes:
    """Write the runtime to ``path``; its bytes.

    Raises:
        PackagingError: The file cannot be written; nothing is left behind.
    """
    from clustrix_bundle.bundler.errors import PackagingError  # noqa: PLC0415 - only where a runtime is written
    from clustrix_bundle.bundler.publication import write_beside  # noqa: PLC0415
    from clustrix_bundle.bundler.runtime_file import render_runtime  # noqa: PLC0415

    target = os.path.abspath(path)
    content = render_runtime()
    try:
        with write_beside(os.path.dirname(target)) as publication:
            publication.file.write(content)
            publication.publish(target)
    except OSError as error:
        raise PackagingError(
            f"cannot write the runtime to {target}: {error.strerror or error}; choose another place with -o. Nothing was left behind",
        ) from error
    return content
