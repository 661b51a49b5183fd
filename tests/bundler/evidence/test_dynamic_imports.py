"""Dynamic imports that fold (rule 4, a and c)."""


def test_a_lazy_getattr_table_brings_the_modules_that_are_asked_for(shipped):
    files = {
        "use.py": """
            import pkg
            def f():
                return pkg.alpha.go() + pkg.Beta().x
        """,
        "pkg/__init__.py": """
            import importlib
            _LAZY = {"alpha": "pkg.alpha", "gamma": "pkg.gamma"}
            _CLS = {"Beta": (".beta", "Beta")}
            def __getattr__(name):
                if name in _LAZY:
                    return importlib.import_module(_LAZY[name])
                if name in _CLS:
                    mod, attr = _CLS[name]
                    return getattr(importlib.import_module(mod, __name__), attr)
                raise AttributeError(name)
        """,
        "pkg/alpha.py": "def go(): return 1",
        "pkg/beta.py": "class Beta: x=1",
        "pkg/gamma.py": "bad",
    }
    assert shipped("use:f", files) == {"pkg/__init__.py", "pkg/alpha.py", "pkg/beta.py"}


def test_a_table_looked_up_by_an_unknown_key_brings_all_its_modules(shipped):
    files = {
        "m.py": """
            from importlib import import_module
            BACKENDS = {"fast": "backends.fast", "slow": "backends.slow"}
            def load(kind):
                return import_module(BACKENDS[kind])
            def f(kind):
                return load(kind).run()
        """,
        "backends/__init__.py": "",
        "backends/fast.py": "def run(): return 1",
        "backends/slow.py": "def run(): return 2",
        "backends/other.py": "",
    }
    assert shipped("m:f", files) == {"backends/__init__.py", "backends/fast.py", "backends/slow.py"}


def test_a_foldable_prefix_brings_the_submodules_that_match(shipped):
    files = {
        "m.py": """
            import importlib
            def f(kind):
                mod = importlib.import_module(f"plugins.{kind}_plugin")
                return mod.run()
        """,
        "plugins/__init__.py": "",
        "plugins/a_plugin.py": "def run(): return 1",
        "plugins/helper.py": "",
        "plugins/tests/test_x.py": "",
    }
    assert shipped("m:f", files) == {"plugins/__init__.py", "plugins/a_plugin.py"}


def test_a_local_import_string_function_is_followed_to_its_callers(shipped):
    files = {
        "app/__init__.py": "",
        "app/main.py": """
            from app.util import import_string
            def f():
                return import_string("app.handlers.Json")().go()
        """,
        "app/util.py": """
            import importlib
            def import_string(dotted):
                mod, _, attr = dotted.rpartition(".")
                return getattr(importlib.import_module(mod), attr)
        """,
        "app/handlers.py": """
            class Json:
                def go(self): return 1
        """,
        "app/web.py": "",
    }
    assert shipped("app.main:f", files) == {"app/__init__.py", "app/handlers.py", "app/util.py"}


def test_a_module_loaded_from_its_file_ships_with_its_imports(shipped):
    files = {
        "m.py": """
            import importlib.util, os
            def load(path):
                spec = importlib.util.spec_from_file_location("plug", path)
                mod = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(mod)
                return mod
            def f():
                return load(os.path.join(os.path.dirname(__file__), "plug", "one.py")).x
        """,
        "plug/one.py": """
            import helper
            x=1
        """,
        "helper.py": "",
        "plug/two.py": "",
    }
    assert shipped("m:f", files) == {"helper.py", "plug/one.py"}


def test_plugins_globbed_and_loaded_from_files_ship_with_their_imports(shipped):
    files = {
        "m.py": """
            import importlib.util, glob, os
            HERE = os.path.dirname(os.path.abspath(__file__))
            def f():
                out = []
                for path in sorted(glob.glob(os.path.join(HERE, "plugins", "*.py"))):
                    name = os.path.splitext(os.path.basename(path))[0]
                    spec = importlib.util.spec_from_file_location(name, path)
                    mod = importlib.util.module_from_spec(spec)
                    spec.loader.exec_module(mod)
                    out.append(mod.NAME)
                return out
        """,
        "plugins/one.py": "from shared import NAME",
        "plugins/two.py": "NAME=2",
        "shared.py": "NAME=1",
        "junk.py": "",
    }
    assert shipped("m:f", files) == {"plugins/one.py", "plugins/two.py", "shared.py"}


def test_plugins_in_a_folder_put_on_sys_path_and_listed_ship(shipped):
    files = {
        "m.py": """
            import os, sys, importlib
            P = os.path.join(os.path.dirname(__file__), "plugins")
            sys.path.insert(0, P)
            def f():
                return [importlib.import_module(n[:-3]).X for n in sorted(os.listdir(P)) if n.endswith(".py")]
        """,
        "plugins/one.py": "X=1",
        "plugins/two.py": "X=2",
        "junk.py": "",
    }
    assert shipped("m:f", files) == {"plugins/one.py", "plugins/two.py"}


def test_an_executed_file_ships_with_its_imports(shipped):
    files = {
        "m.py": """
            import os
            def f():
                ns = {}
                path = os.path.join(os.path.dirname(__file__), "snippet.py")
                with open(path) as h: exec(compile(h.read(), path, "exec"), ns)
                return ns["x"]
        """,
        "snippet.py": """
            import dep
            x = dep.y
        """,
        "dep.py": "y=1",
        "junk.py": "",
    }
    assert shipped("m:f", files) == {"dep.py", "snippet.py"}


def test_runpy_brings_the_file_and_the_module(shipped):
    files = {
        "m.py": """
            import runpy
            from pathlib import Path
            def f():
                a = runpy.run_path(str(Path(__file__).with_name("s.py")))["x"]
                b = runpy.run_module("tool.calc")["y"]
                return a + b
        """,
        "s.py": "x=1",
        "tool/__init__.py": "",
        "tool/calc.py": "y=2",
        "tool/x.py": "",
    }
    assert shipped("m:f", files) == {"s.py", "tool/__init__.py", "tool/calc.py"}


def test_a_star_import_of_a_package_that_lists_itself_brings_its_modules(shipped):
    files = {
        "m.py": """
            from tools import *
            def f(): return one.x
        """,
        "tools/__init__.py": """
            import pkgutil
            __all__ = [m.name for m in pkgutil.iter_modules(__path__)]
        """,
        "tools/one.py": "x=1",
        "tools/two.py": "",
        "junk.py": "",
    }
    assert shipped("m:f", files) == {"tools/__init__.py", "tools/one.py", "tools/two.py"}


def test_walk_packages_brings_modules_of_all_depths_but_no_tests(shipped):
    files = {
        "m.py": """
            import pkgutil, importlib
            import steps
            def f():
                out = []
                for finder, name, ispkg in pkgutil.walk_packages(steps.__path__, prefix="steps."):
                    out.append(importlib.import_module(name))
                return len(out)
        """,
        "steps/__init__.py": "",
        "steps/a.py": "",
        "steps/sub/__init__.py": "",
        "steps/sub/b.py": "",
        "steps/tests/__init__.py": "",
        "steps/tests/test_a.py": "",
        "junk.py": "",
    }
    assert shipped("m:f", files) == {
        "steps/__init__.py",
        "steps/a.py",
        "steps/sub/__init__.py",
        "steps/sub/b.py",
    }


def test_a_package_that_imports_what_lies_beside_it_ships_its_modules_alone(shipped):
    files = {
        "m.py": """
            import plug
            def f(): return plug.REG
        """,
        "plug/__init__.py": """
            from importlib import import_module
            from pathlib import Path
            REG = {}
            for p in Path(__file__).parent.glob("*.py"):
                if p.stem != "__init__":
                    import_module(f".{p.stem}", package=__package__)
        """,
        "plug/a.py": "from plug import REG",
        "plug/b.py": "",
        "plug/data.bin": "",
        "junk.py": "",
    }
    assert shipped("m:f", files) == {"plug/__init__.py", "plug/a.py", "plug/b.py"}


def test_dunder_import_brings_what_it_names(shipped):
    files = {
        "m.py": """
            def f(n):
                mod = __import__("handlers." + n, fromlist=["x"])
                top = __import__("conf.dev")
                return mod.x, top.dev
        """,
        "handlers/__init__.py": "",
        "handlers/h.py": "x=1",
        "conf/__init__.py": "",
        "conf/dev.py": "",
        "conf/prod.py": "",
        "junk.py": "",
    }
    assert shipped("m:f", files) == {"conf/__init__.py", "conf/dev.py", "handlers/__init__.py", "handlers/h.py"}


def test_a_prefix_with_names_from_a_file_brings_the_package(shipped):
    files = {
        "m.py": """
            import importlib
            def f():
                mods = [importlib.import_module("steps." + line.strip()) for line in open("order.txt")]
                return len(mods)
        """,
        "order.txt": "a\nb\n",
        "steps/__init__.py": "",
        "steps/a.py": "",
        "steps/b.py": "",
        "steps/c.py": "",
    }
    assert shipped("m:f", files) == {"order.txt", "steps/__init__.py", "steps/a.py", "steps/b.py", "steps/c.py"}


def test_modules_in_a_table_of_tuples_ship(shipped):
    files = {
        "m.py": """
            import importlib
            STEPS = [("clean", "steps.clean", {"a": 1}), ("fit", "steps.fit", {})]
            def f():
                for name, mod, kw in STEPS:
                    importlib.import_module(mod).run(**kw)
        """,
        "steps/__init__.py": "",
        "steps/clean.py": "",
        "steps/fit.py": "",
        "steps/zzz.py": "",
        "other.py": "",
    }
    assert shipped("m:f", files) == {"steps/__init__.py", "steps/clean.py", "steps/fit.py"}


def test_a_path_to_a_class_split_at_its_last_dot_brings_the_module(shipped):
    files = {
        "m.py": """
            from importlib import import_module
            HANDLERS = {"json": "fmt.js.Json", "xml": "fmt.xm.Xml"}
            def get(kind):
                path, _, name = HANDLERS[kind].rpartition(".")
                return getattr(import_module(path), name)
            def f(): return get("json")
        """,
        "fmt/__init__.py": "",
        "fmt/js.py": "class Json: pass",
        "fmt/xm.py": "class Xml: pass",
        "fmt/other.py": "",
        "junk.py": "",
    }
    assert shipped("m:f", files) == {"fmt/__init__.py", "fmt/js.py"}


def test_the_package_whose_resources_are_read_is_imported(shipped):
    files = {
        "m.py": """
            import pkgutil
            from importlib import resources
            def f(name):
                resources.files(name)
                return resources.files("res").joinpath("a", "x.txt").read_text(), pkgutil.get_data("more", "y.txt")
        """,
        "res/__init__.py": "import helper",
        "res/a/x.txt": "",
        "more/__init__.py": "",
        "more/y.txt": "",
        "helper.py": "",
        "other.py": "",
    }
    assert shipped("m:f", files) == {"res/__init__.py", "res/a/x.txt", "more/__init__.py", "more/y.txt", "helper.py"}


def test_what_test_code_imports_by_a_prefix_stays(shipped):
    files = {
        "m.py": """
            import pkg
            def f(): return pkg
        """,
        "pkg/__init__.py": "def check():\n    from .tests import runner\n    runner.go()\n",
        "pkg/tests/__init__.py": "",
        "pkg/tests/runner.py": """
            import os
            def go():
                for name in os.listdir(os.path.dirname(__file__)):
                    if name.startswith("test_"):
                        __import__("pkg.tests.test_" + name[5:])
                    __import__(name)
        """,
        "pkg/tests/test_a.py": "",
        "pkg/tests/extra.py": "",
    }
    assert shipped("m:f", files) == {"pkg/__init__.py", "pkg/tests/__init__.py", "pkg/tests/runner.py"}


def test_modules_whose_names_are_no_identifiers_are_imported_by_calls(shipped):
    files = {
        "m.py": """
            import importlib, pkgutil, apps.migrations
            importlib.import_module("01_prepare")
            def f():
                importlib.import_module("steps.02-fit")
                return [importlib.import_module(f"apps.migrations.{one.name}") for one in pkgutil.iter_modules(apps.migrations.__path__)]
        """,
        "01_prepare.py": "import helper",
        "helper.py": "",
        "steps/__init__.py": "",
        "steps/02-fit.py": "",
        "steps/03-plot.py": "",
        "apps/__init__.py": "",
        "apps/migrations/__init__.py": "",
        "apps/migrations/0001_initial.py": "from apps import fields",
        "apps/fields.py": "",
    }
    assert shipped("m:f", files) == files.keys() - {"m.py", "steps/03-plot.py"}
