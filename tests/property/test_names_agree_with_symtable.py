"""Names in random nests of scopes mean what Python's `symtable` says, whichever extractor reads them.

The standard library seldom has a comprehension in a class in a function that declares a name global; here such nests are the rule.
"""

import ast
import importlib.util
import symtable
import textwrap

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from clustrix_bundle.bundler.facts.extract import extract_facts

NAMES = st.sampled_from("abcd")


@st.composite
def expressions(draw, depth=2):
    kinds = (
        ["name"] * 3 if not depth else ["name", "attribute", "call", "comprehension", "dict", "lambda", "walrus", "field", "item"]
    )
    kind = draw(st.sampled_from(kinds))
    name, other = draw(NAMES), draw(NAMES)

    def inner():
        return draw(expressions(depth - 1))

    match kind:
        case "name":
            return name
        case "attribute":
            return f"{name}.x"
        case "call":
            return f"{name}({inner()})"
        case "comprehension":
            return f"[{inner()} for {name} in {inner()} for {other} in {inner()} if {inner()}]"
        case "dict":
            return "{%s: %s for %s in %s}" % (inner(), inner(), name, inner())
        case "lambda":
            return f"(lambda {name}={inner()}: {inner()})"
        case "walrus":
            return f"({name} := {inner()})"
        case "field":
            return "f'{%s}'" % inner().replace("'", '"')
        case "item":
            return f"{name}[{inner()}]"


@st.composite
def blocks(draw, depth=3, in_function=False):
    lines = [f"global {draw(NAMES)}"] if draw(st.integers(0, 3)) == 3 else []
    for _ in range(draw(st.integers(2, 4))):
        lines += draw(statements(depth, in_function)).splitlines()
    return textwrap.indent("\n".join(lines), "    ")


@st.composite
def statements(draw, depth, in_function, kinds=()):
    simple = ["assign", "aug", "annotated", "expression", "import", "delete", "bare"] + ["return", "nonlocal"] * in_function
    kind = draw(
        st.sampled_from(kinds or simple + ["def", "def", "def", "class", "class", "for", "with", "try", "if"] * bool(depth))
    )
    name, other, value = draw(NAMES), draw(NAMES), draw(expressions())

    def block(function=in_function):
        return draw(blocks(depth - 1, function))

    match kind:
        case "assign":
            return f"{name}, {other}.y = {value}"
        case "aug":
            return f"{name} = {name} + {value}"
        case "annotated":
            return f"{name}: {other} = {value}"
        case "bare":
            return f"{name}: {other}"
        case "expression":
            return value
        case "import":
            return f"import {name}.{other}"
        case "delete":
            return f"del {name}"
        case "nonlocal":
            return f"nonlocal {name}"
        case "return":
            return f"return {value}"
        case "def":
            return f"@{other}\ndef {name}({other}, *c, d={value}) -> {name}:\n{block(True)}"
        case "class":
            return f"class {name}({value}):\n{block(False)}"
        case "for":
            return f"for {name} in {value}:\n{block()}"
        case "with":
            return f"with {value} as {name}:\n{block()}"
        case "try":
            return f"try:\n{block()}\nexcept {other} as {name}:\n{block()}"
        case "if":
            return f"if {value}:\n{block()}"


EXTRACTORS = ["libcst", *(["core"] if importlib.util.find_spec("clustrix_bundle.bundler._core") else [])]


def test_names_of_random_definitions_are_what_symtable_says(monkeypatch):
    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(statements(3, False, ("def", "class")))
    def check(source):
        try:
            table = symtable.symtable(source, "m", "exec")
            compile(source, "m", "exec")
        except SyntaxError:
            assume(False)
        uses, deferred, global_binds = expected(table)
        deleted = {
            node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)
        }
        for extractor in EXTRACTORS:  # most sources that are drawn do not compile, so that drawing is what takes time
            monkeypatch.setenv("CLUSTRIX_EXTRACTOR", extractor)
            (row,) = extract_facts(source.encode(), "m.py").statements
            assert (set(row.uses), set(row.deferred)) == (uses, deferred), (extractor, source)
            bound = set(row.global_binds) - deleted  # symtable takes a deletion for a binding
            assert bound == global_binds - deleted, (extractor, source)

    check()


def expected(table):
    """Names read at once, names read by functions when they are called, and names that functions bind through ``global``."""
    uses = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    deferred, global_binds = set(), set()

    def add(table, in_function):
        is_class = table.get_type() == "class"
        in_function = in_function or not (is_class or table.get_name() in {"listcomp", "dictcomp"})
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or (is_class and symbol.is_local())):
                (deferred if in_function else uses).add(symbol.get_name())
            if in_function and symbol.is_declared_global() and (symbol.is_assigned() or symbol.is_imported()):
                global_binds.add(symbol.get_name())
        for child in table.get_children():
            add(child, in_function)

    for child in table.get_children():
        add(child, False)
    return uses, deferred, global_binds
