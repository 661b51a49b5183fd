"""What the core finds of a module's code by a key is what stands in its facts; what its indices of files say is never too little."""

from __future__ import annotations

import sysconfig
from operator import itemgetter
from pathlib import Path

import pytest
from clustrix_bundle.bundler.facts.extract import core
from clustrix_bundle.bundler.facts.keyed import KEYS, keyed
from clustrix_bundle.bundler.facts.model import ModuleFacts
from clustrix_bundle.bundler.facts.store import CoreStore
from clustrix_bundle.bundler.folding.callers import read_names
from clustrix_bundle.bundler.folding.expressions import last_name
from hypothesis import given, settings
from hypothesis import strategies as st

compiled = core()
pytestmark = pytest.mark.skipif(compiled is None, reason="the core is not built")

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
FILES = [
    "argparse.py",
    "dataclasses.py",
    "functools.py",
    "json/encoder.py",
    "logging/config.py",
    "tarfile.py",
    "typing.py",
    "zipfile.py",
]


def check(source: bytes) -> None:
    assert compiled is not None
    try:
        whole = ModuleFacts.from_json(compiled.extract_facts(source))
    except SyntaxError:
        return
    store = CoreStore(compiled.FactsStore())
    store.add("m.py", source)
    for by, (family, _) in KEYS.items():
        values = getattr(whole, family)
        expected = keyed(values, by)
        facts = store.facts("m.py")
        for key, found in expected.items():
            assert facts._find((by,), key) == [found]
        assert facts._find((by,), "nobody\ud800") == [[]]
        numbers = tuple(key for key in expected if isinstance(key, int))
        of_any = sorted((one for key in numbers for one in expected[key]), key=itemgetter(0))
        assert facts._find((by,), numbers) == whole._find((by,), numbers) == [of_any]
        if by in ("callee", "value"):
            assert list(facts.keys(by)) == list(expected) == list(whole.keys(by))
        assert whole._find((by,), next(iter(expected), "x")) == [expected.get(next(iter(expected), "x"), [])]
        # What was made one by one stays what it is when all is made.
        known = [found[0] for key in expected for found in facts._find((by,), key)]
        assert all(getattr(facts, family)[number] is value for found in known for number, value in [found])
    scope_at = store.facts("m.py").scope_at
    assert [scope_at(number) for number in range(len(whole.scopes))] == list(whole.scopes)
    check_indices(whole, store)


def check_indices(facts: ModuleFacts, store: CoreStore) -> None:
    """Every name that a rule could ask for leads to the file."""
    called = {last_name(one.func) for one in facts.calls} - {""}
    read = set(read_names([part for one in facts.calls for part in (*one.args, *(value for _, value in one.keywords))]))
    read |= set(read_names([one.func[1] for one in facts.calls if one.func[0] == "attr"]))
    read |= set(read_names([one.value for one in facts.bindings]))
    read |= set(read_names([part for one in facts.scopes for part in one.decorators]))
    read |= set(read_names([part.default for one in facts.scopes for part in one.parameters if part.default is not None]))
    renamed = {item.name for item in facts.imports if item.asname and item.name and item.name != "*"}
    for name in called | renamed:
        assert store.calling([name]) == ["m.py"], name
    for name in read | renamed:
        assert store.reading([name]) == ["m.py"], name
    for name in store.facts("m.py").outside:
        assert store.outside([name]) == ["m.py"], name
    for name in facts.runs:
        assert store.running([name]) == ["m.py"], name
    imported = {item.asname or item.name or item.module.partition(".")[0] for item in facts.imports}
    own = facts.defines | (facts.bound - imported) | {item.asname for item in facts.imports if item.asname and item.name}
    assert store.running([]) == [] if own.isdisjoint(facts.runs) else ["m.py"]
    direct = {item.module for item in facts.imports if item.scope == 0 and not item.under}
    assert set(store.direct_imports("m.py", "") or ()) == direct


NAMES = st.sampled_from(["a", "b", "f", "map", "submit", "name", "attr", "self", "µ", "ﬁx", "é"])
TEXTS = st.sampled_from(
    ['"a"', '"],\\"a\\"]"', '"[\\"name\\",\\"a\\"]"', '"\\\\"', '"é\\ud800"', '"name"', "1", "None", "-1", "b'a'"]
)


def expressions_over(inner):
    few = st.lists(inner, max_size=2)
    return st.one_of(
        st.builds("{}.{}".format, inner, NAMES),
        st.builds(lambda f, args, name, value: f"{f}({', '.join([*args, f'{name}={value}'])})", inner, few, NAMES, inner),
        st.builds("{}(*{}, **{})".format, NAMES, inner, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("({} + {})".format, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{} for {} in {}]".format, inner, NAMES, inner),
        st.builds("(lambda {}={}: {})".format, NAMES, inner, inner),
        st.builds('f"x{{{}}}"'.format, NAMES),
        st.builds("({} := {})".format, NAMES, inner),
        few.map(lambda items: f"[{', '.join(items)}]"),
        few.map(lambda items: f"{{{', '.join(f'{item}: {item}' for item in items)}}}"),
    )


EXPRESSIONS = st.recursive(NAMES | TEXTS, expressions_over, max_leaves=6)
SIMPLE = st.one_of(
    st.builds("{} = {}".format, NAMES, EXPRESSIONS),
    st.builds("{}.{} = {}".format, NAMES, NAMES, EXPRESSIONS),
    st.builds("{}.{}[{}] = {}".format, NAMES, NAMES, EXPRESSIONS, EXPRESSIONS),
    st.builds("{} += {}".format, NAMES, EXPRESSIONS),
    st.builds("{}.{} |= {}".format, NAMES, NAMES, EXPRESSIONS),
    st.builds("{}".format, EXPRESSIONS),
    st.builds("from {} import {} as {}".format, NAMES, NAMES, NAMES),
    st.builds("import {}.{}".format, NAMES, NAMES),
)


def compound_over(inner):
    blocks = st.lists(inner, min_size=1, max_size=3).map(lambda lines: "\n".join(lines).replace("\n", "\n  "))
    return st.one_of(
        st.builds(
            "@{}\ndef {}({}, *, q={}):\n  {}\n  return {}".format, EXPRESSIONS, NAMES, NAMES, EXPRESSIONS, blocks, EXPRESSIONS
        ),
        st.builds("class {}({}, k={}):\n  {}".format, NAMES, EXPRESSIONS, EXPRESSIONS, blocks),
        st.builds("def {}():\n  {}\n  yield {}".format, NAMES, blocks, EXPRESSIONS),
        st.builds("if {}:\n  {}".format, EXPRESSIONS, blocks),
        st.builds("for {} in {}:\n  {}".format, NAMES, EXPRESSIONS, blocks),
        st.builds("try:\n  {}\nexcept {} as {}:\n  {}".format, blocks, EXPRESSIONS, NAMES, blocks),
        st.builds("with {} as {}:\n  {}".format, EXPRESSIONS, NAMES, blocks),
    )


MODULES = st.lists(st.recursive(SIMPLE, compound_over, max_leaves=4), max_size=4).map("\n".join)


@settings(max_examples=80, deadline=None)
@given(MODULES)
def test_what_is_found_by_a_key_is_what_the_facts_hold(source):
    check(source.encode())


@pytest.mark.parametrize("name", FILES)
def test_it_is_in_the_standard_library_too(name):
    check((LIBRARY / name).read_bytes())
