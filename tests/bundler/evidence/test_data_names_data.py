"""Data that names data and modules."""


def test_a_grammar_brings_the_grammar_that_it_imports(shipped):
    files = {
        "m.py": """
            try:
                from lark import Lark
            except ImportError:
                pass
            parser = Lark.open("g.lark", rel_to=__file__)
            def f(): return 1
        """,
        "g.lark": "%import .common.X\nstart: X",
        "common.lark": "X: /a/",
        "other.lark": "",
    }
    assert shipped("m:f", files) == {"common.lark", "g.lark"}


def test_a_pickle_brings_the_modules_of_its_globals(shipped):
    files = {
        "m.py": """
            def f():
                with open("model.pkl","rb") as h: return pickle.load(h).x
        """,
        "model.pkl": b"cmodels.linear\nModel\n.",
        "models/__init__.py": "",
        "models/linear.py": "class Model: x=1",
        "models/other.py": "",
    }
    assert shipped("m:f", files) == {"model.pkl", "models/__init__.py", "models/linear.py"}


def test_an_index_brings_the_files_that_it_lists(shipped):
    files = {
        "m.py": """
            import csv, os
            D = "data"
            def f():
                out = []
                with open(os.path.join(D, "index.csv")) as h:
                    for row in csv.DictReader(h):
                        out.append(open(os.path.join(D, row["file"])).read())
                return out
        """,
        "data/index.csv": "name,file\na,parts/a.txt\n",
        "data/parts/a.txt": "",
        "junk/x.txt": "",
    }
    assert shipped("m:f", files) == {"data/index.csv", "data/parts/a.txt"}


def test_a_json_file_brings_the_file_beside_it_that_it_names(shipped):
    files = {
        "pkg/__init__.py": "",
        "pkg/m.py": """
            import json
            from pathlib import Path
            HERE = Path(__file__).parent
            def f():
                meta = json.loads((HERE / "model" / "meta.json").read_text())
                return (HERE / "model" / meta["weights"]).read_bytes()
        """,
        "pkg/model/meta.json": '{"weights": "w1.bin"}',
        "pkg/model/w1.bin": "",
        "pkg/big.bin": "",
    }
    assert shipped("pkg.m:f", files) == {"pkg/__init__.py", "pkg/model/meta.json", "pkg/model/w1.bin"}


def test_bare_names_that_are_a_line_a_value_or_a_list_name_modules(shipped):
    files = {
        "m.py": """
            import importlib
            def f():
                for name in [*open("lines.txt"), *open("c.ini"), *open("steps.json")]:
                    importlib.import_module(name)
        """,
        "lines.txt": "one\nprose about five\n",
        "c.ini": "mods = two, three\n",
        "steps.json": '["four:go"]',
        **{f"{name}.py": "" for name in ("one", "two", "three", "four", "five")},
    }
    assert shipped("m:f", files) == {"lines.txt", "c.ini", "steps.json", "one.py", "two.py", "three.py", "four.py"}


def test_an_option_that_names_another_one_is_expanded(shipped):
    files = {
        "m.py": """
            import configparser
            def f():
                parser = configparser.ConfigParser()
                parser.read(["a.ini", "b.cfg"])
        """,
        "a.ini": "[paths]\nbase = in/2024\ntable = %(base)s/t.csv\n",
        "b.cfg": "[base]\nfolder = in\n[files]\nlist = ${base:folder}/u.csv\n",
        "in/2024/t.csv": "",
        "in/u.csv": "",
        "in/v.csv": "",
    }
    assert shipped("m:f", files) == {"a.ini", "b.cfg", "in/2024/t.csv", "in/u.csv"}


def test_names_in_a_file_may_be_of_files_in_folders_that_it_names(shipped):
    files = {
        "m.py": """
            import os, yaml_of
            def f():
                c = yaml_of.load("cfg/main.yml")
                return [open(os.path.join(c["root"], s["dir"], s["file"])) for s in c["sources"]]
        """,
        "yaml_of.py": "def load(path): return open(path)",
        "cfg/main.yml": "root: inputs\nsources:\n  - {dir: one, file: a.csv}\n  - dir: two\n    file: b.csv\n",
        "inputs/one/a.csv": "",
        "inputs/one/b.txt": "",
        "inputs/two/b.csv": "",
        "other/one/a.csv": "",
    }
    assert shipped("m:f", files) == {"yaml_of.py", "cfg/main.yml", "inputs/one/a.csv", "inputs/two/b.csv"}


def test_a_bare_name_beside_names_of_its_modules_is_a_key(shipped):
    files = {
        "m.py": """
            import importlib, json
            def f():
                return [importlib.import_module(one) for names in json.load(open("c.json")).values() for one in names]
        """,
        "c.json": '{"steps": ["steps.one"]}',
        "steps/__init__.py": "",
        "steps/one.py": "",
        "steps/two.py": "",
    }
    assert shipped("m:f", files) == {"c.json", "steps/__init__.py", "steps/one.py"}
