"""Both stores answer alike: each file is read once, and the whole program is asked without its facts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.extract import core, extract_facts
from clustrix_bundle.bundler.facts.model import ModuleFacts
from clustrix_bundle.bundler.facts.python_store import PythonStore
from clustrix_bundle.bundler.facts.store import CoreStore, FactsStore

SOURCE = """
import os.path as p, json
from .sibling import helper as aid, other
from codecs import *

# clustrix: include data/*.csv
class A(Base):
    key = getattr(json, "loads")

def f(x=DEFAULT, *, y: "int" = 1):
    global made
    made = x.read_text(encoding="é" "\\ud800 \\U0001f600 \\"\\\\")
    return [item.strip() for item in made if (n := 3)]

for i in range(-1, 10**20):
    pass
"""


@pytest.fixture(params=["core", "python"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FactsStore:
    if request.param == "python":
        monkeypatch.setenv("CLUSTRIX_EXTRACTOR", "libcst")
        return PythonStore()
    compiled = core()
    if compiled is None:
        pytest.skip("the core is not built")
    return CoreStore(compiled.FactsStore())


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_bytes(text.encode())
    return str(path)


def test_facts_are_those_of_the_extractor(store: FactsStore, tmp_path: Path) -> None:
    path = written(tmp_path, "m.py", SOURCE)
    store.request([path])
    facts = store.facts(path)
    expected = extract_facts(SOURCE.encode(), path)
    assert (facts.bound, facts.defines, facts.runs) == (expected.bound, expected.defines, expected.runs)
    assert facts.defines == {"f"}
    assert facts.paths == expected.paths
    assert facts.to_json() == expected.to_json()
    assert facts == expected
    assert store.facts(path).to_json() == expected.to_json(), "code is kept for the first look alone: here it is read anew"


def test_what_is_bound_is_known_of_every_way_to_bind(store: FactsStore, tmp_path: Path) -> None:
    text = "from a import *\nimport b.c\ndef f():\n    global g\n    g = h = 1\nclass C:\n    x = 1\nfor i, j in []:\n    k: int = [y for y in i]\nz: int\ndel w\n"
    assert store.facts(written(tmp_path, "m.py", text)).bound == {"*", "b", "f", "g", "C", "i", "j", "k"}


def test_what_a_module_calls_for_sure_is_known_by_its_last_name(store: FactsStore, tmp_path: Path) -> None:
    text = "a.b(c())\n@d.e()\ndef f(g=h()):\n    i()\nif j():\n    k()\nclass L(m()):\n    n()\no()()\n(p)()\n"
    assert store.facts(written(tmp_path, "m.py", text)).runs == {"b", "c", "e", "h", "j", "m", "o", "p"}


def test_attributes_outside_of_functions_and_texts_that_may_be_paths_are_at_hand(store: FactsStore, tmp_path: Path) -> None:
    text = "a.b(c.d, z=1)\n@e.f\nclass G(h.i):\n    j = [k.l for m in n]\n    def o(p=q.r): return s.t(y=2) + 'u/v'\nw = x[lambda: y.z] + 'w.x'\n'no path'\n"
    facts = store.facts(written(tmp_path, "m.py", text))
    assert facts.outside == {"b", "d", "f", "i", "l", "r", "z"}
    assert [(one.value, one.line) for one in facts.paths] == [("u/v", 5), ("w.x", 6)]


@pytest.mark.parametrize(
    ("text", "has_union"),
    [("a = {} | b\n", True), ("f(x=[a | b])\n", True), ("def f(x: a | b) -> a | b:\n    y: a | b = c | d\nz: a | b\n", False)],
)
def test_unions_outside_of_functions_are_at_hand_but_for_those_of_annotations(
    store: FactsStore, tmp_path: Path, text: str, has_union: bool
) -> None:
    assert ("|" in store.facts(written(tmp_path, "m.py", text)).outside) == has_union


@pytest.mark.parametrize(
    ("text", "hooks"),
    [
        ("import sys\nsys.path.insert(0, x)\n", {"path"}),
        ("def f():\n    s.modules[0][1] = 1\n", {"modules"}),
        ("x.path_hooks += y\n", {"path_hooks"}),
        ("from sys import meta_path as m, argv\n", {"meta_path"}),
        ("for a.path in []: pass\nm = b.modules\n", {"path", "modules"}),
        ("addsitedir(x)\n", {"addsitedir"}),
        ("with (a.path) as n: s.addsitedir.append(1)\n", {"path"}),
        ("a.path\nf(b.path)\nfor n in c.path: pass\na.b.path.append(1)\nn = d.path[0]\nfrom os import path\n", set()),
    ],
)
def test_what_may_change_where_modules_are_found_is_at_hand(
    store: FactsStore, tmp_path: Path, text: str, hooks: set[str]
) -> None:
    path = written(tmp_path, "m.py", text)
    assert store.facts(path).hooks == hooks
    assert not hooks or store.having("hooks") == [path]


def test_files_are_found_by_what_their_facts_have(store: FactsStore, tmp_path: Path) -> None:
    texts = ["x = 1\n", "x = 1 # clustrix: ignore\n", "(x := 1)\n"]
    paths = [written(tmp_path, f"m{number}.py", text) for number, text in enumerate(texts)]
    for path in paths:
        store.facts(path)
    assert paths[1] in store.having("directives")
    assert paths[2] in store.having("features")
    if isinstance(store, CoreStore):
        assert (store.having("directives"), store.having("features"), store.having("hooks")) == ([paths[1]], [paths[2]], [])


def test_a_file_is_read_once(store: FactsStore, tmp_path: Path) -> None:
    path = written(tmp_path, "m.py", "first = 1\n")
    assert store.facts(path).bound == {"first"}
    written(tmp_path, "m.py", "second = 1\n")
    assert store.content(path) == b"first = 1\n"
    assert [statement.binds for statement in store.facts(path).statements] == [("first",)]


def test_a_requested_file_is_asked_for_by_either_name_of_it(store: FactsStore, tmp_path: Path) -> None:
    paths = [
        written(
            tmp_path,
            f"m{number}é\udce9.py".encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"),
            f"n{number} = 1\n",
        )
        for number in range(50)
    ]
    store.request(paths)
    assert [store.facts(path).bound for path in reversed(paths)] == [{f"n{number}"} for number in reversed(range(50))]


def test_given_content_stands_for_a_file_that_need_not_be_there(store: FactsStore, tmp_path: Path) -> None:
    path = written(tmp_path, "m.py", "on_disk = 1\n")
    assert store.facts(path).bound == {"on_disk"}
    for name in (path, str(tmp_path / "nowhere.py")):
        store.add(name, b"given = 1\n")
        assert store.facts(name).bound == {"given"}
        assert store.content(name) == b"given = 1\n"


def test_what_cannot_be_read_is_an_error_of_the_system(store: FactsStore, tmp_path: Path) -> None:
    path = str(tmp_path / "none.py")
    store.request([path])
    for ask in (store.facts, store.content):
        with pytest.raises(FileNotFoundError):
            ask(path)


@pytest.mark.parametrize(
    "content", [b"def f(:\n", b"a\0b", b"# coding: latin-2\nx = '\xa1'\ndef", b"# coding: none-such\n", b"(" * 5000]
)
def test_what_is_no_python_is_an_error_with_its_bytes_at_hand(store: FactsStore, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.py"
    path.write_bytes(content)
    with pytest.raises(SourceError) as found:
        store.facts(str(path))
    assert found.value.path == str(path)
    assert store.content(str(path)) == content


def test_codecs_of_python_decode_what_they_alone_can(store: FactsStore, tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_bytes("# coding: cp1251\nя = 'ж'\n".encode("cp1251"))
    facts = store.facts(str(path))
    assert facts.bound == {"я"}
    assert [text.value for text in facts.texts] == ["ж"]


def test_files_are_found_by_the_names_that_stand_in_them(store: FactsStore, tmp_path: Path) -> None:
    texts = ["import a.b as c", "x.read_text()", "from d import e", "f(g=h)", "@i\ndef j(k=l.m): return (o := n)", "p = q.r[s]"]
    paths = [written(tmp_path, f"m{number}.py", text + "\n") for number, text in enumerate(texts)]
    for path in paths:
        store.facts(path)
    for number, names in enumerate(["a b c", "x read_text", "d e", "f h", "i l m n", "q r s"]):
        for name in names.split():
            assert store.mentioning([name, "nobody"]) == [paths[number]]
            assert name in store.words()
    assert store.mentioning(["nobody"]) == []
    assert store.mentioning(["n", "e"]) == [paths[2], paths[4]]
    assert store.words(len(store.words()) - 1) == store.words()[-1:]


def test_files_are_found_by_what_they_call(store: FactsStore, tmp_path: Path) -> None:
    texts = [
        "f(g)",
        "x.f()[h]",
        "from m import f as i",
        "f = f.k",
        "@f(1)\ndef j(): pass",
        "(lambda: (yield f()))",
        "import f as l",
    ]
    paths = [written(tmp_path, f"m{number}.py", text + "\n") for number, text in enumerate(texts)]
    for path in paths:
        store.facts(path)
    found = store.calling(["f", "nobody"])
    assert {paths[number] for number in (0, 1, 2, 4, 5)} <= set(found)
    assert not isinstance(store, CoreStore) or len(found) == 5


@pytest.mark.parametrize(
    ("text", "callees"),
    [
        ("import re\nre.compile(x)\nopen(y).read()\n", {"re.compile 1t", "builtins.open 1t", "?.read 0"}),
        ("import numpy as np, os.path\nnp.load(x, 1)\nos.path.join(y)\n", {"numpy.load 2t", "os.path.join 1t"}),
        ("import re\ndef f(re): re.compile(1, k=x)\n", {"~.compile 1kt", "def f"}),
        ("import re\nre = x\nre.compile(None)\n", {"~.compile 1", "builtins.x 2kst"}),
        ("import a as m\nimport b as m\nm.f()\n", {"a.f 0", "b.f 0"}),
        ("import a.b\nimport a.c\nif x:\n    def f():\n        import a\na.g()\n", {"a.g 0", "def f"}),
        ("from .x import re, f as g\nfrom .. import y\nre.compile(z)\ng(*a)\ny.h(**a)\n", {".x.re.compile 1t", ".x.f 1st", "..y.h 0kst"}),
        ("import m\nf = m.g\nh = f\nx.y = (m.k)\nf(lambda: 1)\n", {"m.g 2kst", "f 2kst", "m.k 2kst", "f 1"}),
        ("from x import *\nimport m\nm.f()\ng()\nh.i()\n", {"m.f 0", "g 0", "~.i 0"}),
        ("def f(p, q=1): open(p); open(q); p.g()\nclass C:\n    def open(self, f): open(f)\n    def h(self): f(1), self.i(), C()\n",
         {"builtins.open 1t f", "builtins.open 1t", "builtins.open 1t open", "f 1", "?.g 0", "?.i 0", "def f", "def C"}),
        ("def f(p):\n    p = p or x\n    open(p)\n    def g(): pass\n    g()\nf = f\n", {"builtins.open 1t", "g 0", "f 2kst"}),
    ],
)  # fmt: skip
def test_calls_are_told_by_their_looks(store: FactsStore, tmp_path: Path, text: str, callees: set[str]) -> None:
    path = written(tmp_path, "m.py", text)
    store.facts(path)
    if isinstance(store, CoreStore):
        assert set(store.callees()) == callees
        assert store.callees(len(callees)) == []
        names, count = store.callee_names(0)
        assert count == len(callees)
        assert store.callees_named(names, 0) == store.callees()
        assert store.callees_named(names[:1], 0) == [
            one for one in store.callees() if one.partition(" ")[0].rpartition(".")[2] == names[0]
        ]
        assert store.callees_named(names, count) == []
    names = {look.partition(" ")[0].rpartition(".")[2] for look in callees if not look.startswith("def ")}
    found = {look: look.partition(" ")[0].rpartition(".")[2] for look in store.callees()}
    assert names <= set(found.values())
    assert all(store.using([look, "nobody"]) == [path] for look, name in found.items() if name in names)
    assert store.using(["nobody"]) == []


def test_a_name_is_found_in_whatever_form_it_is_written(store: FactsStore, tmp_path: Path) -> None:
    path = written(tmp_path, "m.py", "ﬁle.oﬀset()\n")
    store.facts(path)
    assert store.mentioning(["file"]) == store.mentioning(["offset"]) == [path]


def test_files_are_found_by_what_their_texts_may_name(store: FactsStore, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "pkg" / "assets").mkdir(parents=True)
    (tmp_path / "pkg" / "é.csv").touch()
    texts = ["data/a.csv", "assets/", "é.csv", "./x.y", "../x", "data", "b.csv", "/data/a", "~/data", "pkg.data"]
    paths = [written(tmp_path / "pkg", f"m{number}.py", f"x = {text!r}") for number, text in enumerate(texts)]
    elsewhere = written(tmp_path, "n.py", "x = 'assets/'")
    for path in (*paths, elsewhere):
        store.facts(path)
    found = store.naming([str(tmp_path)])
    assert set(found) >= set(paths[:5])
    if isinstance(store, CoreStore):
        assert found == paths[:5]


def test_a_file_runs_what_another_one_defines(store: FactsStore, tmp_path: Path) -> None:
    calls = written(tmp_path, "calls.py", "from defines import f\nf()")
    others = written(tmp_path, "others.py", "import os\nif x:\n  f()\nos.getcwd()\ndef g():\n  f()")
    for path in (calls, others):
        store.facts(path)
    if isinstance(store, CoreStore):
        assert store.running([]) == []
    assert set(store.running(["getcwd"])) >= {others}
    defines = written(tmp_path, "defines.py", "def f(): ...")
    store.facts(defines)
    assert set(store.running([])) >= {calls}
    if isinstance(store, CoreStore):
        assert store.running([]) == [calls]


def test_direct_imports_are_absolute(tmp_path: Path) -> None:
    compiled = core()
    if compiled is None:
        pytest.skip("the core is not built")
    path = written(
        tmp_path,
        "m.py",
        "import a.b, c\nfrom . import d\nfrom ..e import f, g\nfrom .... import h\ndef i(): import j\nif k: import l",
    )
    assert set(CoreStore(compiled.FactsStore()).direct_imports(path, "p.q") or ()) == {"a.b", "c", "p.q", "p.e"}


def test_files_are_found_by_the_bytes_they_hold(store: FactsStore, tmp_path: Path) -> None:
    paths = [written(tmp_path, f"m{number}.py", f"# é{number}\n") for number in range(3)]
    for path in paths:
        store.content(path)
    assert store.containing(["é1".encode()]) == [paths[1]]
    assert store.containing([b"# "]) == paths


def test_files_of_a_large_program_are_those_that_were_first_read(store: FactsStore, tmp_path: Path) -> None:
    sources = [
        f"import m{number}\ndef f{number}(x): return g{number}(x)\n" + "#" * 200_000 + f"{number}\n" for number in range(50)
    ]
    paths = [written(tmp_path, f"m{number}.py", source) for number, source in enumerate(sources)]
    sizes = [len(store.content(path)) for path in paths]
    for path in paths:
        os.truncate(path, 0)
    assert sum(sizes) > 2 * (4 << 20)  # what is kept plain
    assert [store.content(path) for path in paths] == [source.encode() for source in sources]
    assert store.containing([b"#7\n", b"#49\n"]) == [paths[7], paths[49]]
    for number in (0, 49):
        facts = store.facts(paths[number])
        assert [one.module for one in facts.imports] == [f"m{number}"]
        assert facts.to_json() == extract_facts(sources[number].encode(), paths[number]).to_json()


def test_every_name_of_the_facts_is_among_the_words(store: FactsStore, tmp_path: Path) -> None:
    path = written(tmp_path, "m.py", SOURCE)
    facts: ModuleFacts = store.facts(path)
    called = {call.func[-1] for call in facts.calls}
    imported = {name for item in facts.imports for name in (item.name, item.asname) if name and name != "*"}
    assert {"read_text", "getattr", "strip"} <= called
    for name in called | imported:
        assert store.mentioning([name]) == [path], name
