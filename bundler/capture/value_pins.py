"""The versions that values were pickled with: this process's own, whichever interpreter the bundle is for."""

from __future__ import annotations

import functools

from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.runtime.value_needs import major


@functools.lru_cache(maxsize=256)
def pin_here(pin: str) -> str:
    """``name==version`` as it is installed for this process, given how the target interpreter has it.

    Raises:
        CaptureError: the major versions differ: a job would refuse the value (``docs/values.md``).
    """
    from importlib import metadata  # noqa: PLC0415 - only where values are of installed classes

    name, _, there = pin.partition("==")
    try:
        here = metadata.version(name)
    except metadata.PackageNotFoundError:
        return pin
    if major(here) != major(there):
        raise CaptureError(
            f"a captured value or argument is pickled with {name} {here}, which is imported here, but the interpreter that the bundle is "
            f"for has {name} {there}: install the same major version in both, or pass what the value is made from",
            name,
        )
    return f"{name}=={here}"
