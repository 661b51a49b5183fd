"""Files and folders that code opens (rule 8)."""


def test_a_helper_that_joins_its_argument_to_the_modules_folder_opens_what_its_callers_name(shipped):
    files = {
        "m.py": """
            import os
            HERE = os.path.dirname(__file__)
            def data(name):
                return os.path.join(HERE, "data", name)
            def read(name):
                with open(data(name)) as f:
                    return f.read()
            def f():
                return read("a.txt") + read("sub/b.txt")
        """,
        "data/a.txt": "a",
        "data/sub/b.txt": "b",
        "data/unused.bin": "x",
    }
    assert shipped("m:f", files) == {"data/a.txt", "data/sub/b.txt"}


def test_a_name_given_by_the_entrys_argument_ships_what_its_pattern_matches(shipped):
    files = {
        "m.py": """
            from pathlib import Path
            T = Path(__file__).parent / "templates"
            def f(name):
                return (T / f"{name}.txt").read_text()
        """,
        "templates/a.txt": "a",
        "templates/b.md": "b",
        "notes.txt": "n",
    }
    assert shipped("m:f", files) == {"templates/a.txt"}


def test_a_folder_that_the_code_changes_to_is_where_relative_paths_are_seen_from(shipped):
    files = {
        "m.py": """
            import os
            def f():
                os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/work")
                return open("in.txt").read()
        """,
        "work/in.txt": "1",
        "work/big.bin": "2",
    }
    assert shipped("m:f", files) == {"work/in.txt"}


def test_a_walked_folder_ships_whole(shipped):
    files = {
        "m.py": """
            import os
            def f():
                n = 0
                for root, dirs, files in os.walk("corpus"):
                    for x in files:
                        with open(os.path.join(root, x)) as h: n += len(h.read())
                return n
        """,
        "corpus/a/b.txt": "1",
        "corpus/c.txt": "2",
        "other/c.txt": "2",
    }
    assert shipped("m:f", files) == {"corpus/a/b.txt", "corpus/c.txt"}


def test_readers_of_other_packages_are_openers_and_writers_leave_an_empty_folder(shipped):
    files = {
        "m.py": """
            try:
                import pandas as pd
            except ImportError:
                pass
            DATA = "data"
            def f(year):
                df = pd.read_csv(f"{DATA}/sales_{year}.csv")
                ref = pd.read_excel(io="data/ref.xlsx")
                df.to_csv("out/result.csv")
                return df
        """,
        "data/sales_2020.csv": "",
        "data/sales_2021.csv": "",
        "data/ref.xlsx": "",
        "data/raw.csv": "",
        "out/result.csv": "old",
    }
    assert shipped("m:f", files) == {"data/ref.xlsx", "data/sales_2020.csv", "data/sales_2021.csv", "out"}


def test_class_attributes_and_default_arguments_fold_into_paths(shipped):
    files = {
        "m.py": """
            try:
                import numpy as np
            except ImportError:
                pass
            from pathlib import Path
            BASE = Path(__file__).resolve().parent
            class Model:
                weights = BASE / "weights" / "w.npy"
                def __init__(self, vocab="vocab.txt"):
                    self.w = np.load(self.weights)
                    self.vocab = (BASE / "weights" / vocab).read_text()
            def f():
                return Model().w
        """,
        "weights/w.npy": "",
        "weights/vocab.txt": "",
        "weights/old.npy": "",
    }
    assert shipped("m:f", files) == {"weights/vocab.txt", "weights/w.npy"}


def test_defaults_of_a_dataclass_in_another_module_fold(shipped):
    files = {
        "pkg/__init__.py": "",
        "pkg/config.py": """
            import os
            from dataclasses import dataclass
            @dataclass
            class Config:
                root: str = os.path.join(os.path.dirname(__file__), "res")
                table: str = "t.csv"
            CONFIG = Config()
        """,
        "pkg/run.py": """
            import os
            from .config import CONFIG
            def f():
                return open(os.path.join(CONFIG.root, CONFIG.table)).read()
        """,
        "pkg/res/t.csv": "",
        "pkg/res/u.csv": "",
    }
    assert shipped("pkg.run:f", files) == {"pkg/__init__.py", "pkg/config.py", "pkg/res/t.csv"}


def test_what_a_pool_maps_over_is_what_the_function_opens(shipped):
    files = {
        "m.py": """
            from multiprocessing import Pool
            FILES = ["in/a.txt", "in/b.txt"]
            def load(p):
                with open(p) as h: return h.read()
            def f():
                with Pool(2) as p: return p.map(load, FILES)
        """,
        "in/a.txt": "",
        "in/b.txt": "",
        "in/c.txt": "",
    }
    assert shipped("m:f", files) == {"in/a.txt", "in/b.txt"}


def test_a_folder_handed_to_a_template_loader_ships_whole(shipped):
    files = {
        "m.py": """
            try:
                from jinja2 import Environment, FileSystemLoader
            except ImportError:
                pass
            import os
            env = Environment(loader=FileSystemLoader(os.path.join(os.path.dirname(__file__), "tpl")))
            def f(): return env.get_template("a.html").render()
        """,
        "tpl/a.html": '{% extends "base.html" %}',
        "tpl/base.html": "x",
        "tplx/c.html": "",
    }
    assert shipped("m:f", files) == {"tpl/a.html", "tpl/base.html"}


def test_a_secret_opened_under_a_condition_stays_at_home(shipped):
    files = {
        "m.py": """
            import os
            def f():
                if os.path.exists(".env"):
                    return open(".env").read()
        """,
        ".env": "K=1",
    }
    assert shipped("m:f", files) == set()


def test_a_secret_opened_by_a_function_that_is_not_sure_to_run_is_no_error(shipped):
    files = {
        "m.py": """
            def key():
                return open("id_rsa").read()
            def f():
                return 1
        """,
        "id_rsa": "K=1",
    }
    assert shipped("m:f", files) == set()


def test_package_data_is_found_by_files_and_get_data(shipped):
    files = {
        "src/app/__init__.py": "",
        "src/app/m.py": """
            from importlib.resources import files
            import pkgutil
            def f():
                a = files("app.data").joinpath("a.json").read_text()
                b = files(__package__) / "data" / "b.json"
                c = pkgutil.get_data("app", "data/c.bin")
                d = pkgutil.get_data(__name__, "data/d.bin")
                return a, b.read_text(), c, d
        """,
        "src/app/data/a.json": "{}\n",
        "src/app/data/b.json": "{}\n",
        "src/app/data/c.bin": "{}\n",
        "src/app/data/d.bin": "{}\n",
        "src/app/data/e.bin": "{}\n",
    }
    assert shipped("app.m:f", files) == {
        "src/app/__init__.py",
        "src/app/data/a.json",
        "src/app/data/b.json",
        "src/app/data/c.bin",
        "src/app/data/d.bin",
    }


def test_the_old_functions_of_importlib_resources_are_openers(shipped):
    files = {
        "app/__init__.py": "",
        "app/m.py": """
            from importlib import resources
            from . import res
            def f():
                with resources.open_text(res, "a.txt") as h: h.read()
                with resources.path("app.res", "b.txt") as p: p.read_text()
                resources.read_text("app.res", "c.txt")
                return list(resources.contents(res))
        """,
        "app/res/__init__.py": "",
        "app/res/a.txt": "{}\n",
        "app/res/b.txt": "{}\n",
        "app/res/c.txt": "{}\n",
    }
    assert shipped("app.m:f", files) == {
        "app/__init__.py",
        "app/res/__init__.py",
        "app/res/a.txt",
        "app/res/b.txt",
        "app/res/c.txt",
    }


def test_a_resource_folder_that_is_listed_ships_whole(shipped):
    files = {
        "app/__init__.py": "",
        "app/m.py": """
            from importlib.resources import files
            def f():
                return sorted(p.name for p in files("app").joinpath("lang").iterdir())
        """,
        "app/lang/de.txt": "{}\n",
        "app/lang/en.txt": "{}\n",
        "app/x.bin": "{}\n",
    }
    assert shipped("app.m:f", files) == {"app/__init__.py", "app/lang/de.txt", "app/lang/en.txt"}


def test_constants_and_tables_of_another_module_fold(shipped):
    files = {
        "m.py": """
            import paths as P
            from paths import TABLES
            def f():
                with open(P.INPUT) as h: x = h.read()
                for name, path in TABLES.items():
                    with open(path) as h: x += h.read()
                return x
        """,
        "paths.py": """
            import os
            ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "."))
            INPUT = os.path.join(ROOT, "in", "x.txt")
            TABLES = {k: os.path.join(ROOT, "tables", f"{k}.csv") for k in ("a", "b")}
        """,
        "in/x.txt": "{}\n",
        "tables/a.csv": "{}\n",
        "tables/b.csv": "{}\n",
        "tables/c.csv": "{}\n",
    }
    assert shipped("m:f", files) == {"in/x.txt", "paths.py", "tables/a.csv", "tables/b.csv"}


def test_a_base_class_opens_what_its_subclasses_name(shipped):
    files = {
        "m.py": """
            import os, json
            class Base:
                filename = None
                def path(self):
                    return os.path.join(os.path.dirname(__file__), "data", self.filename)
                def load(self):
                    with open(self.path()) as h: return json.load(h)
            class A(Base):
                filename = "a.json"
            class B(Base):
                filename = "b.json"
            def f():
                return A().load(), B().load()
        """,
        "data/a.json": "{}\n",
        "data/b.json": "{}\n",
        "data/c.json": "{}\n",
    }
    assert shipped("m:f", files) == {"data/a.json", "data/b.json"}


def test_properties_and_cached_functions_fold(shipped):
    files = {
        "m.py": """
            from functools import lru_cache, cached_property
            from pathlib import Path
            class S:
                def __init__(self, root="res"):
                    self._root = Path(__file__).parent / root
                @property
                def table(self):
                    return self._root / "t.csv"
                @cached_property
                def words(self):
                    return self.table.with_suffix(".txt").read_text()
            @lru_cache(None)
            def load(n):
                return S().table.with_name(n + ".dat").read_bytes()
            def f():
                s = S()
                return s.words, s.table.read_text(), load("q")
        """,
        "res/t.csv": "{}\n",
        "res/t.txt": "{}\n",
        "res/q.dat": "{}\n",
        "res/u.dat": "{}\n",
    }
    assert shipped("m:f", files) == {"res/q.dat", "res/t.csv", "res/t.txt"}


def test_the_default_of_a_command_line_option_ships(shipped):
    files = {
        "m.py": """
            import argparse, configparser
            def parse(argv):
                p = argparse.ArgumentParser()
                p.add_argument("--conf", default="etc/c.ini")
                return p.parse_args(argv)
            def f():
                args = parse([])
                c = configparser.ConfigParser()
                c.read(args.conf)
                return c.sections()
        """,
        "etc/c.ini": "[a]",
        "etc/d.ini": "",
    }
    assert shipped("m:f", files) == {"etc/c.ini"}


def test_the_default_of_an_environment_variable_counts(shipped):
    files = {
        "m.py": """
            import os
            DATA = os.environ.get("DATA_DIR", "data")
            def f():
                with open(os.path.join(DATA, "x.txt")) as h: return h.read()
        """,
        "data/x.txt": "{}\n",
        "data/y.txt": "{}\n",
    }
    assert shipped("m:f", files) == {"data/x.txt"}


def test_a_search_for_the_projects_root_ships_the_marker(shipped):
    files = {
        "pyproject.toml": "",
        "pkg/__init__.py": "",
        "pkg/sub/__init__.py": "",
        "pkg/sub/m.py": """
            from pathlib import Path
            def find_root(start=Path(__file__).resolve()):
                for p in [start, *start.parents]:
                    if (p / "pyproject.toml").exists():
                        return p
                raise RuntimeError
            ROOT = find_root()
            def f():
                return (ROOT / "conf" / "a.toml").read_text()
        """,
        "conf/a.toml": "",
        "conf/b.toml": "",
    }
    assert shipped("pkg.sub.m:f", files) == {"conf/a.toml", "pkg/__init__.py", "pkg/sub/__init__.py", "pyproject.toml"}


def test_a_loop_that_climbs_to_a_marker_folds(shipped):
    files = {
        "pkg/sub/m.py": """
            import os
            def root():
                d = os.path.dirname(os.path.abspath(__file__))
                while not os.path.exists(os.path.join(d, "MARK")):
                    d = os.path.dirname(d)
                return d
            def f():
                with open(os.path.join(root(), "conf", "a.txt")) as h: return h.read()
        """,
        "MARK": "",
        "conf/a.txt": "",
        "setup.cfg": "",
        "conf/b.txt": "",
    }
    assert shipped("pkg/sub/m.py:f", files) == {"MARK", "conf/a.txt"}


def test_a_shared_library_ships(shipped):
    files = {
        "m.py": """
            import ctypes, os
            lib = ctypes.CDLL(os.path.join(os.path.dirname(__file__), "libfast.so"))
            def f(): return lib.add(1, 2)
        """,
        "libfast.so": "x",
        "libslow.so": "x",
    }
    assert shipped("m:f", files) == {"libfast.so"}


def test_a_folder_of_translations_ships(shipped):
    files = {
        "m.py": """
            import gettext, os
            LOC = os.path.join(os.path.dirname(__file__), "locale")
            t = gettext.translation("app", LOC, languages=["de"])
            def f(): return t.gettext("x")
        """,
        "locale/de/LC_MESSAGES/app.mo": "x",
        "locale/fr/LC_MESSAGES/app.mo": "x",
        "z/app.mo": "",
    }
    assert shipped("m:f", files) == {"locale/de/LC_MESSAGES/app.mo", "locale/fr/LC_MESSAGES/app.mo"}


def test_paths_made_by_plus_and_os_sep_fold(shipped):
    files = {
        "m.py": """
            import os
            BASE = os.path.split(os.path.realpath(__file__))[0]
            PARTS = ("a.txt", "b.txt")
            def paths():
                return [BASE + os.sep + "parts" + os.sep + n for n in PARTS]
            def f():
                return "".join(open(p).read() for p in paths())
        """,
        "parts/a.txt": "",
        "parts/b.txt": "",
        "parts/c.txt": "",
    }
    assert shipped("m:f", files) == {"parts/a.txt", "parts/b.txt"}


def test_paths_that_a_generator_yields_fold(shipped):
    files = {
        "m.py": """
            from pathlib import Path
            def inputs(n):
                for i in range(n):
                    yield Path("in") / f"part-{i:02d}.csv"
            def f():
                return [p.read_text() for p in inputs(3)]
        """,
        "in/part-00.csv": "",
        "in/part-01.csv": "",
        "in/part-02.csv": "",
        "in/part-aa.txt": "",
    }
    assert shipped("m:f", files) == {"in/part-00.csv", "in/part-01.csv", "in/part-02.csv"}


def test_default_arguments_are_opened(shipped):
    files = {
        "m.py": """
            from pathlib import Path
            def load(path=Path(__file__).parent / "d.json", *, extra="e.json"):
                return path.read_text() + path.with_name(extra).read_text()
            def f():
                return load()
        """,
        "d.json": "{}\n",
        "e.json": "{}\n",
        "x.json": "{}\n",
    }
    assert shipped("m:f", files) == {"d.json", "e.json"}


def test_any_name_beside_the_module_brings_data_but_no_code(shipped):
    files = {
        "pkg/__init__.py": "",
        "pkg/m.py": """
            import os
            HERE = os.path.dirname(__file__)
            def f(name):
                return open(os.path.join(HERE, name)).read()
        """,
        "pkg/a.txt": "",
        "pkg/sub/b.txt": "",
        "pkg/other.py": "",
    }
    assert shipped("pkg.m:f", files) == {"pkg/__init__.py", "pkg/a.txt"}


def test_a_path_of_which_nothing_is_known_ships_nothing(shipped):
    files = {
        "m.py": """
            def f(name):
                return open(name).read()
        """,
        "a.txt": "",
        "b.txt": "",
    }
    assert shipped("m:f", files) == set()


def test_a_file_name_in_an_unknown_folder_ships_from_every_folder(shipped):
    files = {
        "m.py": """
            import os
            def f(folder):
                return open(os.path.join(folder, "params.json")).read()
        """,
        "exp/one/params.json": "",
        "exp/two/other.json": "",
    }
    assert shipped("m:f", files) == {"exp/one/params.json"}


def test_listing_the_working_directory_brings_its_own_files(shipped):
    files = {
        "m.py": """
            import os
            def f():
                return [open(n).read() for n in sorted(os.listdir(".")) if n.endswith(".txt")]
        """,
        "a.txt": "",
        "b.txt": "",
        "sub/c.txt": "",
        "other.py": "",
    }
    assert shipped("m:f", files) == {"a.txt", "b.txt", "other.py"}


def test_deep_globs_bring_what_matches(shipped):
    files = {
        "m.py": """
            import glob
            from pathlib import Path
            def f():
                return glob.glob("logs/**/*.log", recursive=True) + [p.read_text() for p in Path("cfg").rglob("*.ini")]
        """,
        "logs/a.log": "",
        "logs/x/b.log": "",
        "logs/x/c.txt": "",
        "cfg/a.ini": "",
        "cfg/d/b.ini": "",
        "cfg/d/b.txt": "",
    }
    assert shipped("m:f", files) == {"cfg/a.ini", "cfg/d/b.ini", "logs/a.log", "logs/x/b.log"}


def test_archives_and_databases_are_opened(shipped):
    files = {
        "m.py": """
            import sqlite3, tarfile, zipfile, shelve, contextlib, lzma, bz2
            def f():
                with contextlib.closing(sqlite3.connect("db/x.sqlite")) as c: c.execute("select 1")
                with tarfile.open("a.tar.gz") as t, zipfile.ZipFile("b.zip") as z, lzma.open("c.xz") as x, bz2.open("d.bz2") as b: pass
                sqlite3.connect("file:db/y.sqlite?mode=ro", uri=True)
        """,
        "db/x.sqlite": "",
        "db/y.sqlite": "",
        "a.tar.gz": "",
        "b.zip": "",
        "c.xz": "",
        "d.bz2": "",
    }
    assert shipped("m:f", files) == {"a.tar.gz", "b.zip", "c.xz", "d.bz2", "db/x.sqlite", "db/y.sqlite"}


def test_what_is_copied_ships_and_where_it_goes_ships_empty(shipped):
    files = {
        "m.py": """
            import shutil, os
            def f():
                os.makedirs("out", exist_ok=True)
                shutil.copy("in/a.txt", "out/a.txt")
                shutil.copytree("tree", "out/tree")
                with open(os.path.join("out", "log.txt"), "a") as h: h.write("x")
        """,
        "in/a.txt": "",
        "in/b.txt": "",
        "tree/x/y.txt": "",
        "out/old.txt": "",
        "out/log.txt": "",
    }
    assert shipped("m:f", files) == {"in/a.txt", "out", "tree/x/y.txt"}


def test_docstrings_name_no_files(shipped):
    files = {"m.py": "'secret.txt'\n\ndef f():\n    'data/big.bin'\n    return 1\n", "data/big.bin": "", "secret.txt": ""}
    assert shipped("m:f", files) == set()


def test_what_only_the_main_guard_names_stays(shipped):
    files = {
        "m.py": """
            def f(x): return x
            def main(path="a.txt"):
                return open(path).read()
            if __name__ == "__main__":
                main("big.bin")
        """,
        "big.bin": "",
        "a.txt": "",
    }
    assert shipped("m:f", files) == {"a.txt"}


def test_a_name_below_a_named_folder_may_hold_slashes(shipped):
    files = {
        "m.py": """
            from pathlib import Path
            class Store:
                def __init__(self, base): self.base = Path(base)
                def __getitem__(self, key): return (self.base / key).read_text()
            S = Store(Path(__file__).parent / "texts")
            def f(): return S["mail/hello.txt"]
        """,
        "texts/mail/hello.txt": "",
        "texts/x.txt": "",
        "t2/y.txt": "",
    }
    assert shipped("m:f", files) == {"texts/mail/hello.txt", "texts/x.txt"}


def test_resources_of_a_namespace_package_are_found(shipped):
    files = {
        "app/m.py": """
            from importlib.resources import files
            def f(): return files("app.res").joinpath("x.txt").read_text()
        """,
        "app/res/x.txt": "",
        "app/res/y.txt": "",
    }
    assert shipped("app.m:f", files) == {"app/res/x.txt"}


def test_an_argument_that_is_much_work_leaves_the_next_one_its_own(shipped):
    big = ", ".join(["0"] * 1500)
    files = {
        "m.py": f"""
            import pkgutil
            def f(fast):
                return pkgutil.get_data("pkg" if fast else [[{big}], [{big}]], "a.txt")
        """,
        "pkg/__init__.py": "",
        "pkg/a.txt": "a",
        "pkg/b.txt": "b",
    }
    assert shipped("m:f", files) == {"pkg/__init__.py", "pkg/a.txt"}


def test_what_test_runners_of_the_project_gather_stays(shipped):
    files = {
        "m.py": """
            import pkg.testing.runner
            def f():
                return pkg.testing.runner.table()
        """,
        "pkg/__init__.py": "",
        "pkg/testing/__init__.py": "",
        "pkg/testing/runner.py": """
            import glob, os
            HERE = os.path.dirname(os.path.abspath(__file__))
            def table():
                return [os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(HERE, "tables")) for name in names]
            def run():
                return list(os.walk(os.path.dirname(HERE))), glob.glob(os.path.join(HERE, "test_*.py"))
        """,
        "pkg/testing/test_x.py": "",
        "pkg/testing/tables/a.csv": "",
        "pkg/other.py": "",
        "pkg/notes.txt": "",
    }
    kept = {"pkg/__init__.py", "pkg/testing/__init__.py", "pkg/testing/runner.py", "pkg/testing/tables/a.csv"}
    assert {name for name in shipped("m:f", files) if "." in name} == kept


def test_a_path_by_string_template_or_by_keyword_is_opened(shipped):
    files = {
        "m.py": """
            from string import Template
            try:
                import numpy
            except ImportError:
                pass
            BASE = Template("d/${kind}s/$name.txt")
            def f():
                open(BASE.substitute({"kind": "plot"}, name="a"))
                numpy.genfromtxt(fname="d/" + "b.csv")
        """,
        "d/plots/a.txt": "",
        "d/plots/b.txt": "",
        "d/b.csv": "",
    }
    assert shipped("m:f", files) == {"d/plots/a.txt", "d/b.csv"}


def test_parts_of_a_path_may_be_joined_one_after_another(shipped):
    files = {
        "m.py": """
            import functools, os
            PARTS = ["d", "deep", "a.txt"]
            def f():
                return open(functools.reduce(os.path.join, PARTS, os.path.dirname(__file__))), open(functools.reduce(os.path.join, ["e", "b.txt"]))
        """,
        "d/deep/a.txt": "",
        "d/deep/b.txt": "",
        "e/b.txt": "",
    }
    assert shipped("m:f", files) == {"d/deep/a.txt", "e/b.txt"}


def test_what_a_module_that_data_names_hands_to_one_that_was_asked_before_ships(shipped):
    files = {
        "m.py": """
            import importlib, json
            def read(name):
                return open(name + ".txt").read()
            def f():
                plugins = json.load(open("plugins.json"))
                return read("zero"), [importlib.import_module(one).run() for one in plugins]
        """,
        "plugins.json": '["first"]',
        "first.py": """
            import importlib, json, m
            def run():
                more = [importlib.import_module(one).run() for one in json.load(open("more.json"))]
                return m.read("one"), more
        """,
        "more.json": '["second"]',
        "second.py": """
            import m
            def run():
                return m.read("two")
        """,
        "zero.txt": "0",
        "one.txt": "1",
        "two.txt": "2",
        "three.txt": "3",
    }
    assert shipped("m:f", files) == {"plugins.json", "first.py", "zero.txt", "one.txt", "more.json", "second.py", "two.txt"}
