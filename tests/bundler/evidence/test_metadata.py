"""Metadata of distributions that lie in the project."""


def test_the_metadata_of_the_distribution_that_is_named_ships(shipped):
    files = {
        "m.py": """
            from importlib.metadata import version
            def f():
                return version("My.Pkg")
        """,
        "my_pkg.egg-info/PKG-INFO": "Name: my-pkg",
        "my_pkg.egg-info/SOURCES.txt": "",
        "other-1.0.dist-info/METADATA": "Name: other",
    }
    assert shipped("m:f", files) == {"my_pkg.egg-info/PKG-INFO"}


def test_entry_points_may_be_those_of_any_distribution(shipped):
    files = {
        "m.py": """
            import importlib.metadata
            def f():
                return len(importlib.metadata.entry_points(group="x"))
        """,
        "a.egg-info/entry_points.txt": "[x]",
        "b-1.0.dist-info/METADATA": "Name: b",
    }
    assert shipped("m:f", files) == {"a.egg-info/entry_points.txt"}


def test_only_what_a_function_reads_of_a_distribution_ships(shipped):
    files = {
        "m.py": "import importlib.metadata as im\ndef f(): return im.VERB('a')\n",
        **{f"a.egg-info/{name}": "" for name in ("PKG-INFO", "entry_points.txt", "requires.txt", "top_level.txt", "SOURCES.txt")},
    }
    read = {}
    for verb in ("version", "requires", "distribution"):
        found = shipped("m:f", {**files, "m.py": files["m.py"].replace("VERB", verb)})
        read[verb] = {name.removeprefix("a.egg-info/") for name in found}
    assert read["version"] == {"PKG-INFO"}
    assert read["requires"] == {"PKG-INFO", "requires.txt"}
    assert read["distribution"] == {"PKG-INFO", "entry_points.txt", "requires.txt", "top_level.txt"}


def test_a_function_of_the_same_name_asks_for_nothing(shipped):
    files = {
        "m.py": """
            def version(metadata):
                return metadata
            def f():
                return version("a")
        """,
        "a.egg-info/PKG-INFO": "Name: a",
    }
    assert shipped("m:f", files) == set()


def test_of_what_tells_of_a_distribution_the_entry_points_alone_name_modules(shipped):
    files = {
        "m.py": """
            import importlib
            from importlib.metadata import entry_points
            def f(name):
                return [importlib.import_module(one.module) for one in entry_points(group="x")]
        """,
        "a-1.0.dist-info/entry_points.txt": "[x]\none = plugs.one:run\n",
        "a-1.0.dist-info/METADATA": "Name: a\n\nUses plugs.two and a whole.\n",
        "plugs/__init__.py": "",
        "plugs/one.py": "",
        "plugs/two.py": "",
        "whole/__init__.py": "",
        "whole/part.py": "",
    }
    found = shipped("m:f", files)
    assert "plugs/one.py" in found
    assert found.isdisjoint({"plugs/two.py", "whole/__init__.py", "whole/part.py"})


def test_modules_of_entry_points_ship_for_whoever_loads_them(shipped):
    files = {
        "m.py": """
            from importlib.metadata import entry_points
            def f():
                return [one.load()() for one in entry_points(group="x")]
        """,
        "a.egg-info/entry_points.txt": "[x]\none = plug:go\n[console_scripts]\na = command:main\n",
        "plug.py": "def go(): pass",
        "command.py": "def main(): pass",
    }
    assert shipped("m:f", files) == {"a.egg-info/entry_points.txt", "plug.py"}
