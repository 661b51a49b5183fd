"""What a folder brings, and what never ships (rule 9)."""

import os

import pytest
from clustrix_bundle.bundler.secrets import secret_name
from clustrix_bundle.bundler.selection import Selection


@pytest.fixture
def selection(tmp_path, write_tree):
    def make(files):
        root = write_tree(tmp_path / "project", files)
        made = Selection(root)
        return lambda path: made.ignored(str(root / path)), lambda path: made.secret(str(root / path))

    return make


@pytest.mark.parametrize(
    "name",
    [".env", ".env.local", "prod.env", ".netrc", "id_rsa", "id_ed25519", "server.pem", "x.key", "credentials.json", "aws_credentials.yaml", "secrets.toml", "api_key.txt", "token", "client_secret_1.json", "kaggle.json"],
)  # fmt: skip
def test_names_of_secrets_are_known(name):
    assert secret_name(name)


@pytest.mark.parametrize(
    "name", [".env.example", "secrets.py", "credentials.py", "id_rsa.pub", "tokens.txt", "tokenizer.json", "keys.csv", "monkey.txt", "grid.asc", "environment.yml"]
)  # fmt: skip
def test_ordinary_names_are_no_secrets(name):
    assert secret_name(name) is None


def test_folders_of_secrets_are_secret_in_all_their_depth(selection):
    ignored, secret = selection(
        {".aws/credentials": "", ".ssh/config": "", "secrets/a.txt": "", "app/secrets/__init__.py": "", "app/secrets/x.txt": ""}
    )
    assert secret(".aws/credentials") and secret(".ssh/config") and secret("secrets/a.txt")
    assert ignored("secrets/a.txt") and ignored(".aws")
    assert secret("app/secrets/x.txt") is None


def test_a_private_key_is_told_by_its_header(selection):
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n"
    ignored, secret = selection(
        {"data/deploy": key, "data/notes.txt": "BEGIN PRIVATE KEY", "data/cert.txt": "-----BEGIN CERTIFICATE-----"}
    )
    assert secret("data/deploy") == "holds a private key"
    assert secret("data/notes.txt") is None
    assert secret("data/cert.txt") is None


def test_nested_ignore_files_count_from_the_top_and_may_take_back(selection):
    ignored, _ = selection(
        {
            ".gitignore": "*.csv\n/out/\n",
            "data/.gitignore": "!keep.csv\n",
            "data/.clustrixignore": "big.*\n",
            "data/a.csv": "",
            "data/keep.csv": "",
            "data/big.bin": "",
            "out/x.txt": "",
            "sub/out/x.txt": "",
        }
    )
    assert ignored("data/a.csv") == "ignored by .gitignore"
    assert ignored("data/keep.csv") is None
    assert ignored("data/big.bin") == "ignored by data/.clustrixignore"
    assert ignored("out/x.txt")
    assert ignored("sub/out/x.txt") is None


def test_nothing_below_an_ignored_folder_is_taken_back(selection):
    ignored, _ = selection({".gitignore": "raw/\n!raw/keep.txt\n", "raw/keep.txt": ""})
    assert ignored("raw/keep.txt") == "ignored by .gitignore"


def test_ignore_files_above_the_project_count_up_to_the_repository(tmp_path, write_tree):
    top = write_tree(tmp_path / "repo", {".git/HEAD": "", ".gitignore": "*.log\n", "proj/a.log": "", "proj/a.txt": ""})
    selection = Selection(top / "proj")
    assert selection.ignored(str(top / "proj" / "a.log")) == "ignored by ../.gitignore"
    assert selection.ignored(str(top / "proj" / "a.txt")) is None


@pytest.mark.parametrize(
    "path", [".git/config", "node_modules/x/index.js", "__pycache__/a.pyc", "a.pyc", "pkg/.ipynb_checkpoints/n.ipynb", "my_env/lib/x.py", "conda/lib/x.py", "build/lib/a.py", "x.egg-info/PKG-INFO", ".DS_Store"]
)  # fmt: skip
def test_what_tools_make_does_not_travel_with_a_folder(selection, path):
    ignored, _ = selection({path: "", "my_env/pyvenv.cfg": "", "conda/conda-meta/history": "", "build/lib/b.py": ""})
    assert ignored(path)


def test_folders_of_the_users_that_share_a_name_with_tools_stay(selection):
    ignored, _ = selection({"build/plan.txt": "", "env/weather.csv": "", "dist/curve.csv": "", "pkg/build/lib/x.py": ""})
    assert [ignored(path) for path in ("build/plan.txt", "env/weather.csv", "dist/curve.csv", "pkg/build/lib/x.py")] == [None] * 4


def test_broken_lines_of_an_ignore_file_do_not_matter(selection):
    ignored, _ = selection({".gitignore": "!\n\\\n*.tmp\n", "a.tmp": "", "a.txt": ""})
    assert ignored("a.tmp")
    assert ignored("a.txt") is None


def test_what_lies_outside_the_root_is_judged_by_its_name(selection, tmp_path):
    ignored, secret = selection({})
    outside = os.path.join("..", "elsewhere", ".env")
    assert secret(outside)


@pytest.fixture
def inside(tmp_path, write_tree):
    """``inside(files, root)``: what is ignored of a project that is a folder of a repository made of these files."""

    def make(files, root):
        repository = write_tree(tmp_path / "repository", {".git": None, **files})
        made = Selection(repository / root)
        return lambda path: made.ignored(str(repository / root / path))

    return make


def test_an_ignore_file_that_ignores_the_whole_project_says_nothing_of_what_is_in_it(inside):
    files = {".gitignore": "build/\n*.log\n", "build/bench/app/x.csv": "", "build/bench/app/x.log": ""}
    ignored = inside(files, "build/bench/app")
    assert ignored("x.csv") is None
    assert ignored("x.log") is None


def test_ignore_files_inside_the_ignored_folder_still_count(inside):
    files = {".gitignore": "build/\n", "build/.gitignore": "*.log\n", "build/app/.gitignore": "*.tmp\n"}
    ignored = inside({**files, "build/app/x.log": "", "build/app/x.tmp": "", "build/app/x.csv": ""}, "build/app")
    assert ignored("x.log") == "ignored by ../.gitignore"
    assert ignored("x.tmp") == "ignored by .gitignore"
    assert ignored("x.csv") is None


def test_ignore_files_above_a_project_that_they_do_not_ignore_count_in_it(inside):
    ignored = inside({".gitignore": "build/\n*.log\n", "app/x.log": "", "app/x.csv": "", "app/build/x.csv": ""}, "app")
    assert ignored("x.log") == "ignored by ../.gitignore"
    assert ignored("build/x.csv") == "ignored by ../.gitignore"
    assert ignored("x.csv") is None


def test_ignore_files_of_the_project_say_nothing_of_files_outside_it(tmp_path, write_tree):
    tree = write_tree(tmp_path, {"app/.gitignore": "*.csv\n", "lib/x.csv": ""})
    assert Selection(tree / "app").ignored(str(tree / "lib/x.csv")) is None
