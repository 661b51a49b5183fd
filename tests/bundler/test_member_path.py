import pytest
from clustrix_bundle.bundler.errors import UnsafePathError
from clustrix_bundle.bundler.member_path import check_link, check_member_path, tree_of


@pytest.mark.parametrize("path", ["project/a", "extra/1-lib/a/b", "values/x.pkl", "project/a b\n/\udcff", "project/..."])
def test_a_plain_path_below_the_bundles_folders_is_fine(path):
    check_member_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "project/../x",
        "project//x",
        "project/./x",
        "project",
        "extra/1-lib",
        "other/x",
        "",
        "project/a\0b",
        "project/x/",
        "project/\ud800",
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path):
    with pytest.raises(UnsafePathError):
        check_member_path(path)


def test_each_source_root_is_a_tree_of_its_own():
    assert [tree_of(path) for path in ("project/a/b", "extra/1-lib/a", "values/x")] == ["project", "extra/1-lib", "values"]


@pytest.mark.parametrize("target", ["b", "../a/b", "../x", "./b/../c", "loop"])
def test_a_link_within_its_tree_is_fine(target):
    check_link("project/a/loop", {"project/a/loop": target})


@pytest.mark.parametrize("target", ["/etc", "../..", "../../values/x", "", "a\0", "../../project/x"])
def test_a_link_out_of_its_tree_is_refused_even_if_it_comes_back(target):
    with pytest.raises(UnsafePathError):
        check_link("project/a/link", {"project/a/link": target})


def test_a_link_that_leads_out_through_another_is_refused():
    # Taken as text s/b/../.. stays inside; on a disk b is the project itself, two folders below what `..` reaches.
    links = {"project/s/b": "..", "project/s/a": "b/../.."}
    check_link("project/s/b", links)
    with pytest.raises(UnsafePathError):
        check_link("project/s/a", links)


def test_a_link_from_one_source_root_into_another_is_refused():
    with pytest.raises(UnsafePathError):
        check_link("extra/1-a/x", {"extra/1-a/x": "../2-b/y"})
