from __future__ import annotations

from pathlib import Path

import pytest
from clustrix_bundle.bundler.roots import choose_project_root, find_project_root, find_source_roots, widen_project_root


@pytest.mark.parametrize("marker", ["pyproject.toml", "setup.cfg", "setup.py", ".git"])
def test_the_nearest_marker_makes_the_project_root(tmp_path, write_tree, marker):
    write_tree(tmp_path, {"outer/.git": "", f"outer/in/{marker}": "", "outer/in/a/b/x.py": ""})
    assert find_project_root(tmp_path / "outer/in/a/b") == tmp_path / "outer/in"


def test_the_home_folder_is_no_project_and_ends_the_search(tmp_path, write_tree):
    write_tree(tmp_path, {"pyproject.toml": "", "home/.git": "", "home/code/x.py": ""})
    assert find_project_root(tmp_path / "home/code", home=tmp_path / "home") is None


def test_without_a_marker_the_current_folder_counts_if_it_holds_the_entry(tmp_path, write_tree):
    write_tree(tmp_path, {"a/b/x.py": "", "c": None})
    assert choose_project_root(tmp_path / "a/b", tmp_path, None) == tmp_path
    assert choose_project_root(tmp_path / "a/b", tmp_path / "c", None) == tmp_path / "a/b"
    assert choose_project_root(tmp_path / "a/b", tmp_path, home=tmp_path) == tmp_path / "a/b"


def test_source_roots_stand_in_the_order_of_the_search_each_once(tmp_path, write_tree):
    root = write_tree(tmp_path / "proj", {"src": None, "scripts": None, "here/src": None})
    site = write_tree(tmp_path / "site-packages", {"dev.pth": f"{tmp_path}/dev\nimport os\n#{tmp_path}\n{tmp_path}/gone\n"})
    (tmp_path / "dev").mkdir()
    (tmp_path / "pp").mkdir()
    roots = find_source_roots(
        script_folder=root / "scripts",
        cwd=root / "here",
        project_root=root,
        python_path=["", str(tmp_path / "pp"), str(root), "/no/such/folder"],
        site_folders=[str(site)],
    )
    assert [str(one.path.relative_to(tmp_path)) for one in roots] == [
        "proj/scripts",
        "proj/here",
        "proj/here/src",
        "proj",
        "proj/src",
        "pp",
        "dev",
    ]
    assert [one.after_packages for one in roots] == [False] * 6 + [True]


def test_mapped_editable_packages_are_source_roots_and_our_own_is_none(tmp_path, write_tree):
    site = write_tree(
        tmp_path / "site-packages",
        {
            "__editable___x_finder.py": f"MAPPING: dict[str, str] = {{'x': {str(tmp_path / 'lib' / 'x')!r}, 'clustrix_bundle': '/y'}}\n",
            "__editable___broken_finder.py": "MAPPING = {name: 1}\n",
        },
    )
    roots = find_source_roots(script_folder=None, cwd=tmp_path, project_root=None, site_folders=[str(site)])
    assert [(root.path, root.package) for root in roots] == [(tmp_path, ""), (tmp_path / "lib" / "x", "x")]


@pytest.mark.parametrize(
    ("root", "folders", "home", "wider"),
    [
        ("/home/u/code/svc", ["/home/u/code/shared"], "/home/u", "/home/u/code"),
        ("/home/u/code/a/b", ["/home/u/code/a/data", "/home/u/code/lib"], "/home/u", "/home/u/code"),
        ("/home/u/svc", ["/home/u/data"], "/home/u", None),
        ("/srv/svc", ["/srv/data"], "/home/u", None),
        ("/srv/a/b/c/d/e", ["/srv/a/data"], None, None),
    ],
)
def test_a_root_widens_to_what_the_code_opens_around_it(root, folders, home, wider):
    found = widen_project_root(Path(root), folders, Path(home) if home else None)
    assert found == (Path(wider) if wider else None)
