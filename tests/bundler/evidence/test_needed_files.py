"""Files that code surely reads and that are not there: a warning, unless the code writes them itself."""

from __future__ import annotations

import pytest

_FOREIGN = ("joblib", "pandas")  # not installed here, so imported under try


@pytest.fixture
def missing(graph_of):
    """What the build misses of a script with these statements before `run` and in its body."""

    def find(body, before=(), **files):
        module = body[-1].removeprefix("return ").partition("(")[0].partition(".")[0]
        optional = [
            f"try:\n    import {name}\nexcept ImportError:\n    raise\n" for name in (module, *_FOREIGN) if name != "open"
        ]
        source = "".join([*optional, *(f"{line}\n" for line in before), "def run():\n", *(f"    {line}\n" for line in body)])
        graph = graph_of("m.py:run", {"pyproject.toml": "", "m.py": source, **files})
        return [note.message for note in graph.warnings if "there is no" in note.message]

    return find


@pytest.mark.parametrize(
    "words",
    ["open('x.csv')", "pandas.read_csv('x.csv')", "pandas.read_parquet(path='x.parquet')", "numpy.load('x.npy')", "polars.scan_csv('x.csv')", "keras.models.load_model('x.keras')"],
)  # fmt: skip
def test_a_file_that_is_surely_read_and_missing_is_told(missing, words):
    notes = missing([f"return {words}"])
    assert len(notes) == 1
    assert "here, so nothing ships for it" in notes[0]


@pytest.mark.parametrize(
    "words",
    [
        "pandas.read_csv('https://example.org/x.csv')",
        "fsspec.open('s3://bucket/x.csv')",
        "datasets.load_dataset('imdb')",
        "datasets.load_dataset('owner/set.csv')",
        "pandas.read_sql('select * from a.b')",
        "yaml.safe_load('a: 1.5')",
        "plugins.load('package.module')",
        "spacy.load('en_core_web_sm')",
        "zipfile.ZipFile(__file__).read('inner/a.txt')",
        "configparser.ConfigParser().read(['x.ini', 'y.ini'])",
        "dotenv.load_dotenv('x.cfg')",
    ],
)
def test_what_names_no_file_is_not_missed(missing, words):
    assert missing([f"return {words}"]) == []


def test_a_missing_file_under_a_condition_or_try_is_not_told(missing):
    assert missing(["try:", "    return pandas.read_csv('x.csv')", "except OSError:", "    pass", "return open(__file__)"]) == []


@pytest.mark.parametrize(
    ("before", "read"),
    [
        (["from pathlib import Path", "Path('params.json').write_text('{}')"], "open('params.json').read()"),
        (["with open('params.json', 'w') as file:", "    file.write('{}')"], "open('params.json').read()"),
        (["import os", "os.makedirs('out', exist_ok=True)", "open('out/a.txt', 'w').close()"], "open('out/a.txt').read()"),
        (["joblib.dump([1], 'm.joblib')"], "joblib.load('m.joblib')"),
        (["pandas.DataFrame([1]).to_csv('x.csv')"], "pandas.read_csv('x.csv')"),
        (["import make", "make.table()"], "open('x.csv').read()"),
    ],
)  # fmt: skip
def test_a_file_that_travelling_code_writes_is_not_missed(missing, before, read):
    files = {"make.py": "def table():\n    with open('x.csv', 'w') as file:\n        file.write('1')\n"}
    assert missing([f"return {read}"], before, **files) == []


def test_a_file_that_only_the_main_guard_writes_is_missed(missing):
    before = ["from pathlib import Path", "if __name__ == '__main__':", "    Path('params.json').write_text('{}')"]
    assert len(missing(["return open('params.json').read()"], before)) == 1


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("select x from t", True),
        ("-- made here\\n CREATE TABLE t (x)", False),
    ],
)
def test_a_database_that_the_code_makes_itself_is_not_missed(missing, statement, told):
    notes = missing([f"db = sqlite3.connect('new.db'); db.execute('{statement}')", "return sqlite3.connect('new.db')"])
    assert bool(notes) is told
