"""Dynamic imports that do not fold (rule 4, b, d, e)."""

import pytest


def test_a_module_named_in_a_settings_file_ships_and_nothing_is_widened(shipped):
    files = {
        "m.py": """
            import importlib, json
            def f():
                with open("conf/app.json") as h:
                    cfg = json.load(h)
                return importlib.import_module(cfg["module"]).go()
        """,
        "conf/app.json": '{"module": "steps.clean"}',
        "steps/__init__.py": "",
        "steps/clean.py": "def go(): return 1",
        "steps/other.py": "",
        "zzz.py": "",
    }
    assert shipped("m:f", files) == {"conf/app.json", "steps/__init__.py", "steps/clean.py"}


def test_an_import_by_the_entrys_argument_widens_to_the_modules_beside_it(shipped):
    files = {
        "m.py": """
            import importlib
            def f(name):
                return importlib.import_module(name).go()
        """,
        "plugin_a.py": "def go(): return 1",
    }
    assert shipped("m:f", files) == {"plugin_a.py"}


def test_packages_named_in_settings_come_whole_without_their_tests(shipped):
    files = {
        "proj/__init__.py": "",
        "proj/run.py": """
            import os
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
            def f():
                import mini
                mini.setup()
                return mini.apps()
        """,
        "proj/settings.py": """
            INSTALLED_APPS = ['shop', 'blog.apps.BlogConfig']
            ROOT_URLCONF = 'proj.urls'
        """,
        "proj/urls.py": "",
        "proj/other.py": "",
        "shop/__init__.py": "",
        "shop/models.py": "",
        "shop/tests/__init__.py": "",
        "shop/fixtures/a.json": "",
        "blog/__init__.py": "",
        "blog/apps.py": "class BlogConfig: pass",
        "mini.py": """
            import importlib, os
            def setup():
                s = importlib.import_module(os.environ["DJANGO_SETTINGS_MODULE"])
                for app in s.INSTALLED_APPS:
                    importlib.import_module(app)
            def apps(): return 1
        """,
    }
    assert shipped("proj.run:f", files) == {
        "blog/__init__.py",
        "blog/apps.py",
        "mini.py",
        "proj/__init__.py",
        "proj/settings.py",
        "proj/urls.py",
        "shop/__init__.py",
        "shop/fixtures/a.json",
        "shop/models.py",
    }


def test_classes_named_in_logging_configurations_ship(shipped):
    files = {
        "m.py": """
            import logging.config
            CFG = {"version": 1, "handlers": {"h": {"class": "app.log.Handler"}}, "root": {"handlers": ["h"]}}
            def f():
                logging.config.dictConfig(CFG)
                logging.config.fileConfig("logging.ini")
        """,
        "app/__init__.py": "",
        "app/log.py": "",
        "app/zzz.py": "",
        "logging.ini": "[x]\nclass=app.other.H\n",
        "app/other.py": "",
    }
    assert shipped("m:f", files) == {"app/__init__.py", "app/log.py", "app/other.py", "logging.ini"}


def test_a_folder_of_data_that_a_string_names_is_no_package(shipped):
    files = {
        "m.py": """
            import importlib, os
            def f(name):
                return importlib.import_module(name), os.path.exists(os.path.join("data", "a.txt")), "plain"
        """,
        "data/a.txt": "",
        "data/big.bin": "",
        "data/old/x.csv": "",
        "plain/deep/step.py": "",
    }
    assert shipped("m:f", files) == {"data/a.txt", "plain/deep/step.py"}


def test_the_name_of_the_project_in_its_own_file_means_no_package(shipped):
    files = {
        "pkg/__init__.py": "",
        "pkg/m.py": """
            import importlib
            def f():
                names = open("pyproject.toml").read()
                return [importlib.import_module(one) for one in names]
        """,
        "pyproject.toml": "[project]\nname = 'pkg'\n[tool.pkg]\nsteps = ['pkg.one:go']\n",
        "pkg/one.py": "",
        "pkg/two.py": "",
    }
    assert shipped("pkg.m:f", files) == {"pkg/__init__.py", "pyproject.toml", "pkg/one.py"}


UNCALLED = {
    "pkg/__init__.py": "",
    "pkg/m.py": "from pkg.load import plain\ndef f(): return plain()\n",
    "pkg/load.py": """
        import importlib
        def plain(): return 1
        def from_name(name):
            return importlib.import_module(name)
        class Loader:
            def __init__(self, name):
                self.module = importlib.import_module(name)
    """,
    "pkg/other.py": "",
}


def test_an_import_in_a_function_that_nobody_calls_widens_nothing(shipped):
    assert shipped("pkg.m:f", UNCALLED) == {"pkg/__init__.py", "pkg/load.py"}


@pytest.mark.parametrize(
    "more",
    [
        {"pkg/m.py": "from pkg.load import Loader\ndef f(n): return Loader(n)\n"},
        {"pkg/m.py": "from pkg import load\nTABLE = {'a': load.from_name}\ndef f(k, n): return TABLE[k](n)\n"},
        {"pkg/m.py": "from pkg import load\nclass Mine(load.Loader): pass\ndef f(n): return Mine(n)\n"},
        {"pkg/m.py": "from pkg import load\ndef f(n): return getattr(load, 'from_name')(n)\n"},
        {"pkg/m.py": "from pkg import load\ndef f(n): return getattr(load, open('how.txt').read())(n)\n", "how.txt": "from_name"},
    ],
)
def test_an_import_in_a_function_that_somebody_may_call_widens(shipped, more):
    assert "pkg/other.py" in shipped("pkg.m:f", {**UNCALLED, **more})


def test_a_package_that_its_own_module_names_comes_whole_only_from_a_list(shipped):
    files = {
        "pkg/__init__.py": "",
        "pkg/inner/__init__.py": "",
        "pkg/inner/m.py": """
            import importlib, logging
            log = logging.getLogger("pkg")
            def f():
                name = open("name.txt").read()
                return importlib.import_module(name)
        """,
        "name.txt": "pkg.sub.one",
        "pkg/sub/__init__.py": "",
        "pkg/sub/one.py": "",
        "pkg/sub/two.py": "",
    }
    assert shipped("pkg.inner.m:f", files) == {
        "name.txt",
        "pkg/__init__.py",
        "pkg/inner/__init__.py",
        "pkg/sub/__init__.py",
        "pkg/sub/one.py",
    }
    files["pkg/inner/m.py"] = files["pkg/inner/m.py"].replace('logging.getLogger("pkg")', '["pkg"]')
    assert "pkg/sub/two.py" in shipped("pkg.inner.m:f", files)


def test_a_package_that_a_table_names_and_that_is_imported_by_it_does_not_come_whole(shipped):
    files = {
        "m.py": """
            import importlib
            KINDS = {"a": "kinds.a", "b": "kinds.b.deep"}
            def f(kind):
                return importlib.import_module(KINDS.get(kind, kind))
        """,
        "kinds/__init__.py": "",
        "kinds/a/__init__.py": "from . import used",
        "kinds/a/used.py": "",
        "kinds/a/data.txt": "",
        "kinds/a/unused.py": "",
        "kinds/b/__init__.py": "",
        "kinds/b/deep.py": "",
    }
    used = {name for name in files if name not in ("m.py", "kinds/a/data.txt", "kinds/a/unused.py")}
    assert shipped("m:f", files) == used


def test_a_package_that_comes_whole_has_its_numbered_modules(shipped):
    files = {
        "m.py": "import importlib\nAPPS = ['blog']\ndef f(name):\n    return importlib.import_module(name)\n",
        "blog/__init__.py": "",
        "blog/migrations/__init__.py": "",
        "blog/migrations/0001_initial.py": "import fields",
        "fields.py": "",
    }
    assert shipped("m:f", files) == files.keys() - {"m.py"}
