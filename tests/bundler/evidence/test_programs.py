"""Programs that code starts."""


def test_a_module_run_by_python_m_ships_with_its_imports(shipped):
    files = {
        "pkg/__init__.py": "",
        "pkg/m.py": """
            import subprocess, sys
            def f():
                return subprocess.check_output([sys.executable, "-m", "pkg.worker", "--in", "data/x.txt"])
        """,
        "pkg/worker.py": "import pkg.helper",
        "pkg/helper.py": "",
        "data/x.txt": "",
        "pkg/other.py": "",
    }
    assert shipped("pkg.m:f", files) == {"data/x.txt", "pkg/__init__.py", "pkg/helper.py", "pkg/worker.py"}


def test_files_in_shell_commands_and_scripts_ship(shipped):
    files = {
        "m.py": """
            import subprocess, os
            HERE = os.path.dirname(os.path.abspath(__file__))
            def f(x):
                os.system("sh tools/run.sh %s > out.txt" % x)
                subprocess.run(f"{HERE}/tools/go.sh -f {HERE}/tools/conf.ini | sort", shell=True, check=True)
                subprocess.run(["bash", "helper.sh"], cwd="tools")
        """,
        "tools/run.sh": ". ./tools/lib.sh\npython tools/calc.py",
        "tools/lib.sh": "",
        "tools/calc.py": "import calclib",
        "tools/calclib.py": "",
        "tools/go.sh": "",
        "tools/conf.ini": "",
        "tools/helper.sh": "",
        "tools/junk.sh": "",
    }
    assert shipped("m:f", files) == {
        "tools/calc.py",
        "tools/calclib.py",
        "tools/conf.ini",
        "tools/go.sh",
        "tools/helper.sh",
        "tools/lib.sh",
        "tools/run.sh",
    }


def test_what_is_shown_at_a_screen_is_no_input(shipped):
    files = {
        "m.py": """
            import os, subprocess, sys, webbrowser
            def f(page=""):
                folder = os.path.dirname(page) or "."
                subprocess.Popen(["xdg-open" if sys.platform == "linux" else "open", folder])
                webbrowser.open(folder)
                subprocess.run(["sort", "./data/x.txt"], check=True)
        """,
        "data/x.txt": "",
        "other/y.txt": "",
    }
    assert shipped("m:f", files) == {"data/x.txt"}


def test_a_command_that_changes_to_a_folder_first_names_files_in_it(shipped):
    files = {
        "m.py": """
            import subprocess, os
            def f():
                os.system("cd a && sh run.sh x.txt > y.txt; cat z.txt")
                subprocess.run(["sh", "-c", "cd b; ./go.sh"])
        """,
        "a/run.sh": "",
        "a/x.txt": "",
        "a/y.txt": "",
        "a/z.txt": "",
        "b/go.sh": "",
        "run.sh": "",
    }
    assert shipped("m:f", files) == {"a/run.sh", "a/x.txt", "a/z.txt", "b/go.sh"}


def test_a_command_that_is_split_before_it_runs_names_modules_and_files(shipped):
    files = {
        "m.py": """
            import shlex, subprocess, sys
            def f():
                subprocess.run(shlex.split(f"{sys.executable} -m tool d/x.txt"))
                subprocess.run((sys.executable + " d/go.py").split())
        """,
        "tool.py": "",
        "d/x.txt": "",
        "d/go.py": "",
        "d/y.txt": "",
    }
    assert shipped("m:f", files) == {"tool.py", "d/x.txt", "d/go.py"}


def test_make_reads_a_makefile_and_what_it_names(shipped):
    files = {
        "m.py": """
            import subprocess
            def f():
                subprocess.run(["make", "-C", "a", "all"])
                subprocess.run("make all", shell=True)
        """,
        "a/Makefile": "all:\n\tcat x.txt",
        "a/x.txt": "",
        "a/y.txt": "",
        "Makefile": "",
        "b/Makefile": "",
    }
    assert shipped("m:f", files) == {"a/Makefile", "a/x.txt", "Makefile"}


def test_code_that_is_evaluated_may_import_by_a_call(shipped):
    files = {
        "m.py": "def f():\n    return eval(\"__import__('pkg.one').one.V\")\n",
        "pkg/__init__.py": "",
        "pkg/one.py": "",
        "pkg/two.py": "",
    }
    assert shipped("m:f", files) == {"pkg/__init__.py", "pkg/one.py"}
