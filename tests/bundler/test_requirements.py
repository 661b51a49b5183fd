"""Requirements: `importlib.metadata` of our own interpreter is the oracle for what is installed here."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
from dataclasses import replace

import pytest
from clustrix_bundle.bundler.distributions import Distributions, canonical_name, without_credentials
from clustrix_bundle.bundler.interpreter import this_interpreter
from clustrix_bundle.bundler.requirements import find_requirements, fulfilled_extras
from clustrix_bundle.bundler.resolve import Resolver


def install(site, write_tree, name, version, files=(), *, requires=(), extra_files=None):
    """A distribution as an installer leaves it."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    lines = "".join(f"Requires-Dist: {line}\n" for line in requires)
    tree = {f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}\nText\n"}
    tree |= {file: "" for file in files}
    tree[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/METADATA"])
    tree |= {f"{info}/{key}": value for key, value in (extra_files or {}).items()}
    write_tree(site, tree)


def requirements_of(names, interpreter):
    resolver = Resolver([], interpreter)
    return find_requirements([(resolver.resolve(name), True) for name in names], Distributions(interpreter.site_folders))


@pytest.mark.parametrize(
    "module", ["click", "libcst", "pathspec", "hypothesis", "pytest", "_pytest.mark", "numpy.linalg", "paramiko.client"]
)
def test_an_import_leads_to_the_distribution_that_installed_it(module):
    found = requirements_of([module], this_interpreter()).found
    expected = importlib.metadata.packages_distributions()[module.partition(".")[0]]
    assert [item.name for item in found] == list(dict.fromkeys(expected))
    assert found[0].version == importlib.metadata.version(expected[0])
    assert found[0].modules == (module.partition(".")[0],)


def test_every_installed_top_level_name_has_the_owner_that_importlib_metadata_names():
    interpreter = this_interpreter()
    resolver = Resolver([], interpreter)
    distributions = Distributions(interpreter.site_folders)
    checked = 0
    for name, owners in importlib.metadata.packages_distributions().items():
        resolved = resolver.resolve(name) if name.isidentifier() else None
        if resolved is None or resolved.kind != "third-party" or resolved.path is None:
            continue
        owner = distributions.owner_of(resolved.path, name)
        assert owner is not None, name
        assert canonical_name(owner.name) in {canonical_name(one) for one in owners}
        checked += 1
    assert checked > 20


def test_namespace_packages_are_told_apart_by_the_file_that_is_imported(tmp_path, write_tree, bare_interpreter):
    site = tmp_path / "site-packages"
    install(site, write_tree, "ns-storage", "1.0", ["ns/storage/__init__.py"])
    install(site, write_tree, "ns-auth", "2.0", ["ns/auth.py"])
    found = requirements_of(["ns", "ns.auth"], replace(bare_interpreter, site_folders=(str(site),))).found
    assert [(item.name, item.version, item.modules) for item in found] == [("ns-auth", "2.0", ("ns",))]


def test_names_that_differ_from_the_distribution_are_found_by_its_record(tmp_path, write_tree, bare_interpreter):
    site = tmp_path / "site-packages"
    install(site, write_tree, "Pillow-ish", "9.1", ["PILish/__init__.py"])
    install(site, write_tree, "other", "1", ["other/__init__.py"])
    found = requirements_of(["PILish"], replace(bare_interpreter, site_folders=(str(site),))).found
    assert [(item.name, item.version) for item in found] == [("Pillow-ish", "9.1")]


def test_a_module_that_no_distribution_claims_is_said(tmp_path, write_tree, bare_interpreter):
    site = write_tree(tmp_path / "site-packages", {"stray.py": ""})
    result = requirements_of(["stray"], replace(bare_interpreter, site_folders=(str(site),)))
    assert result.found == ()
    assert result.unowned == (("stray", os.path.join(site, "stray.py")),)


@pytest.mark.parametrize(
    ("direct", "source", "url"),
    [
        (
            '{"url": "https://user:pw@host/x.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}',
            "vcs",
            "git+https://host/x.git@abc",
        ),
        ('{"url": "file:///home/u/dist/x-1-py3-none-any.whl", "archive_info": {}}', "wheel", ""),
        ('{"url": "https://a.org/x-1-py3-none-any.whl", "archive_info": {}}', "wheel", "https://a.org/x-1-py3-none-any.whl"),
        ('{"url": "https://a.org/x-1-py3-none-any.whl?signature=s", "archive_info": {}}', "wheel", ""),
        ('{"url": "file:///home/u/x", "dir_info": {"editable": true}}', "editable", ""),
        ('{"url": "file:///home/u/x", "dir_info": {}}', "local", ""),
        ("not json", "", ""),
    ],
)
def test_installs_from_elsewhere_are_reported_without_credentials_and_paths(
    tmp_path, write_tree, bare_interpreter, direct, source, url
):
    site = tmp_path / "site-packages"
    install(site, write_tree, "x", "1", ["x.py"], extra_files={"direct_url.json": direct})
    found = requirements_of(["x"], replace(bare_interpreter, site_folders=(str(site),))).found[0]
    assert (found.source, found.url) == (source, url)


def test_only_extras_that_the_environment_fulfils_and_that_add_something_count(tmp_path, write_tree):
    site = tmp_path / "site-packages"
    install(
        site,
        write_tree,
        "lib",
        "1",
        requires=[
            "base",
            'reader>=2; extra == "excel"',
            'gone; extra == "cloud"',
            'pytest; extra == "test"',
            'base; extra == "nothing-new"',
            "lib[excel,cloud]; extra == 'all'",
            'reader; extra == "partial"',
            'gone; (sys_platform == "win32") and extra == "partial"',
        ],
    )
    for name in ("base", "reader", "pytest"):
        install(site, write_tree, name, "1")
    distributions = Distributions((str(site),))
    assert fulfilled_extras(distributions.by_name["lib"], distributions) == ("excel", "partial")


def test_egg_info_of_old_installs_is_read(tmp_path, write_tree, bare_interpreter):
    site = write_tree(
        tmp_path / "site-packages",
        {
            "old/__init__.py": "",
            "old_dist-0.3-py3.8.egg-info/PKG-INFO": "Name: old-dist\nVersion: 0.3\n",
            "old_dist-0.3-py3.8.egg-info/top_level.txt": "old\n",
        },
    )
    found = requirements_of(["old"], replace(bare_interpreter, site_folders=(str(site),))).found
    assert [(item.name, item.version) for item in found] == [("old-dist", "0.3")]


def test_a_use_that_is_not_sure_makes_a_requirement_optional(tmp_path, write_tree, bare_interpreter):
    site = tmp_path / "site-packages"
    install(site, write_tree, "x", "1", ["x.py"])
    interpreter = replace(bare_interpreter, site_folders=(str(site),))
    resolved = Resolver([], interpreter).resolve("x")
    distributions = Distributions(interpreter.site_folders)
    assert find_requirements([(resolved, False)], distributions).found[0].optional
    assert not find_requirements([(resolved, False), (resolved, True)], distributions).found[0].optional


def test_credentials_never_stay_in_a_url():
    assert without_credentials("https://user:secret@host:8443/a.git?token=abc#egg=x") == "https://host:8443/a.git#egg=x"
    assert without_credentials("https://host/a.git?sig=abc") == "https://host/a.git"


def test_every_installed_module_is_found_where_python_finds_it():
    resolver = Resolver([], this_interpreter())
    for name in ("click", "libcst", "numpy", "hypothesis"):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert resolver.resolve(name).path == spec.origin
