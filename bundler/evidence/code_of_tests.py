"""Which modules are tests: they never come by possible evidence, nor does what they gather."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.evidence.reading import Reading


def is_test_name(name: str) -> bool:
    """Whether a dotted name lies in a folder of tests, or is a test module."""
    parts = name.split(".")
    return (
        any(part in ("tests", "test", "testing", "conftest") for part in parts)
        or parts[-1].startswith("test_")
        or parts[-1].endswith("_test")
    )


def is_test_code(reading: Reading, module: LoadedModule) -> bool:
    """Whether a module runs tests, and is not what the user ships: what it gathers around it are tests to run."""
    return is_test_name(module.name) and not is_test_name(reading.world.entry[0])
