"""Metadata of installed distributions: headers as `email.parser` reads them, and no more files read than a question needs."""

import importlib.metadata
from email.parser import HeaderParser

import pytest

from clustrix_bundle.bundler.distributions import Distributions, read_headers


def as_email_reads(text):
    headers = {}
    for name, value in HeaderParser().parsestr(text).items():
        headers.setdefault(name.lower(), []).append(value)
    return without_ends(headers)


def without_ends(headers):
    """The values with no spaces at the ends of their lines."""
    return {
        name: ["\n".join(line.rstrip() for line in value.splitlines()) for value in values] for name, values in headers.items()
    }


def as_we_read(text):
    return without_ends(read_headers(text.splitlines(keepends=True)))


def test_headers_of_everything_installed_here_are_as_email_reads_them():
    texts = [text for one in importlib.metadata.distributions() if (text := one.read_text("METADATA"))]
    assert len(texts) > 20
    for text in texts:
        assert as_we_read(text) == as_email_reads(text)


@pytest.mark.parametrize(
    "text",
    [
        "Name: a\nVersion:1\nNAME: b\n\nName: c\n",
        "Name: a\nDescription: one\n        |two\n\tthree\nVersion: 2\n",
        "Name: a\nno header\nVersion: 2\n",
        "Name:  a b  \r\nVersion: 2\r\n\r\nbody: c\r\n",
        "",
        "\nName: a\n",
        "Requires-Dist: a ; extra == 'b: c'\nRequires-Dist: d\n",
    ],
)
def test_headers_are_as_email_reads_them(text):
    assert as_we_read(text) == as_email_reads(text)


def test_an_owner_that_its_name_tells_is_found_without_a_look_at_others(tmp_path, monkeypatch):
    for name, files in {"one-1.0": "one/__init__.py,,\n", "two-2.0": "two.py,,\n"}.items():
        info = tmp_path / f"{name}.dist-info"
        info.mkdir()
        (info / "RECORD").write_text(files)
        (info / "METADATA").write_text(f"Name: {name[:3]}\nVersion: {name[4:]}\n")
    found = Distributions((str(tmp_path),))
    other = found.by_name["two"]
    owner = found.owner_of(str(tmp_path / "one" / "__init__.py"), "one")
    assert owner is not None and (owner.name, owner.version) == ("one", "1.0")
    assert "top_level" not in vars(other) and "_record" not in vars(other)
