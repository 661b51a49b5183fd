"""The rendered runtime is kept in the user's cache, and made again where that is damaged or another version's."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustrix_bundle import runtime_program
from clustrix_bundle.bundler import runtime_file


@pytest.fixture
def rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often it was rendered."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    times: list[int] = []
    render = runtime_file.render_runtime

    def counted(modules: dict[str, bytes]) -> bytes:
        times.append(1)
        return render(modules)

    monkeypatch.setattr(runtime_file, "render_runtime", counted)
    return times


def _again() -> bytes:
    runtime_program.render_runtime_program.cache_clear()
    return runtime_program.render_runtime_program()


def test_it_is_rendered_once_and_again_where_the_cache_is_damaged(rendered: list[int], tmp_path: Path) -> None:
    first = _again()
    assert _again() == first
    assert len(rendered) == 1
    (cached,) = tmp_path.glob("clustrix-bundle/runtime/*")
    cached.write_bytes(cached.read_bytes()[:-1])
    assert _again() == first
    assert len(rendered) == 2


def test_another_version_takes_its_place(rendered: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _again()
    modules = runtime_file.runtime_modules(runtime_file.runtime_folder())
    monkeypatch.setattr(runtime_file, "runtime_modules", lambda folder: modules | {"more": b"x = 1\n"})
    assert _again() != first
    assert len(rendered) == 2
    assert len(list(tmp_path.glob("clustrix-bundle/runtime/*"))) == 1
    runtime_program.render_runtime_program.cache_clear()


def test_a_cache_that_cannot_be_written_is_no_obstacle(rendered: list[int], tmp_path: Path) -> None:
    (tmp_path / "clustrix-bundle").write_text("a file")
    assert _again() == _again()
    assert len(rendered) == 2
