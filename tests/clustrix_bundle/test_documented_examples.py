"""The Python and TOML in docs/filesystem.md, docs/configuration.md and docs/environments.md does what the pages say."""

import re
from pathlib import Path

import pytest

from clustrix_bundle import configuration, load_profile

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


@pytest.mark.parametrize("page", ["filesystem.md", "configuration.md", "environments.md"])
def test_python_examples_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(configuration, "_active", None)
    monkeypatch.setenv("CLUSTRIX_CONFIG_DIR", str(tmp_path))
    (tmp_path / "a.csv").write_text("123")
    examples = blocks(page, "python")
    assert examples
    for example in examples:
        namespace: dict[str, object] = {}
        exec(compile(example, page, "exec"), namespace)
        assert namespace.get("total", 3) == 3


def test_the_profile_of_an_environment_is_one(tmp_path: Path) -> None:
    (example,) = blocks("environments.md", "toml")
    (tmp_path / "clustrix.toml").write_text(example)
    config = load_profile(folder=str(tmp_path), environ={"CLUSTRIX_CONFIG_DIR": "/nowhere"})
    assert (config.environment, config.strict, config.module_loads) == ("venv", True, ["python/3.12"])


def test_the_profile_in_the_page_is_one(tmp_path: Path) -> None:
    (example,) = blocks("configuration.md", "toml")
    (tmp_path / "clustrix.toml").write_text(example)
    config = load_profile(folder=str(tmp_path), environ={"CLUSTRIX_DEFAULT_CORES": "8", "CLUSTRIX_CONFIG_DIR": "/nowhere"})
    assert (config.cluster_type, config.module_loads, config.default_cores) == ("slurm", ["python/3.11"], 8)
