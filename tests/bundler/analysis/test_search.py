"""The walk and the rules together: search paths, scripts that are started, the user's own wishes, links, sizes."""

from __future__ import annotations

import os
import sys

import pytest
from clustrix_bundle.bundler.errors import AnalysisError, SettingsError
from clustrix_bundle.bundler.settings import Settings


def test_a_folder_put_on_the_path_by_the_code_is_searched(analyze, shipped):
    files = {
        "run.py": """
            import os, sys
            sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
            def f():
                import tools
                return tools
            """,
        "lib/tools.py": "import deep\n",
        "lib/deep.py": "",
        "lib/unused.py": "import nowhere\n",
    }
    graph = analyze("run.py:f", files)
    assert shipped(graph) == {"run.py", "lib/tools.py", "lib/deep.py"}
    assert graph.warnings == []


def test_a_folder_that_a_package_puts_on_its_own_path_holds_more_of_its_modules(analyze, shipped):
    files = {
        "main.py": "from plat import extra\nimport plat.posix\ndef f(): return extra, plat.posix\n",
        "plat/__init__.py": "import os\nhere = os.path.dirname(__file__)\n__path__.append(here + '/../more')\n__path__ += [here + '/impl/linux']\n",
        "more/extra.py": "from . import base\n",
        "more/unused.py": "",
        "plat/base.py": "",
        "plat/impl/linux/posix.py": "",
    }
    graph = analyze("main:f", files)
    assert shipped(graph) == {"main.py", "plat/__init__.py", "more/extra.py", "plat/base.py", "plat/impl/linux/posix.py"}
    assert graph.sys_path == ("project",)
    assert graph.warnings == []


def test_a_site_folder_has_the_folders_that_its_pth_files_name(analyze, shipped):
    files = {
        "main.py": "import site\nsite.addsitedir('lib')\nimport thing\ndef f(): return thing\n",
        "lib/x.pth": "# more\npkgs\n",
        "lib/pkgs/thing.py": "",
    }
    assert "lib/pkgs/thing.py" in shipped(analyze("main:f", files))


def test_a_folder_put_first_wins_over_the_scripts_own(analyze, shipped):
    files = {
        "run.py": "import sys\nsys.path.insert(0, 'lib')\nimport tools\ndef f(): return tools\n",
        "lib/tools.py": "",
        "tools.py": "",
    }
    assert "lib/tools.py" in shipped(analyze("run.py:f", files))


def test_a_missing_module_is_no_error_where_the_search_path_is_open(analyze):
    source = "import sys, os\nsys.path.append(os.environ['TOOLS'])\nimport tools\ndef f(): return tools\n"
    graph = analyze("main:f", {"main.py": source})
    assert "tools" in graph.warnings[0].message


def test_a_missing_module_is_an_error_where_the_folders_put_on_the_path_are_known(analyze):
    source = "import sys\nsys.path.append('lib')\nimport tools\ndef f(): return tools\n"
    with pytest.raises(AnalysisError, match="tools"):
        analyze("main:f", {"main.py": source, "lib/other.py": ""})


def test_a_script_that_is_started_brings_what_it_imports_its_own_folder_first(analyze, shipped):
    files = {
        "main.py": """
            import subprocess, sys
            from pathlib import Path
            def f():
                return subprocess.run([sys.executable, str(Path(__file__).parent / "jobs" / "work.py")])
            """,
        "jobs/work.py": "import common\nif __name__ == '__main__':\n    import cli\n",
        "jobs/common.py": "",
        "jobs/cli.py": "",
        "common.py": "",
        "cli.py": "",
    }
    graph = analyze("main:f", files)
    assert shipped(graph) == {"main.py", "jobs/work.py", "jobs/common.py", "jobs/cli.py"}
    assert graph.sys_path == ("project",)


def test_a_missing_module_of_a_script_that_is_started_is_a_warning(analyze):
    files = {
        "main.py": "import subprocess, sys\ndef f(): return subprocess.run([sys.executable, 'work.py'])\n",
        "work.py": "import nowhere\n",
    }
    assert [(note.path, note.line) for note in analyze("main:f", files).warnings] == [("work.py", 1)]


def test_include_ships_modules_with_what_they_import_and_data(analyze, shipped):
    files = {
        "main.py": "def f(): pass\n",
        "plugins/a.py": "import helper\n",
        "plugins/b.py": "",
        "helper.py": "",
        "notes/x.txt": "",
        "notes/y.bin": "",
    }
    graph = analyze("main:f", files, settings=Settings(include=("plugins/a.py", "notes/*.txt")))
    assert shipped(graph) == {"main.py", "plugins/a.py", "helper.py", "notes/x.txt"}
    assert [edge.importer for edge in graph.edges if edge.imported == "project/notes/x.txt"] == [""]
    with pytest.raises(SettingsError, match="matches nothing"):
        analyze("main:f", {}, settings=Settings(include=("gone/*.py",)))


def test_a_secret_ships_only_by_its_exact_name(analyze, shipped):
    files = {"main.py": "def f(): pass\n", ".env": "A=1\n", "conf/x.pem": "k\n", "conf/y.txt": "\n"}
    assert shipped(analyze("main:f", files, settings=Settings(include=("conf", "*")))) >= {"main.py", "conf/y.txt"}
    assert not shipped(analyze("main:f", files, settings=Settings(include=("conf", "*")))) & {".env", "conf/x.pem"}
    assert ".env" in shipped(analyze("main:f", files, settings=Settings(include=(".env",))))


def test_exclude_keeps_back_what_may_be_needed_and_refuses_what_is(analyze, shipped):
    files = {
        "main.py": "import a\ndef g():\n    import b\ndef f(): return open('data/x.txt')\n",
        "a.py": "",
        "b.py": "import c\n",
        "c.py": "",
        "data/x.txt": "",
    }
    graph = analyze("main:f", files, settings=Settings(exclude=("b.py", "data/")))
    assert shipped(graph) == {"main.py", "a.py"}
    assert {one.path for one in graph.excluded} >= {"b.py", "data/x.txt"}
    with pytest.raises(AnalysisError, match=r"a\.py.*excluded by a\.py"):
        analyze("main:f", files, settings=Settings(exclude=("a.py",)))


def test_a_file_over_the_limit_is_an_error_that_names_the_setting(analyze):
    files = {"main.py": "def f(): return open('big.bin', 'rb').read()\n", "big.bin": b"x" * 3000}
    with pytest.raises(AnalysisError, match=r"big\.bin.*max-file-size") as caught:
        analyze("main:f", files, settings=Settings(max_file_size=2000))
    assert (os.path.basename(caught.value.path), caught.value.line) == ("main.py", 1)


def test_links_inside_stay_links_and_links_out_ship_their_target(analyze, tmp_path, write_tree):
    project = write_tree(
        tmp_path / "project",
        {
            "archive/run/a.txt": "a",
            "archive/old/b.txt": "b",
            "main.py": "def f(): return open('in/a.txt'), open('out/far.txt')\n",
        },
    )
    write_tree(tmp_path / "outside", {"far.txt": "far"})
    (project / "in").symlink_to("archive/run")
    (project / "out").symlink_to(tmp_path / "outside")
    graph = analyze("main:f")
    kinds = {member: node.kind for member, node in graph.nodes.items()}
    assert kinds == {
        "project/main.py": "entry",
        "project/in": "link",
        "project/archive/run/a.txt": "data",
        "project/out/far.txt": "data",
    }
    assert graph.nodes["project/in"].link_target == "archive/run"


def test_a_module_behind_a_link_is_found_by_both_names(analyze):
    files = {"real/pkg/__init__.py": "from . import mod\n", "real/pkg/mod.py": "", "main.py": "import pkg.mod\ndef f(): pass\n"}
    with pytest.raises(AnalysisError):
        analyze("main:f", files)


def test_a_linked_package_ships_as_a_link_and_its_files(analyze, tmp_path, write_tree):
    project = write_tree(
        tmp_path / "project", {"real/pkg/__init__.py": "", "real/pkg/mod.py": "", "main.py": "import pkg.mod\ndef f(): pass\n"}
    )
    (project / "pkg").symlink_to("real/pkg")
    graph = analyze("main:f")
    assert {member: node.kind for member, node in graph.nodes.items()} == {
        "project/main.py": "entry",
        "project/pkg": "link",
        "project/real/pkg/__init__.py": "module",
        "project/real/pkg/mod.py": "module",
    }


def test_third_party_imports_become_requirements(analyze, tmp_path, write_tree, bare_interpreter):
    from dataclasses import replace

    site = write_tree(
        tmp_path / "site-packages",
        {
            "sure/__init__.py": "",
            "sure-1.2.dist-info/METADATA": "Name: sure\nVersion: 1.2\n",
            "sure-1.2.dist-info/RECORD": "sure/__init__.py,,\n",
            "maybe.py": "",
            "maybe-3.dist-info/METADATA": "Name: maybe\nVersion: 3\n",
            "maybe-3.dist-info/RECORD": "maybe.py,,\n",
            "unused.py": "",
        },
    )
    files = {"main.py": "import sure.deep\ntry:\n    import maybe\nexcept ImportError:\n    maybe = None\ndef f(): pass\n"}
    graph = analyze("main:f", files, interpreter=replace(bare_interpreter, site_folders=(str(site),)))
    assert [(item.name, item.version, item.optional) for item in graph.requirements] == [
        ("maybe", "3", True),
        ("sure", "1.2", False),
    ]


def test_an_editable_install_ships_as_source(analyze, shipped, tmp_path, write_tree, bare_interpreter):
    from dataclasses import replace

    lib = write_tree(
        tmp_path / "lib",
        {"pyproject.toml": "", "src/lib/__init__.py": "from . import part\n", "src/lib/part.py": "", "src/lib/no.py": ""},
    )
    site = write_tree(tmp_path / "site-packages", {"lib.pth": f"{lib}/src\n"})
    graph = analyze(
        "main:f", {"main.py": "import lib\ndef f(): pass\n"}, interpreter=replace(bare_interpreter, site_folders=(str(site),))
    )
    assert shipped(graph) == {"main.py", "extra/1-lib/src/lib/__init__.py", "extra/1-lib/src/lib/part.py"}
    assert graph.sys_path == ("project", "extra/1-lib/src")


def test_an_editable_package_mapped_to_another_folder_ships_under_its_import_name(
    analyze, shipped, tmp_path, write_tree, bare_interpreter
):
    from dataclasses import replace

    code = write_tree(tmp_path / "code", {"__init__.py": "from . import part\n", "part.py": ""})
    site = write_tree(tmp_path / "site-packages", {"__editable___lib_finder.py": f"MAPPING = {{'lib': {str(code)!r}}}\n"})
    graph = analyze(
        "main:f", {"main.py": "import lib\ndef f(): pass\n"}, interpreter=replace(bare_interpreter, site_folders=(str(site),))
    )
    assert shipped(graph) == {"main.py", "extra/1-code/lib/__init__.py", "extra/1-code/lib/part.py"}
    assert graph.sys_path == ("project", "extra/1-code")


def test_the_range_of_pythons_is_that_of_what_surely_runs(analyze):
    files = {
        "main.py": "import tomllib\ndef f(): pass\ndef g():\n    import distutils\n",
        "new.py": "def f[T](): pass\n",
    }
    graph = analyze("main:f", files)
    assert (graph.python.minimum, graph.python.below) == ((3, 11), None)
    assert [(note.path, note.line) for note in graph.python.reasons] == [("main.py", 1)]
    assert analyze("new:f", {}).python.minimum == (3, 12)


def test_what_surely_called_functions_need_limits_the_pythons(analyze):
    files = {
        "main.py": "from helpers import pairs, other\ndef f():\n    return local(pairs())\ndef local(x):\n    return x | {}\n",
        "helpers.py": """
            import math
            from kinds import Point
            def pairs():
                return dict(zip([1], [2], strict=True))
            def other():
                math.sumprod([1], [2])
        """,
        "kinds.py": """
            from dataclasses import dataclass
            @dataclass
            class Point:
                x: int
        """,
    }
    graph = analyze("main:f", files)
    assert graph.python.minimum == (3, 10)
    assert [(note.path, note.line) for note in graph.python.reasons] == [("helpers.py", 5)]
    assert "zip(strict=…)" in graph.python.reasons[0].message
    newer = "from dataclasses import dataclass\n@dataclass(weakref_slot=True, slots=True)\nclass Point: pass\n"
    assert analyze("main:f", {"kinds.py": newer}).python.minimum == (3, 11)
    newer = "from tempfile import TemporaryDirectory as T\nFOLDER = T(delete=False)\nclass Point: pass\n"
    assert analyze("main:f", {"kinds.py": newer}).python.minimum == (3, 12)


def test_filesystem_calls_are_listed_under_every_name_they_go_by(analyze):
    files = {
        "main.py": """
            from clustrix_bundle import cluster_ls as ls, ClusterFilesystem
            import clustrix_bundle as cb
            from mine import *
            DATA = "data/raw"
            def f(config):
                ls(DATA)
                cb.cluster_glob("*.csv", path="more")
                cluster_du("passed")
                fs = ClusterFilesystem(config)
                fs.find("*.txt", f"{DATA}/sub")
                ClusterFilesystem(config).exists(config.path)
            """,
        "mine.py": "from clustrix import cluster_du\n",
    }
    calls = analyze("main:f", files).filesystem_calls
    assert [(call.function, call.path, call.pattern, call.line) for call in calls] == [
        ("cluster_ls", "data/raw", None, 7),
        ("cluster_glob", "more", "*.csv", 8),
        ("cluster_du", "passed", None, 9),
        ("cluster_find", "data/raw/sub", "*.txt", 11),
        ("cluster_exists", None, None, 12),
    ]
    assert {call.member for call in calls} == {"project/main.py"}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("return cluster_ls('data')", ("data",)),
        ("return cluster_ls('./data/deep/'), cluster_isfile('more/x')", ("data", "more")),
        ("return [cluster_stat(f'data/{name}') for name in cluster_ls('data')]", ("data",)),
        ("return cluster_ls()", None),
        ("return cluster_ls('.')", None),
        ("return cluster_ls(x)", None),
        ("return cluster_ls('../up')", None),
        ("return cluster_ls('/scratch/x')", ()),
        ("return open('local/x.csv')", ("local",)),
        ("return 1", ()),
    ],
)
def test_names_of_the_work_dir_are_those_that_the_code_can_mean(analyze, body, names):
    source = f"from clustrix_bundle import cluster_ls, cluster_isfile, cluster_stat\ndef f(x):\n    {body}\n"
    assert analyze("main:f", {"main.py": source}).work_dir_names == names


def test_the_cwd_outside_the_project_is_a_root_of_its_own(analyze, shipped, tmp_path, write_tree):
    project = write_tree(
        tmp_path / "project",
        {
            "app/pyproject.toml": "",
            "app/src/pkg.py": "import helper\ndef f(): return open('in.txt')\n",
            "else/helper.py": "",
            "else/in.txt": "",
        },
    )
    graph = analyze("pkg:f", cwd="else", python_path=(str(project / "app" / "src"),))
    assert shipped(graph) == {"src/pkg.py", "extra/1-else/helper.py", "extra/1-else/in.txt"}
    assert graph.cwd == "extra/1-else"


def test_a_glob_that_climbs_out_of_the_project_is_refused_by_name(analyze, tmp_path, write_tree):
    write_tree(tmp_path, {"beside/x.csv": ""})
    with pytest.raises(AnalysisError, match="lies outside the project root"):
        analyze("run.py:f", {"run.py": "def f(): pass\n"}, settings=Settings(include=("../beside/*",)))


RUNNER = "import sys\ndef go():\n    sys.path.insert(0, 'pkg')\n"


def test_what_tests_and_functions_that_nobody_calls_put_on_the_path_is_not_searched(analyze, shipped):
    files = {
        "main.py": "import pkg.testing.runner, pkg.idle, statistics\ndef f(): return pkg, statistics\n",
        "pkg/__init__.py": "",
        "pkg/statistics.py": "",
        "pkg/idle.py": RUNNER,
        "pkg/testing/__init__.py": "",
        "pkg/testing/runner.py": RUNNER.replace("go", "test") + "test()\n",
    }
    graph = analyze("main:f", files)
    assert graph.sys_path == ("project",)
    assert "pkg/statistics.py" not in shipped(graph)


def test_a_folder_counts_that_a_function_puts_on_the_path_for_a_module_found_later(analyze, shipped):
    files = {
        "main.py": "import importlib, setup_path\nNAME = 'plug'\ndef f(): return importlib.import_module(NAME)\n",
        "setup_path.py": RUNNER,
        "plug.py": "import setup_path\nsetup_path.go()\nimport inner\n",
        "pkg/inner.py": "",
    }
    assert "pkg/inner.py" in shipped(analyze("main:f", files))


def test_a_long_way_of_a_path_is_followed_from_deep_within_a_program(analyze, shipped):
    ways = "".join(f"def f{number}(path):\n    return f{number - 1}(path)\n" for number in range(1, 60))
    files = {
        "main.py": f"def f0(path):\n    return open(path).read()\n{ways}def f():\n    return f59('data.txt')\n",
        "data.txt": "",
    }

    def deeper(count):
        return deeper(count - 1) if count else analyze("main:f", files)

    limit = sys.getrecursionlimit()
    assert shipped(deeper(limit * 3 // 4)) == {"main.py", "data.txt"}
    assert sys.getrecursionlimit() == limit
