"""Captured values are read only where the distributions and the Python that they need are."""

import pickle
import sys

import pytest

ROW = {
    "name": "df",
    "member": "values/df.pkl",
    "type": "sky.Frame",
    "size": 1,
    "how": "value",
    "requirements": ["Sky.Dist==2.4.1"],
}
REQUIREMENT = {
    "name": "Sky.Dist",
    "version": "2.4.1",
    "modules": ["sky_module"],
    "extras": [],
    "optional": False,
    "source": "",
    "url": "",
}


@pytest.fixture
def bundle(bundle_of):
    return bundle_of("def f():\n    return 1\n", values=[ROW], requirements=[REQUIREMENT])


def _install(site, name):
    folder = site.folder / "packages"
    (folder / name).mkdir(parents=True)
    site.environment["PYTHONPATH"] = str(folder)
    return folder


@pytest.mark.parametrize("name", ["Sky.Dist-2.0.dist-info", "sky_dist-2.9rc1.dist-info", "sky_dist-1!2.0-py3.8.egg-info"])
def test_the_same_major_version_will_do(site, bundle, interpreter, name):
    site.python = interpreter
    _install(site, name)
    assert site.run(bundle).result == 1


@pytest.mark.parametrize("again", [False, True], ids=["first run", "from the copy"])
def test_another_major_version_is_refused_before_anything_is_read(site, bundle, interpreter, again):
    site.python = interpreter
    folder = _install(site, "sky_dist-2.0.dist-info")
    if again:
        assert site.run(bundle).result == 1
    (folder / "sky_dist-2.0.dist-info").rename(folder / "sky_dist-3.0.dist-info")
    done = site.run(bundle)
    assert done.code == 5 and done.error["type"] == "UnmetRequirementError"
    for word in ("df (sky.Frame)", "Sky.Dist==2.4.1", "is version 3.0", "install Sky.Dist==2.*"):
        assert word in done.error["message"]


def test_a_missing_one_is_refused_unless_its_module_is_there_without_metadata(site, bundle):
    done = site.run(bundle)
    assert done.code == 5 and "Sky.Dist is not installed" in done.error["message"]
    (_install(site, "sky_module") / "sky_module" / "__init__.py").write_text("")
    assert site.run(bundle).result == 1


def test_a_folder_without_a_version_in_its_name_is_asked(site, bundle):
    (_install(site, "Sky_Dist.egg-info") / "Sky_Dist.egg-info" / "PKG-INFO").write_text("Name: Sky.Dist\nVersion: 3.1\n")
    assert "is version 3.1" in site.run(bundle).error["message"]


@pytest.mark.parametrize("missing", ["collections.NotThereYet", "collections.not_there_yet.Thing", "annotationlib.NotThereYet"])
def test_a_value_that_needs_another_python_is_told_with_both_versions(site, bundle_of, interpreter, missing):
    site.python = interpreter
    module, _, name = missing.rpartition(".")
    stream = f"c{module}\n{name}\n.".encode() + pickle.dumps(None, 4)
    files = {"values/arguments.pkl": ("value", stream)}
    options = {"files": files, "arguments": {"member": "values/arguments.pkl"}}
    done = site.run(bundle_of("def f(x):\n    return 1\n", values_python=[3, 99], **options))
    assert done.code == 1 and done.error["type"] == "ValueNotReadable"
    assert "pickled by Python 3.99" in done.error["message"] and missing.partition(".")[0] in done.error["message"]
    version = done.reply["proof"]["python"].split(".")
    assert f"by Python {version[0]}.{version[1]}, which" in done.error["message"]


@pytest.mark.parametrize("python", [[3, 99], list(sys.version_info[:2])])
@pytest.mark.parametrize(
    ("needed", "remedy"),
    [
        ([], "install the distribution that holds it there"),
        ([{"name": "Sky.Dist", "version": "2.5", "modules": ["sky_module"]}], "install Sky.Dist==2.5 there"),
    ],
)
def test_a_value_whose_module_is_not_installed_says_what_to_install(site, bundle_of, python, needed, remedy):
    files = {"values/arguments.pkl": ("value", b"csky_module.inner\nThing\n." + pickle.dumps(None, 4))}
    options = {"files": files, "arguments": {"member": "values/arguments.pkl"}, "values_python": python}
    done = site.run(bundle_of("def f(x):\n    return 1\n", requirements=needed, **options))
    assert done.error["type"] == "ValueNotReadable"
    assert "needs the module sky_module, which is not installed for" in done.error["message"]
    assert remedy in done.error["message"] and "run it with" not in done.error["message"]


def test_the_same_python_is_not_blamed(site, bundle_of):
    files = {"values/arguments.pkl": ("value", b"ccollections\nNotThere\n." + pickle.dumps(None, 4))}
    options = {"files": files, "arguments": {"member": "values/arguments.pkl"}, "values_python": list(sys.version_info[:2])}
    assert site.run(bundle_of("def f(x):\n    return 1\n", **options)).error["type"] == "AttributeError"


def test_an_error_of_the_users_own_code_while_a_value_is_read_stays_what_it_is(site, bundle_of):
    source = "class C:\n    def __setstate__(self, state):\n        {}['k']\ndef f(x):\n    return 1\n"
    stream = b"(cm\nC\no}b." + pickle.dumps(None, 4)
    options = {"files": {"values/arguments.pkl": ("value", stream)}, "arguments": {"member": "values/arguments.pkl"}}
    assert site.run(bundle_of(source, values_python=[3, 99], **options)).error["type"] == "KeyError"


def test_arguments_from_a_file_say_themselves_what_they_need(site, bundle_of, interpreter):
    site.python = interpreter
    bundle = bundle_of("def f(x, *, y):\n    return sorted(x) + [y]\n")
    stream = pickle.dumps((({2, 1},), {"y": 3}), 4) + pickle.dumps(None, 4)
    file = site.work / "arguments"
    file.write_bytes(b'{"python": [3, 99], "requirements": []}\n' + stream)
    assert site.run(bundle, "--arguments", file).result == [1, 2, 3]
    file.write_bytes(b'{"python": [3, 99], "requirements": ["sky==2.0"]}\n' + stream)
    assert site.run(bundle, "--arguments", file).error["type"] == "UnmetRequirementError"
    file.write_bytes(b'{"python": [3, 99], "requirements": []}\nccollections\nNotThere\n.' + pickle.dumps(None, 4))
    assert site.run(bundle, "--arguments", file).error["type"] == "ValueNotReadable"
    for wrong in (stream, b"", b"[]\n" + stream):
        file.write_bytes(wrong)
        done = site.run(bundle, "--arguments", file)
        assert done.code == 2 and done.error["type"] == "UsageError"
    assert site.run(bundle, "--arguments", file, "--args", "[]").error["type"] == "UsageError"
    assert site.leftovers() == []


def test_what_an_installed_module_lacks_is_not_laid_at_pythons_door(site, bundle_of, interpreter):
    site.python = interpreter
    folder = _install(site, "sky_dist-2.0.dist-info")
    (folder / "sky_module.py").write_text("")
    stream = b"csky_module\nFrame\n." + pickle.dumps(None, 4)
    files = {"values/arguments.pkl": ("value", stream)}
    options = {"files": files, "arguments": {"member": "values/arguments.pkl"}, "requirements": [REQUIREMENT]}
    done = site.run(bundle_of("def f(x):\n    return 1\n", values_python=[3, 99], **options))
    assert done.error["type"] == "ValueNotReadable"
    assert "Frame" in done.error["message"] and "install Sky.Dist==2.4.1 there" in done.error["message"]
    assert "Python 3.99" not in done.error["message"]
