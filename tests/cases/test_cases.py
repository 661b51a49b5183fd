"""Every project below ``projects/``: its function gives the same where the project is not, or a clear error at build."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("case_harness", Path(__file__).with_name("harness.py"))
assert _SPEC is not None and _SPEC.loader is not None
harness = importlib.util.module_from_spec(_SPEC)
sys.modules["case_harness"] = harness
_SPEC.loader.exec_module(harness)

CASES = sorted(path.parent for path in harness.PROJECTS.glob("*/case.json"))


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_function_gives_the_same_where_its_project_is_not(folder: Path, tmp_path: Path) -> None:
    case = harness.Case(folder)
    if case.missing_needs():
        pytest.skip(f"needs {', '.join(case.missing_needs())}")
    least = tuple(int(part) for part in case.data.get("python", "3.0").split("."))
    if sys.version_info[:2] < least:
        pytest.skip(f"needs Python {case.data['python']}")
    local = harness.run_locally(case, tmp_path / "local")
    shipped = harness.ship(case, tmp_path / "ship", sys.executable, dict(os.environ))
    expected = case.data.get("error")
    if expected is None:
        assert local.error is None, f"locally: {local.error}"
        assert local.value == case.data.get("expect_local", case.data["expect"]), local.log
        assert shipped.error is None, f"{shipped.error}\n{shipped.log}"
        assert shipped.value == case.data["expect"], shipped.log
    else:
        assert shipped.error is not None, f"no error but {shipped.value!r}"
        assert shipped.error["at"] == expected.get("at", shipped.error["at"]), shipped.error
        assert shipped.error["type"] == expected.get("type", shipped.error["type"]), shipped.error
        text = f"{shipped.error['message']}\n{shipped.error.get('traceback', '')}"
        for part in expected.get("contains", []):
            assert part in text
    _check_members(case, shipped.members)


def _check_members(case: object, members: tuple[str, ...]) -> None:
    shipped = {member.split("/", 2 if member.startswith("extra/") else 1)[-1] for member in members}
    for path in case.data.get("ships", []):
        assert any(member == path or member.startswith(f"{path}/") for member in shipped), (
            f"{path} did not ship: {sorted(shipped)}"
        )
    for path in case.data.get("stays", []):
        leaked = [member for member in shipped if member == path or member.startswith(f"{path}/")]
        assert not leaked, f"{leaked} shipped"
