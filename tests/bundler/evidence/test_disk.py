"""Files that a path with holes can mean."""

from clustrix_bundle.bundler.evidence.disk import Disk
from clustrix_bundle.bundler.folding.pattern import DEEP
from clustrix_bundle.bundler.folding.value import ANY, Text


def matched(root, *parts, crossing=True):
    found = Disk().match(Text(parts), str(root), crossing=crossing)
    return [path.removeprefix(f"{root}/") for path in found]


def test_a_name_below_a_hole_is_found_at_any_depth_but_not_right_here(tmp_path, write_tree):
    names = ["p.json", "a/p.json", "a/b/p.json", ".hidden/p.json", "node_modules/p.json", "node_modules/x/p.json", "a/q.json"]
    root = write_tree(tmp_path / "r", dict.fromkeys(names, ""))
    assert matched(root, ANY, "/p.json") == ["a/p.json", "a/b/p.json", "node_modules/p.json"]
    assert matched(root, ANY, "/p.json", crossing=False) == ["a/p.json", "node_modules/p.json"]
    assert matched(root, DEEP, "/p.json") == ["p.json", "a/p.json", "a/b/p.json"]


def test_more_names_may_follow_and_links_are_not_followed_on(tmp_path, write_tree):
    root = write_tree(tmp_path / "r", dict.fromkeys(["a/conf/x.ini", "a/b/conf/x.ini", "a/b/conf/y.ini"], ""))
    (root / "link").symlink_to(root / "a")
    assert sorted(matched(root, ANY, "/conf/x.ini")) == ["a/b/conf/x.ini", "a/conf/x.ini", "link/conf/x.ini"]
