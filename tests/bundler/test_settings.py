import pytest
from clustrix_bundle.bundler.errors import SettingsError
from clustrix_bundle.bundler.settings import Settings, parse_settings, parse_size, read_settings


def read(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    return read_settings(tmp_path)


def test_a_project_without_settings_has_the_defaults(tmp_path):
    assert read_settings(tmp_path) == Settings()
    assert read(tmp_path, "[project]\nname = 'x'\n") == Settings()
    assert read(tmp_path, "# about clustrix-bundle\n[tool]\n") == Settings()


def test_every_setting_is_read(tmp_path):
    text = '[tool.clustrix-bundle]\ninclude = ["a/*"]\nexclude = ["b", "c"]\ndynamic = "error"\nmax-file-size = "1.5 GiB"\n'
    assert read(tmp_path, text) == Settings(("a/*",), ("b", "c"), "error", 3 * 2**29)


@pytest.mark.parametrize(
    ("text", "size"), [(5, 5), ("10", 10), ("200 MB", 200_000_000), ("1k", 1000), ("2 KiB", 2048), ("3tb", 3 * 10**12), ("7B", 7)]
)
def test_sizes_are_in_the_units_that_people_write(text, size):
    assert parse_size(text, "x") == size


@pytest.mark.parametrize("value", [0, -1, "", "MB", "1 apple", "-5 MB", 1.5, True, None, ["1"], "0"])
def test_an_impossible_size_is_refused(value):
    with pytest.raises(SettingsError, match="200 MB"):
        parse_size(value, "max-file-size")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"includes": []}, "did you mean 'include'"),
        ({"max_file_size": 1}, "did you mean 'max-file-size'"),
        ({"zzz": 1}, "known are include, exclude"),
        ({"include": "data"}, "give a list"),
        ({"exclude": [1]}, "give a list"),
        ({"exclude": [""]}, "give a list"),
        ({"dynamic": "maybe"}, "choose one of widen, warn, error"),
        ([], "should be a table"),
    ],
    ids=str,
)
def test_what_is_unknown_or_impossible_is_named_with_its_file(table, says):
    with pytest.raises(SettingsError, match=says) as caught:
        parse_settings(table, "/p/pyproject.toml")
    assert "/p/pyproject.toml: [tool.clustrix-bundle]" in str(caught.value)


def test_broken_toml_is_named_with_its_line(tmp_path):
    with pytest.raises(SettingsError, match=r"pyproject.toml is not TOML.*line 2"):
        read(tmp_path, "[tool.clustrix-bundle]\ninclude == 1\n")


def test_a_table_under_the_packages_name_is_an_error_and_not_ignored(tmp_path):
    with pytest.raises(SettingsError, match=r"called \[tool.clustrix-bundle\]"):
        read(tmp_path, '[tool.clustrix_bundle]\ninclude = ["a/*"]\n')
