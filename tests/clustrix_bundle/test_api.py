import importlib.util
import json
import os
import subprocess
import sys
import textwrap
from importlib.metadata import version

import clustrix_bundle
import pytest
from clustrix_bundle import TargetError, bundle
from clustrix_bundle.api import default_output
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.errors import RemoteTraceback
from packaging.version import Version


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "lib.py").write_text(
        "class Odd:\n    def __init__(self, n):\n        self.n = n\n\n"
        "def twice(x, *, times=2):\n    return x * times\n\n"
        "def pair():\n    return {1, 2}, (3, b'x')\n\n"
        "def fail():\n    raise LookupError('gone')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_a_bundle_knows_itself(here):
    made = bundle("lib.py:twice")
    assert os.path.getsize(made.path) == made.size
    assert [member.path for member in made.files] == ["project/lib.py"]
    assert made.manifest.entry.qualname == "twice"
    assert made.id[:16] in os.path.basename(made.path)
    assert made.path.startswith(str(here / "cache" / "clustrix-bundle" / "bundles"))
    assert repr(made) == f"Bundle(id={made.id!r}, path={made.path!r}, size={made.size})"


def test_results_come_back_as_they_are(here):
    assert bundle("lib.py:pair").run() == ({1, 2}, (3, b"x"))


def test_arguments_travel_in_the_bundle_or_are_given_to_run(here):
    made = bundle("lib.py:twice", args=[b"ab"], kwargs={"times": 3}, output=here / "out/")
    assert made.path.startswith(str(here / "out"))
    assert made.run() == b"ababab"
    assert made.run((1,), times=1) == (1,)
    os.unlink(here / "lib.py")
    assert made.run(b"c", times=2) == b"cc"  # it is the bundle that runs, nothing is built again


@pytest.mark.parametrize("args", ["ab", b"ab", 3])
def test_what_are_no_positional_arguments_are_refused(here, args):
    with pytest.raises(TypeError, match="args holds all positional arguments"):
        bundle("lib.py:twice", args=args)


def test_one_glob_is_a_glob(here):
    (here / "note.txt").write_text("")
    made = bundle("lib.py:pair", include="note.txt", exclude="*.csv", root=here)
    assert [member.path for member in made.files] == ["project/lib.py", "project/note.txt"]


def test_arguments_of_the_running_programs_own_classes_are_refused_for_a_named_function(here, monkeypatch):
    own = type("Own", (), {"__module__": "__main__"})
    monkeypatch.setattr(sys.modules["__main__"], "Own", own, raising=False)
    with pytest.raises(CaptureError, match=r"need Own of __main__.*bundle\(func\)"):
        bundle("lib.py:twice", args=[own()])


def test_arguments_say_what_they_need_there(here):
    made = bundle("lib.py:twice", args=[Version("1.0"), 2])
    (row,) = made.manifest.values
    assert (row.name, row.requirements) == ("arguments", (f"packaging=={version('packaging')}",))
    assert made.manifest.values_python == sys.version_info[:2]
    assert bundle("lib.py:twice").manifest.values_python is None


def test_a_failure_comes_home_with_its_traceback(here):
    with pytest.raises(LookupError, match="gone") as caught:
        bundle("lib.py:fail").run()
    assert type(caught.value.__cause__) is RemoteTraceback
    assert 'File "lib.py", line 12, in fail' in caught.value.__cause__.text
    assert "runtime" not in caught.value.__cause__.text


def test_what_is_no_function_is_refused(here):
    with pytest.raises(TypeError, match="int"):
        bundle(3)
    with pytest.raises(TargetError):
        bundle("lib.py:nothing")


def test_options_are_those_of_the_command_line(here):
    (here / "note.txt").write_text("x")
    made = bundle("lib.py:pair", include=["note.txt"], root=here, python=sys.executable)
    assert "project/note.txt" in [member.path for member in made.files]


def test_a_live_function_of_a_script_ships(here):
    (here / "script.py").write_text(
        textwrap.dedent(
            """
            from clustrix_bundle import bundle

            FACTOR = 7

            def work(x):
                return FACTOR * x

            if __name__ == "__main__":
                print(bundle(work).run(6))
            """
        )
    )
    done = subprocess.run([sys.executable, "script.py"], cwd=here, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "42\n"), done.stderr


def test_values_are_read_whatever_the_program_has_put_in_the_place_of_builtins(here):
    (here / "patching.py").write_text(
        textwrap.dedent("""
            import builtins, math, os, types
            from clustrix_bundle import bundle

            class Box:
                def __init__(self, n):
                    self.n = n

            BOXES = [Box(1)]
            BOXES.append(Box(2))

            def total(x):
                return sum(box.n for box in BOXES) + x

            builtins.sum = math.fsum
            builtins.type = lambda value: str
            builtins.setattr = builtins.vars = os.fspath = types.FunctionType = None
            built = bundle(total, args=(3,), output="patching.tar.zst")
            assert builtins.vars is None and type(3) is str
            os._exit(0)
            """)
    )
    subprocess.run([sys.executable, "patching.py"], check=True, cwd=here, timeout=60)
    run = [sys.executable, "-m", "clustrix_bundle", "run", "patching.tar.zst", "--json"]
    done = subprocess.run(run, cwd=here, capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["result"] == 6.0, done.stdout


def test_classes_of_a_folder_that_the_program_put_on_its_path_ship_with_their_instances(here, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "scales_of_mine.py").write_text(
        "class Scale:\n    def __init__(self, by):\n        self.by = by\n    def of(self, x):\n        return self.by * x\n"
    )
    monkeypatch.syspath_prepend(str(elsewhere))
    from scales_of_mine import Scale

    made = bundle(Scale(3).of)
    assert made.run(4) == 12
    assert any(member.path.endswith(f"-{elsewhere.name}/scales_of_mine.py") for member in made.files)


def test_without_a_home_that_can_be_written_bundles_go_to_a_temporary_folder(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = default_output()
    assert os.path.isdir(folder)
    assert folder.startswith(str(tmp_path / "clustrix-bundle-"))


def test_importing_the_package_loads_nothing_of_it():
    code = "import sys, clustrix_bundle; print([m for m in sys.modules if m.startswith('clustrix_bundle.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
    assert callable(clustrix_bundle.bundle)


def test_a_large_folder_that_an_argument_names_is_told_with_its_size(here, monkeypatch):
    monkeypatch.syspath_prepend(str(here))
    (here / "data").mkdir()
    for name in ("a.csv", "b.csv"):
        (here / "data" / name).write_bytes(b"1" * 600)
    spec = importlib.util.spec_from_file_location("lib", here / "lib.py")
    lib = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "lib", lib)
    spec.loader.exec_module(lib)
    monkeypatch.setattr("clustrix_bundle.bundler.analysis.live.LARGE_VALUE", 1000)
    told = bundle(lib.twice, args=[str(here / "data")]).warnings
    assert any("names the folder data" in text and "2 files of 1,200 bytes" in text for text in told)
    (here / "data" / "b.csv").unlink()
    assert not any("names the folder" in text for text in bundle(lib.twice, args=[str(here / "data")]).warnings)
