import subprocess
import sys
import threading

import pytest

from clustrix_bundle.bundler.errors import SettingsError, SourceError
from clustrix_bundle.bundler.facts.extract import extract_facts, extractor_name


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("x = 1\ny = (\n", 2, "never closed"),
        ("def f():\npass\n", 2, "expected an indented block"),
        ("x = 1\nprint 'a'\n", 2, "Missing parentheses"),
        ("\n\nx = 'abc\n", 3, "unterminated string"),
        ("x = '\\x1'\n", 1, "truncated"),
        ("x = 'a' b'b'\n", 1, "cannot mix bytes"),
        ("x = 1\n" + "(" * 300 + ")" * 300, 2, "200 brackets"),
        ("x = 1\n\0", 2, "NUL"),
    ],
)
def test_what_is_no_python_is_refused_with_its_line_and_python_s_words(read, source, line, words):
    with pytest.raises(SourceError, match=words) as caught:
        read(source.encode())
    assert (caught.value.path, caught.value.line) == ("m.py", line)
    assert str(caught.value).startswith(f"m.py:{line}: ")


def test_undecodable_bytes_are_refused_with_their_line(read):
    with pytest.raises(SourceError, match="0xff") as caught:
        read(b"#\n" * 5 + b"x = '\xff'\n")
    assert caught.value.line == 6


@pytest.mark.parametrize(
    "source",
    [
        "x = " + " + ".join(["a"] * 1500),
        "x = " + "-" * 900 + "1",
        "x = " + " or ".join(["a"] * 5000),
        "x" + ".a" * 1500,
        "x" + "()" * 1500,
        "x = " + " ".join(["'a'"] * 900),
        "if a: pass\n" + "elif b: pass\n" * 1500,
        "x = " + "(" * 200 + ")" * 200,
        "x = " + "a if b else " * 500 + "c",
    ],
    ids=["sum", "minus", "or", "attributes", "calls", "strings", "elif", "brackets", "conditional"],
)
def test_deep_input_is_read(read, source):
    facts = read(source.encode())
    assert facts.statements
    assert len(facts.to_json()) < 500_000


def test_the_recursion_limit_is_put_back(read):
    before = sys.getrecursionlimit(), threading.stack_size()
    read("x = 1\n")
    with pytest.raises(SourceError):
        read("x = \n")
    assert (sys.getrecursionlimit(), threading.stack_size()) == before


def test_the_environment_chooses_the_extractor(monkeypatch):
    monkeypatch.setenv("CLUSTRIX_EXTRACTOR", "libcst")
    assert extractor_name() == "libcst"
    monkeypatch.setenv("CLUSTRIX_EXTRACTOR", "ast")
    with pytest.raises(SettingsError, match="'ast'"):
        extract_facts(b"", "m.py")
    monkeypatch.delenv("CLUSTRIX_EXTRACTOR")
    assert extractor_name() in {"core", "libcst"}


def test_libcst_is_not_imported_before_it_is_used():
    code = "import sys, clustrix_bundle.bundler.facts.extract; assert 'libcst' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
