"""What a function raises there is raised here: the same type, arguments, attributes, causes and notes, or else a `RemoteError` that tells all."""

import glob
import os
import re
import subprocess
import sys
import traceback

import pytest
from clustrix_bundle import PathOutsideWorkDir, RemoteError, bundle
from clustrix_bundle.errors import RemoteTraceback

LIB = """
import os, signal, sys, threading

class Awkward(Exception):
    def __init__(self, code, *, where):
        super().__init__("code %d" % code)
        self.code = code
        self.where = where

class Slotted(ValueError):
    __slots__ = ("place",)

class Missing(FileNotFoundError):
    def __init__(self, path):
        FileNotFoundError.__init__(self, 2, "gone", path)

class Reduced(Exception):
    def __reduce__(self):
        return restore, (self.args[0], "by its author")

def restore(text, how):
    error = Reduced(text)
    error.how = how
    return error

class Locked(Exception):
    def __init__(self):
        super().__init__("locked")
        self.lock, self.n = threading.Lock(), 3

def awkward():
    raise Awkward(7, where="there")

def caused():
    try:
        try:
            {}["k"]
        except KeyError as error:
            raise Awkward(1, where=[error]) from error
    except Awkward as error:
        raise LookupError("no", 2) from error

def in_context():
    try:
        {}["k"]
    except KeyError:
        raise ValueError("while handling")

def from_none():
    try:
        {}["k"]
    except KeyError:
        raise ValueError("hidden") from None

def slotted():
    error = Slotted("s")
    error.place = 3
    raise error

def missing():
    raise Missing("there.txt")

def really_missing():
    open("not/there")

def reduced():
    raise Reduced("r")

def undecodable():
    b"a\\xff".decode()

def importing():
    raise ModuleNotFoundError("m", name="not_there_at_all", path="p")

def noted():
    error = ValueError("n")
    error.__notes__ = ["first", "second"]
    raise error

def group():
    raise ExceptionGroup("g", [Awkward(1, where=2), ExceptionGroup("h", [KeyError("k")])])

def locked():
    raise Locked()

def local():
    class Local(Exception):
        pass
    raise Local("only there")

def exits():
    sys.exit(3)

def interrupts():
    raise KeyboardInterrupt

def recurses():
    recurses()

def takes_all():
    bytearray(1 << 60)

def dies():
    os.kill(os.getpid(), signal.SIGSEGV)

def leaves():
    os._exit(0)

class Array:
    def __eq__(self, other):
        raise ValueError("the truth of an array is ambiguous")

def shares():
    error = LookupError([1])
    error.payload = error.args[0]
    raise error

def holds_arrays():
    raise Slotted(Array(), {"x": Array()})

def outside():
    from clustrix_bundle import cluster_ls
    cluster_ls("../..")

def cancelled():
    import asyncio
    raise asyncio.CancelledError("c")

def loops():
    error = ValueError("outer")
    error.inner = LookupError("inner")
    error.inner.outer = error
    error.__context__ = error.inner
    error.inner.__context__ = None
    raise error

def returns_a_lock():
    return [threading.Lock()]
"""


def _interpreters() -> list[str]:
    found = {}
    for path in sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python"))):
        version = re.search(r"/3\.(\d+)\.\d+/bin/python$", path)
        if version and int(version[1]) in (8, 13):
            found[version[1]] = path
    return [sys.executable, *found.values()]


INTERPRETERS = _interpreters()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "failing_lib.py").write_text(LIB)
    (folder / "broken_lib.py").write_text("import failing_lib\n\nfailing_lib.awkward()\n\ndef f():\n    return 1\n")
    return folder


@pytest.fixture
def here(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.syspath_prepend(str(project))
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / "cache"))
    return project


def _raised(name, python=None):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is, the test looks at it
        bundle(f"failing_lib:{name}", python=python).run()
    return caught.value


def _ends_with_traceback(error, *lines):
    assert type(error.__cause__) is RemoteTraceback
    for line in lines:
        assert line in str(error.__cause__)
    return True


@pytest.mark.parametrize("python", INTERPRETERS)
def test_a_class_with_an_awkward_init_arrives_whole(here, python):
    error = _raised("awkward", python)
    import failing_lib

    assert type(error) is failing_lib.Awkward
    assert (error.args, error.code, error.where) == (("code 7",), 7, "there")
    assert _ends_with_traceback(error, 'File "failing_lib.py", line 32, in awkward', 'raise Awkward(7, where="there")')
    assert "_clustrix_runtime" not in str(error.__cause__)
    shown = "".join(traceback.format_exception(error))
    assert shown.index('File "failing_lib.py", line 32') < shown.index("failing_lib.Awkward: code 7", shown.index("direct cause"))


@pytest.mark.parametrize("python", INTERPRETERS)
def test_causes_come_with_it_and_are_the_same_objects_wherever_they_are_held(here, python):
    error = _raised("caused", python)
    assert type(error) is LookupError and error.args == ("no", 2)
    middle = error.__cause__
    assert (type(middle).__name__, middle.code) == ("Awkward", 1)
    assert type(middle.__cause__) is KeyError and middle.__cause__.args == ("k",)
    assert middle.where == [middle.__cause__] and middle.where[0] is middle.__cause__
    assert _ends_with_traceback(middle.__cause__, "in caused")


def test_contexts_stay_what_they_were(here):
    error = _raised("in_context")
    assert type(error.__context__) is KeyError and not error.__suppress_context__
    error = _raised("from_none")
    assert type(error.__context__) is KeyError and error.__suppress_context__
    assert _ends_with_traceback(error, "ValueError: hidden")


def test_attributes_stand_where_the_class_keeps_them(here):
    assert _raised("slotted").place == 3
    error = _raised("shares")
    assert error.payload is error.args[0]
    assert [type(item).__name__ for item in _raised("holds_arrays").args] == ["Array", "dict"]
    for name, path in (("missing", "there.txt"), ("really_missing", "not/there")):
        error = _raised(name)
        assert isinstance(error, FileNotFoundError) and (error.errno, error.filename) == (2, path)
    assert _raised("reduced").how == "by its author"
    error = _raised("undecodable")
    assert (error.encoding, error.object, error.start) == ("utf-8", b"a\xff", 1)
    error = _raised("importing")
    assert type(error) is ModuleNotFoundError and (error.name, error.path) == ("not_there_at_all", "p")


@pytest.mark.parametrize("python", INTERPRETERS)
def test_notes_come_with_it(here, python):
    assert _raised("noted", python).__notes__ == ["first", "second"]


def test_an_attribute_that_cannot_be_pickled_stays_there_and_the_rest_comes(here):
    error = _raised("locked")
    assert (type(error).__name__, error.args, error.n) == ("Locked", ("locked",), 3)
    assert error.__notes__ == ["what cannot be pickled stayed there: lock"]
    assert not hasattr(error, "lock")


def test_errors_of_our_own_helpers_are_the_ones_to_catch_here(here):
    error = _raised("outside")
    assert type(error) is PathOutsideWorkDir and _ends_with_traceback(error, "in outside")


def test_exceptions_that_hold_each_other_do_so_here(here):
    error = _raised("loops")
    assert error.inner.outer is error and error.__context__ is error.inner
    assert _ends_with_traceback(error.inner, "in loops")


def test_a_group_comes_with_its_members(here):
    error = _raised("group")
    first, second = error.exceptions
    assert type(error) is ExceptionGroup and (first.code, first.where) == (1, 2)
    assert second.exceptions[0].args == ("k",)
    assert _ends_with_traceback(error, "KeyError: 'k'")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("local", "Local", ["only there", "cannot be made again here", "in local"]),
        ("exits", "SystemExit", ["the function ended its program, with code 3", "in exits"]),
        ("interrupts", "KeyboardInterrupt", ["nobody interrupted it", "in interrupts"]),
        ("cancelled", "CancelledError", ["in cancelled"]),
        ("dies", "ProcessDied", ["SIGSEGV"]),
        ("leaves", "ProcessDied", ["exit code 0 and no result"]),
        ("returns_a_lock", "ResultNotPicklable", ["lock"]),
    ],
)
def test_what_cannot_be_raised_here_is_told_in_full(here, name, kind, words):
    error = _raised(name)
    assert type(error) is RemoteError and error.type == kind
    for word in words:
        assert word in str(error)


@pytest.mark.parametrize(("name", "kind"), [("recurses", RecursionError), ("takes_all", MemoryError)])
def test_exhaustion_is_raised_as_what_it_is(here, name, kind):
    error = _raised(name)
    assert type(error) is kind and _ends_with_traceback(error, f"in {name}")


def test_a_module_that_cannot_be_loaded_is_told_from_a_call_that_fails(here):
    with pytest.raises(Exception, match="code 7") as caught:
        bundle("broken_lib:f").run()
    assert _ends_with_traceback(caught.value, "before the function was called", 'File "broken_lib.py", line 3')
    assert "before the function" not in str(_raised("awkward").__cause__)


def test_a_class_that_is_not_here_is_told_with_why(here, monkeypatch):
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(here)])
    monkeypatch.delitem(sys.modules, "failing_lib", raising=False)
    error = _raised("awkward")
    assert type(error) is RemoteError and error.type == "Awkward"
    assert "code 7" in str(error) and "No module named 'failing_lib'" in str(error)


@pytest.mark.parametrize("python", INTERPRETERS)
def test_classes_of_a_script_are_the_scripts_own_both_ways(tmp_path, python):
    (tmp_path / "script.py").write_text(
        "from clustrix_bundle import bundle\n"
        "class Odd(Exception):\n    def __init__(self, a, b):\n        super().__init__(a)\n        self.b = b\n"
        "class Point:\n    def __init__(self, x):\n        self.x = x\n"
        "def fail(p):\n    assert type(p) is Point\n    raise Odd('a', p)\n"
        "def give(p):\n    return [p, Point(2)]\n"
        "if __name__ == '__main__':\n"
        f"    made = bundle(give, args=[Point(1)], python={python!r})\n"
        "    print([type(p) is Point for p in made.run()])\n"
        "    try:\n"
        f"        bundle(fail, args=[Point(1)], python={python!r}).run()\n"
        "    except Odd as error:\n"
        "        print(error.args, type(error.b) is Point, error.b.x)\n"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (0, "[True, True]\n('a',) True 1\n"), done.stderr
