"""Glob patterns on a real tree: links, dotfiles, `**`, and what leads out."""

import warnings
from pathlib import Path

import pytest

from clustrix_bundle.runtime.local_files import LocalFilesystem
from clustrix_bundle.runtime.walking import UnreadableFolderWarning


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    for folder in ("data/sub/.hidden", "other/sub", ".git", "empty"):
        (work / folder).mkdir(parents=True)
    for name in (
        "a.csv",
        "data/a.csv",
        "data/b.csv",
        "data/.c.csv",
        "data/sub/d.csv",
        "data/sub/.hidden/e.csv",
        "other/sub/f.csv",
        ".git/g.csv",
    ):
        (work / name).write_text(name)
    (work / "link").symlink_to("data")
    (work / "file_link.csv").symlink_to("data/a.csv")
    (work / "dangling.csv").symlink_to("none")
    (work / "data/up").symlink_to("..")
    return work


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.csv", ["a.csv", "dangling.csv", "file_link.csv"]),
        ("*", ["a.csv", "dangling.csv", "data", "empty", "file_link.csv", "link", "other"]),
        (".*", [".git"]),
        (".git/*", [".git/g.csv"]),
        ("[.]*", []),
        ("*/", ["data", "empty", "link", "other"]),
        ("*/*.csv", ["data/a.csv", "data/b.csv", "link/a.csv", "link/b.csv"]),
        ("*/.c*", ["data/.c.csv", "link/.c.csv"]),
        ("link/*.csv", ["link/a.csv", "link/b.csv"]),
        ("link/sub/*", ["link/sub/d.csv"]),
        ("data/a.csv", ["data/a.csv"]),
        ("data/a.csv/", []),
        ("dangling.csv", ["dangling.csv"]),
        ("data/none", []),
        ("none/*", []),
        ("a.csv/*", []),
        ("**/*.csv", ["a.csv", "dangling.csv", "data/a.csv", "data/b.csv", "data/sub/d.csv", "file_link.csv", "other/sub/f.csv"]),
        ("**/sub", ["data/sub", "other/sub"]),
        ("**/sub/*", ["data/sub/d.csv", "other/sub/f.csv"]),
        ("**/", ["data", "data/sub", "data/up", "empty", "link", "other", "other/sub"]),
        ("other/**", ["other", "other/sub", "other/sub/f.csv"]),
        ("**/**/f.csv", ["other/sub/f.csv"]),
        ("**/up/a.csv", ["data/up/a.csv"]),
        ("data/../a.csv", ["data/../a.csv"]),
        ("./data//a.csv", ["data/a.csv"]),
        ("*/up/*/d*", []),
        ("data/up/*/b*", ["data/up/data/b.csv", "data/up/link/b.csv"]),
        (".", ["."]),
        ("", []),
    ],
)
def test_patterns(tree: Path, pattern: str, found: list[str]) -> None:
    assert LocalFilesystem(str(tree)).glob(pattern) == found


def test_double_stars_do_not_follow_links_nor_enter_dot_folders(tree: Path) -> None:
    found = LocalFilesystem(str(tree)).glob("**")
    assert "link" in found
    assert not [path for path in found if path.startswith(("link/", ".")) or "/." in path or "/up/" in path]


@pytest.mark.parametrize(
    ("path", "pattern", "found"),
    [("data", "*.csv", ["a.csv", "b.csv"]), ("data/", "sub/*", ["sub/d.csv"]), ("link", "../a.csv", ["../a.csv"])],
)
def test_matches_are_relative_to_the_path(tree: Path, path: str, pattern: str, found: list[str]) -> None:
    assert LocalFilesystem(str(tree)).glob(pattern, path) == found
    assert LocalFilesystem(str(tree)).glob(pattern, str(tree / path)) == found


def test_the_folder_itself_must_be_one(tree: Path) -> None:
    fs = LocalFilesystem(str(tree))
    with pytest.raises(NotADirectoryError):
        fs.glob("*", "a.csv")
    with pytest.raises(FileNotFoundError):
        fs.glob("*", "none")
    with pytest.raises(ValueError, match="relative"):
        fs.glob("/etc/*")


def test_a_link_that_leads_out_is_refused_where_it_is_named_and_told_where_magic_meets_it(tree: Path) -> None:
    (tree.parent / "outside").mkdir()
    (tree.parent / "outside/secret.csv").write_text("")
    (tree / "away").symlink_to("../outside")
    fs = LocalFilesystem(str(tree))
    for pattern in ("away/*.csv", "../outside/*", "away/secret.csv", "../*/x"):
        with pytest.raises(PermissionError):
            fs.glob(pattern)
    with pytest.warns(UnreadableFolderWarning, match="'away'"):
        assert fs.glob("*/*.csv") == ["data/a.csv", "data/b.csv", "link/a.csv", "link/b.csv"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "away" in fs.glob("*")
        assert LocalFilesystem(str(tree), [str(tree.parent / "outside")]).glob("aw*/*.csv") == ["away/secret.csv"]


def test_patterns_of_many_parts(tree: Path) -> None:
    fs = LocalFilesystem(str(tree))
    assert fs.glob("./" * 1500 + "a.csv") == ["a.csv"]
    assert fs.glob("**/" * 1500 + "f.csv") == ["other/sub/f.csv"]
    assert fs.glob("data/up/" * 15 + "a*") == ["data/up/" * 15 + "a.csv"]
    assert fs.glob("x/" * 3000 + "*") == []
