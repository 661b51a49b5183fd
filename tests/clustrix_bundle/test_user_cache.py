import os

import pytest
from clustrix_bundle.user_cache import cache_folder


def test_it_is_made_below_the_cache_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_folder("x") == str(tmp_path / "cache" / "clustrix-bundle" / "x")
    assert os.path.isdir(tmp_path / "cache" / "clustrix-bundle" / "x")


@pytest.mark.parametrize(("home", "cache"), [("~", ""), ("relative", ""), ("/", "relative")])
def test_nothing_is_made_in_the_current_folder_for_who_has_no_home(tmp_path, monkeypatch, home, cache):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", home)  # "~" is what is left of it for a user that the machine does not know
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    assert cache_folder("x") is None
    assert os.listdir(tmp_path) == []
