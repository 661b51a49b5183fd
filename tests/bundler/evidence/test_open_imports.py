"""Dynamic imports that do not fold (rule 4, b, d, e)."""


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
