from __future__ import annotations

import os

import pytest
from clustrix_bundle.bundler.layout import Base, Layout, Link, Links, follow_links
from clustrix_bundle.bundler.roots import SourceRoot


def test_paths_below_the_project_root_keep_their_place(tmp_path):
    layout = Layout(tmp_path, [SourceRoot(tmp_path / "src", "s")], tmp_path, None)
    layout.settle([])
    assert layout.member(str(tmp_path / "src" / "a.py")) == "project/src/a.py"
    assert layout.member(str(tmp_path)) == "project"


def test_roots_elsewhere_are_numbered_in_their_order_as_far_as_they_are_used(tmp_path, write_tree):
    write_tree(tmp_path, {"p": None, "one/x.py": "", "two/y.py": "", "odd name!/z.py": ""})
    roots = [SourceRoot(tmp_path / name, "r") for name in ("p", "one", "two", "odd name!")]
    layout = Layout(tmp_path / "p", roots, tmp_path / "p", None)
    layout.settle([str(tmp_path / "odd name!" / "z.py"), str(tmp_path / "two" / "y.py")])
    assert layout.member(str(tmp_path / "two" / "y.py")) == "extra/1-two/y.py"
    assert layout.member(str(tmp_path / "odd name!" / "z.py")) == "extra/2-odd-name-/z.py"
    assert layout.base_of(str(tmp_path / "elsewhere")) is None


def test_a_root_elsewhere_brings_its_project_around_it(tmp_path, write_tree):
    write_tree(tmp_path, {"p": None, "lib/pyproject.toml": "", "lib/src/m.py": "", "lib/data/x.txt": ""})
    layout = Layout(tmp_path / "p", [SourceRoot(tmp_path / "lib" / "src", "r")], tmp_path / "p", None)
    layout.settle([str(tmp_path / "lib" / "src" / "m.py")])
    assert layout.member(str(tmp_path / "lib" / "src" / "m.py")) == "extra/1-lib/src/m.py"
    assert layout.member(str(tmp_path / "lib" / "data" / "x.txt")) == "extra/1-lib/data/x.txt"


def test_a_package_mapped_under_another_name_gets_that_name(tmp_path, write_tree):
    write_tree(tmp_path, {"p": None, "code/__init__.py": ""})
    layout = Layout(tmp_path / "p", [SourceRoot(tmp_path / "code", "e", package="lib.core")], tmp_path / "p", None)
    layout.settle([str(tmp_path / "code" / "__init__.py")])
    assert layout.member(str(tmp_path / "code" / "__init__.py")) == "extra/1-code/lib/core/__init__.py"


@pytest.fixture
def base(tmp_path, write_tree):
    root = write_tree(tmp_path / "root", {"archive/run7/a.txt": "", "archive/run7/deep/b.txt": "", "sub/x.txt": ""})
    write_tree(tmp_path / "outside", {"far.txt": "", "folder/z.txt": ""})
    return Base(str(root))


def real(base, *parts):
    return os.path.join(base.folder, *parts)


def test_a_link_inside_is_followed_and_kept(base):
    os.symlink("archive/run7", real(base, "inputs"))
    assert follow_links(real(base, "inputs", "a.txt"), base) == (
        real(base, "archive/run7/a.txt"),
        [Link(real(base, "inputs"), real(base, "archive/run7"))],
    )


def test_links_to_links_are_each_kept(base):
    os.symlink("../archive", real(base, "sub", "one"))
    os.symlink("sub/one/run7", real(base, "two"))
    path, links = follow_links(real(base, "two", "deep", "b.txt"), base)
    assert path == real(base, "archive/run7/deep/b.txt")
    assert [link.path for link in links] == [real(base, "two"), real(base, "sub", "one")]


def test_an_absolute_link_inside_is_kept(base):
    os.symlink(real(base, "archive"), real(base, "abs"))
    assert follow_links(real(base, "abs"), base) == (real(base, "archive"), [Link(real(base, "abs"), real(base, "archive"))])


def test_what_a_link_out_points_to_takes_its_place(base, tmp_path):
    os.symlink(tmp_path / "outside" / "folder", real(base, "ext"))
    assert follow_links(real(base, "ext", "z.txt"), base) == (real(base, "ext", "z.txt"), [])


def test_a_link_that_leaves_and_comes_back_points_straight_to_its_target(base, tmp_path):
    os.symlink(real(base, "archive"), tmp_path / "outside" / "back")
    os.symlink(tmp_path / "outside" / "back", real(base, "round"))
    path, links = follow_links(real(base, "round", "run7", "a.txt"), base)
    assert path == real(base, "archive/run7/a.txt")
    assert links == [Link(real(base, "round"), real(base, "archive"))]


def test_a_link_to_itself_ends(base):
    os.symlink("loop", real(base, "loop"))
    follow_links(real(base, "loop", "x"), base)


def test_what_is_known_of_folders_says_the_same_of_all_paths(base, tmp_path):
    os.symlink("../archive", real(base, "sub", "one"))
    os.symlink("sub/one/run7", real(base, "two"))
    os.symlink(tmp_path / "outside", real(base, "ext"))
    os.symlink("x.txt", real(base, "sub", "file"))
    os.symlink("loop", real(base, "loop"))
    paths = [
        os.path.join(folder, name)
        for folder, folders, files in os.walk(base.folder, followlinks=True)
        for name in [*folders, *files]
        if folder.count("one") < 2
    ]
    assert len(paths) > 20
    for order in (sorted(paths), sorted(paths, reverse=True)):
        links = Links()
        assert [links.follow(path, base) for path in order] == [follow_links(path, base) for path in order]
