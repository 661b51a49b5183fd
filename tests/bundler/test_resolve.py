"""Resolution agrees with the finders of a real interpreter, which the oracle asks in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from clustrix_bundle.bundler.resolve import LOCAL, MISSING, RUNTIME, STDLIB, THIRD_PARTY, Resolver
from clustrix_bundle.bundler.roots import SourceRoot
from hypothesis import given, settings
from hypothesis import strategies as st

ORACLE = """
import importlib.util, json, sys
names, folders = json.loads(sys.argv[1])
sys.path[:0] = folders
out = {}
for name in names:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        out[name] = None
    elif spec.origin in (None, "namespace"):
        out[name] = ["namespace", sorted(spec.submodule_search_locations)]
    else:
        out[name] = ["file", spec.origin, spec.submodule_search_locations is not None]
print(json.dumps(out))
"""
"""Finds without importing, as long as parents are empty files."""


def ask_python(names: list[str], folders: list[str]) -> dict[str, list | None]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", ORACLE, json.dumps([names, folders])], capture_output=True, check=True, text=True
    )
    return json.loads(done.stdout)


def resolver_for(folders: list[Path], interpreter) -> Resolver:
    return Resolver([SourceRoot(folder, "test") for folder in folders], interpreter)


def agree(names: list[str], folders: list[Path], interpreter) -> None:
    resolver = resolver_for(folders, interpreter)
    for name, expected in ask_python(names, [str(folder) for folder in folders]).items():
        found = resolver.resolve(name)
        if expected is None:
            assert found.kind == MISSING, name
        elif expected[0] == "namespace":
            assert (found.path, sorted(portion.folder for portion in found.portions)) == (None, expected[1]), name
        else:
            assert (found.kind, found.path, found.is_package) == (LOCAL, expected[1], expected[2]), name


def test_packages_modules_and_folders_take_precedence_as_in_python(tmp_path, write_tree, bare_interpreter):
    suffix = bare_interpreter.extension_suffixes[-1]
    first = write_tree(
        tmp_path / "first",
        {
            "both/__init__.py": "",
            "both.py": "",
            "space/inner.py": "",
            "mod.py": "",
            "mod/hidden.py": "",
            f"compiled{suffix}": b"",
            "compiled.py": "",
            "half/x.py": "",
            "Case.py": "",
        },
    )
    second = write_tree(tmp_path / "second", {"both/late.py": "", "space/other.py": "", "half/__init__.py": "", "half/y.py": ""})
    names = [
        "both",
        "both.late",
        "space",
        "space.inner",
        "space.other",
        "mod",
        "half",
        "half.y",
        "half.x",
        "case",
        "Case",
        "nowhere",
    ]
    agree(names, [first, second], bare_interpreter)
    found = resolver_for([first, second], bare_interpreter).resolve("compiled")
    assert found.path == str(first / f"compiled{suffix}")
    assert not found.is_source


trees = st.dictionaries(
    st.builds(
        lambda root, parts, leaf: "/".join([root, *parts, leaf]),
        st.sampled_from(["r1", "r2", "r3"]),
        st.lists(st.sampled_from(["a", "b"]), max_size=2),
        st.sampled_from(["__init__.py", "a.py", "b.py", "c.txt"]),
    ),
    st.just(""),
    max_size=9,
)


@settings(max_examples=25, deadline=None)
@given(files=trees)
def test_any_tree_resolves_as_python_finds_it(files, tmp_path_factory, write_tree, bare_interpreter):
    root = write_tree(tmp_path_factory.mktemp("tree"), files)
    folders = [root / name for name in ("r1", "r2", "r3")]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    names = ["a", "b", "a.a", "a.b", "b.a", "b.b", "a.a.a", "a.b.a", "b.a.b", "a.c"]
    try:
        agree(names, folders, bare_interpreter)
    finally:
        assert not list(root.rglob("__pycache__"))


def test_built_in_and_frozen_modules_cannot_be_shadowed(tmp_path, write_tree, bare_interpreter):
    root = write_tree(tmp_path, {"sys.py": "", "time.py": "", "os.py": "", "json.py": ""})
    resolver = resolver_for([root], bare_interpreter)
    assert [resolver.resolve(name).kind for name in ("sys", "time", "os", "json")] == [STDLIB, STDLIB, STDLIB, LOCAL]


def test_packages_of_a_site_folder_are_third_party_and_split_namespaces_belong_to_both(tmp_path, write_tree, bare_interpreter):
    from dataclasses import replace

    root = write_tree(tmp_path / "root", {"ns/mine.py": ""})
    site = write_tree(tmp_path / "site-packages", {"lib/__init__.py": "", "lib/deep.py": "", "ns/theirs.py": "", "json.py": ""})
    resolver = resolver_for([root], replace(bare_interpreter, site_folders=(str(site),)))
    kinds = {name: resolver.resolve(name).kind for name in ("lib", "lib.deep", "lib.none", "ns", "ns.mine", "ns.theirs", "json")}
    assert kinds == {
        "lib": THIRD_PARTY,
        "lib.deep": THIRD_PARTY,
        "lib.none": MISSING,
        "ns": LOCAL,
        "ns.mine": LOCAL,
        "ns.theirs": THIRD_PARTY,
        "json": STDLIB,
    }


def test_editable_installs_come_after_packages(tmp_path, write_tree, bare_interpreter):
    from dataclasses import replace

    editable = write_tree(tmp_path / "dev", {"lib.py": "", "own.py": "", "json.py": ""})
    mapped = write_tree(tmp_path / "elsewhere", {"__init__.py": "", "part.py": ""})
    site = write_tree(tmp_path / "site-packages", {"lib.py": ""})
    roots = [SourceRoot(editable, "e", after_packages=True), SourceRoot(mapped, "e", after_packages=True, package="mapped")]
    resolver = Resolver(roots, replace(bare_interpreter, site_folders=(str(site),)))
    assert [resolver.resolve(name).kind for name in ("lib", "own", "json")] == [THIRD_PARTY, LOCAL, STDLIB]
    assert resolver.resolve("mapped.part").path == os.path.join(mapped, "part.py")


def test_the_running_script_is_always_there(tmp_path, bare_interpreter):
    assert resolver_for([tmp_path], bare_interpreter).resolve("__main__").kind == STDLIB


def test_the_runtime_serves_names_that_no_root_holds(tmp_path, write_tree, bare_interpreter):
    assert resolver_for([tmp_path], bare_interpreter).resolve("clustrix_bundle.anything").kind == RUNTIME
    write_tree(tmp_path, {"clustrix/__init__.py": ""})
    assert resolver_for([tmp_path], bare_interpreter).resolve("clustrix").kind == LOCAL


def test_an_old_style_namespace_package_goes_on_in_later_roots(tmp_path, write_tree, bare_interpreter):
    one = write_tree(
        tmp_path / "one", {"ns/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n", "ns/a.py": ""}
    )
    two = write_tree(tmp_path / "two", {"ns/__init__.py": "", "ns/b.py": ""})
    resolver = resolver_for([one, two], bare_interpreter)
    assert resolver.resolve("ns.b").path == str(two / "ns" / "b.py")


@pytest.mark.parametrize("name", ["pkg", "mod"])
def test_a_stub_is_found_where_the_module_is_missing(tmp_path, write_tree, bare_interpreter, name):
    root = write_tree(tmp_path, {"pkg/__init__.pyi": "", "mod.pyi": ""})
    assert resolver_for([root], bare_interpreter).stub_of(name) is not None


def test_submodules_are_listed_by_name_without_caches(tmp_path, write_tree, bare_interpreter):
    root = write_tree(
        tmp_path, {"p/__init__.py": "", "p/b.py": "", "p/a/__init__.py": "", "p/__pycache__/x.py": "", "p/not-a-name.py": ""}
    )
    resolver = resolver_for([root], bare_interpreter)
    assert [module.name for module in resolver.submodules(resolver.resolve("p"))] == [
        "p.a",
        "p.b",
        "p.not-a-name",
    ]  # as pkgutil lists them
