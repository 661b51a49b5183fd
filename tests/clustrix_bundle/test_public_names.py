"""What users import from `clustrix_bundle`: every name is there, and costs nothing before it is used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import clustrix_bundle


@pytest.mark.parametrize("name", clustrix_bundle.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(clustrix_bundle, name) is getattr(clustrix_bundle, name)
    assert name in dir(clustrix_bundle)


def test_the_names_of_the_design_are_public() -> None:
    wanted = """ClusterConfig ClusterFilesystem FileInfo DiskUsage DependencyAnalyzer DependencyGraph FilePackager PackageInfo Bundle bundle
        cluster configure get_config PathOutsideWorkDir UnreadableFolderWarning ClusterUnreachableFromJob NotYetSupported ConfigError
        cluster_ls cluster_find cluster_stat cluster_exists cluster_isdir cluster_isfile cluster_glob cluster_du cluster_count_files
        RemoteError ClustrixBundleError"""
    assert set(wanted.split()) <= set(clustrix_bundle.__all__)


def test_every_public_name_can_be_imported_in_a_job() -> None:
    from clustrix_bundle.runtime import shim

    assert set(clustrix_bundle.__all__) <= set(shim.PUBLIC)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'clustrix_bundle' has no attribute 'clutser'"):
        _ = clustrix_bundle.clutser


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import clustrix_bundle", {"clustrix_bundle.runtime", "clustrix_bundle.bundler", "libcst", "importlib.metadata"}),
        (
            "from clustrix_bundle import cluster, cluster_ls, configure; cluster_ls()",
            {"clustrix_bundle.bundler", "libcst", "paramiko", "click", "rich", "zstandard"},
        ),
        ("from clustrix_bundle import bundle, cluster", {"libcst", "paramiko", "rich"}),
    ],
)
def test_imports_load_no_more_than_they_need(code: str, unwanted: set[str]) -> None:
    program = code + "\nimport sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not unwanted & set(loaded)


def test_type_checkers_see_the_names_that_are_there() -> None:
    """The block for type checkers repeats the table; both must say the same."""
    tree = ast.parse(Path(clustrix_bundle.__file__).read_text())
    block = next(
        node
        for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    )
    seen = {alias.asname: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == {name: "clustrix_bundle" + module for name, module in clustrix_bundle._PUBLIC.items()}
