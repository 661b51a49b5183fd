"""Folders that belong to the cluster."""


def test_the_work_dir_named_as_a_dot_leaves_what_a_literal_names_in_full(shipped):
    files = {
        "m.py": """
            from clustrix_bundle import cluster_glob, cluster_ls
            import glob, json
            def f():
                with open("conf/params.json") as h: p = json.load(h)
                names = cluster_glob("*.csv")
                local = glob.glob("*.csv")
                for n in cluster_ls("."):
                    with open(n) as h: h.read()
                return names, local, p
        """,
        "conf/params.json": "{}\n",
        "a.csv": "",
        "b.csv": "",
        "data/x": "",
    }
    assert shipped("m:f", files) == {"conf/params.json"}


def test_a_file_that_a_cluster_call_asks_for_is_the_clusters(shipped):
    files = {
        "m.py": """
            from clustrix import cluster_exists

            def f():
                if cluster_exists("results/model.csv"):
                    return open("results/model.csv").read()
                return open("seed.csv").read()
        """,
        "results/model.csv": "",
        "seed.csv": "",
    }
    assert shipped("m:f", files) == {"seed.csv"}


def test_methods_of_the_filesystem_object_name_folders_too(shipped):
    files = {
        "m.py": """
            import clustrix_bundle as cb
            fs = cb.ClusterFilesystem(cb.ClusterConfig())
            def f():
                return [open("runs/" + n).read() for n in fs.ls("runs")]
        """,
        "runs/a": "",
        "runs/b": "",
    }
    assert shipped("m:f", files) == set()


def test_a_folder_named_by_a_constant_of_another_module_is_the_clusters(shipped):
    files = {
        "m.py": """
            from settings import INPUT_DIR
            from clustrix_bundle import cluster_find
            import os
            def f():
                return [open(os.path.join(INPUT_DIR, n)).read() for n in cluster_find("*.txt", INPUT_DIR)]
        """,
        "settings.py": "INPUT_DIR = 'inputs/raw'\n",
        "inputs/raw/a.txt": "",
        "inputs/keep.txt": "",
    }
    assert shipped("m:f", files) == {"settings.py"}


def test_what_is_found_from_file_ships_from_a_folder_of_the_cluster_too(shipped):
    files = {
        "pkg/__init__.py": "",
        "pkg/m.py": """
            from clustrix_bundle import cluster_ls
            from pathlib import Path
            T = Path(__file__).parent.parent / "data" / "labels.txt"
            def f():
                return T.read_text(), cluster_ls("data")
        """,
        "data/labels.txt": "",
        "data/x.csv": "",
    }
    assert shipped("pkg.m:f", files) == {"data/labels.txt", "pkg/__init__.py"}
