r"""Two extractors, one meaning: for the same bytes their serialised facts are the same, byte for byte (``docs/facts.md``).

Modules come from a strategy over the grammar (all of it that both parsers know, in odd layouts) and from the standard library.
"""

import random
import sysconfig
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.extract import extract_facts

core = pytest.importorskip("clustrix_bundle.bundler._core", reason="the compiled core is not built")

REJECTED = b"rejected"


def facts_by(extractor, source, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("CLUSTRIX_EXTRACTOR", extractor)
        try:
            return extract_facts(source, "m.py").to_json(), ""
        except SourceError as error:
            return REJECTED, str(error)


def assert_agreement(source, monkeypatch):
    compiled, _ = facts_by("core", source, monkeypatch)
    reference, _ = facts_by("libcst", source, monkeypatch)
    assert compiled == reference


# The grammar. Every strategy draws text; an operand is put in parentheses or not, so that groupings of every kind come up.

NAMES = st.sampled_from(
    ["a", "b", "c", "n", "os", "sys", "self", "_", "match", "type", "__name__", "TYPE_CHECKING", "µ", "ﬁx", "é", "__class__"]
)
DOTTED = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
STRING_BODIES = st.sampled_from(
    [
        "",
        "x",
        "data/x.csv",
        "a.b",
        "é😀",
        r"\ud800",
        r"\ud83d\ude00",
        r"\u00e9",
        r"\x41",
        r"\101",
        r"\N{BULLET}",
        r"\q",
        r"\\",
        r"\n",
        "\ufffd",
        "__main__",
        "{}",
        "%s",
        "\x7f",
    ]
)
NUMBERS = st.sampled_from(
    ["0", "1", "-1", "1_000", "0xff", "0o17", "0b101", "999999999999999", "1000000000000000", "1.5", "1e3", "2j", "00"]
)


@st.composite
def strings(draw):
    prefix = draw(st.sampled_from(["", "", "", "b", "r", "u", "R", "rb", "B"]))
    quote = draw(st.sampled_from(['"', "'", '"""', "'''"]))
    body = draw(st.lists(STRING_BODIES, max_size=3).map("".join))
    if "b" in prefix.lower():
        body = "".join(character for character in body if character.isascii())
    if len(quote) == 3 and draw(st.booleans()):
        body += "\n" + draw(STRING_BODIES) + draw(st.sampled_from(["", "\r\n", "\\\n"]))
        if "b" in prefix.lower():
            body = "".join(character for character in body if character.isascii())
    if body.endswith("\\") and "r" in prefix.lower():
        body += "x"
    return prefix + quote + body + quote


@st.composite
def template_strings(draw, expressions):
    quote = draw(st.sampled_from(['"', "'", '"""']))
    prefix = draw(st.sampled_from(["f", "F", "rf", "fr"]))
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            parts.append(draw(st.sampled_from(["x", "{{", "}}", " / ", r"\u00e9", r"\ud800", "é", r"\q", "a/b"])))
        else:
            value = draw(expressions)
            if "\n" in value or value.startswith("{") or "lambda" in value or ":=" in value or "!=" in value:
                value = draw(NAMES)
            equals = draw(st.sampled_from(["", "", "", "=", " = "]))
            conversion = draw(st.sampled_from(["", "", "", "!r", "!s", "!a"]))
            spec = draw(st.sampled_from(["", "", "", ":", ":>10", ":{n}", ":{a!r:>{b}}"]))
            parts.append("{" + draw(st.sampled_from(["", " "])) + value + equals + conversion + spec + "}")
    return prefix + quote + "".join(parts) + quote


@st.composite
def concatenations(draw, expressions):
    is_text = st.one_of(
        strings().filter(lambda text: "b" not in text.partition(text[-1])[0].lower()), template_strings(expressions)
    )
    is_bytes = strings().filter(lambda text: "b" in text.partition(text[-1])[0].lower())
    pieces = draw(st.lists(draw(st.sampled_from([is_text, is_text, is_text, is_bytes])), min_size=2, max_size=3))
    return draw(st.sampled_from([" ", "\n  ", ""])).join(pieces)


def operand(expressions):
    return st.one_of(expressions, expressions.map(lambda text: f"({text})"), expressions.map(lambda text: f"(\n{text} # c\n)"))


@st.composite
def parameters(draw, expressions, annotated=False):
    def one(name, default_allowed=True):
        text = name
        if annotated and draw(st.booleans()):
            text += ": " + draw(operand(expressions))
        if default_allowed and draw(st.booleans()):
            text += "=" + draw(operand(expressions))
        return text

    names = iter(["a", "p", "b", "q", "r", "s"])
    parts = []
    if draw(st.booleans()):
        parts += [one(next(names), default_allowed=False), "/"]
    for _ in range(draw(st.integers(0, 2))):
        parts.append(one(next(names), default_allowed=False))
    star = draw(st.sampled_from(["", "", "*", "*args"]))
    if star:
        parts.append(star)
        parts.append("k=" + draw(operand(expressions)))
    if draw(st.booleans()):
        parts.append("**kw")
    return ", ".join(parts)


@st.composite
def arguments(draw, expressions):
    if draw(st.integers(0, 9)) == 0:
        return f"({draw(operand(expressions))} for a in b)"
    shapes = [lambda value: value, lambda value: f"*({value})", lambda value: f"k={value}", lambda value: f"**({value})"]
    values = sorted((draw(st.integers(0, 3)), draw(operand(expressions))) for _ in range(draw(st.integers(0, 3))))
    return (
        "("
        + ", ".join(shapes[shape](value) for shape, value in values)
        + draw(st.sampled_from(["", "", ","] if values else [""]))
        + ")"
    )


@st.composite
def comprehensions(draw, expressions):
    clauses = ""
    for _ in range(draw(st.integers(1, 2))):
        target = draw(targets(expressions))
        clauses += f" for {target} in {draw(operand(expressions))}"
        if draw(st.booleans()):
            clauses += f" if {draw(operand(expressions))}"
    shape = draw(st.sampled_from(["[{}{}]", "({}{})", "{{{}{}}}", "{{b: {}{}}}", "n({}{})"]))
    return shape.format(draw(operand(expressions)), clauses)


@st.composite
def targets(draw, expressions, depth=2):
    kind = draw(st.integers(0, 6 if depth else 3))
    if kind == 0:
        return draw(NAMES.filter(lambda name: name != "__class__"))
    if kind == 1:
        return f"({draw(operand(expressions))}).{draw(NAMES)}"
    if kind == 2:
        return f"{draw(NAMES)}[{draw(operand(expressions))}]"
    if kind == 3:
        return f"{draw(DOTTED)}.{draw(NAMES)}"
    items = [draw(targets(expressions, depth - 1)) for _ in range(draw(st.integers(2, 3)))]
    if kind == 4:
        return "(" + ", ".join(items) + ")"
    if kind == 5:
        return "[" + ", ".join(items[: draw(st.integers(1, 3))]) + "]"
    return f"(*{items[0]}, " + ", ".join(items[1:]) + ")"


def expressions_over(inner):
    wrapped = operand(inner)
    items = st.lists(st.one_of(wrapped, wrapped.map(lambda text: f"*{text}")), max_size=3)
    pairs = st.lists(st.one_of(st.tuples(wrapped, wrapped).map(": ".join), wrapped.map(lambda text: f"**({text})")), max_size=3)
    operators = st.sampled_from("+ - * / // % | ** & ^ << >> @ and or and or == != < in is not==".split()).map(
        lambda text: "not in" if text == "not==" else text
    )
    index = st.one_of(
        wrapped,
        st.tuples(wrapped, wrapped).map(lambda pair: f"{pair[0]}:{pair[1]}"),
        st.tuples(wrapped, wrapped).map(lambda pair: f"{pair[0]}, {pair[1]}"),
        wrapped.map(lambda text: f"*{text}"),
        wrapped.map(lambda text: f"{text},"),
        st.just("::2, 1"),
    )
    return st.one_of(
        st.tuples(wrapped, NAMES).map(lambda pair: f"({pair[0]}).{pair[1]}"),
        st.tuples(DOTTED, arguments(inner)).map("".join),
        st.tuples(wrapped, arguments(inner)).map(lambda pair: f"({pair[0]}){pair[1]}"),
        st.tuples(DOTTED, NAMES, arguments(inner), NAMES).map(lambda four: f"{four[0]}.{four[1]}{four[2]}.{four[3]}"),
        st.tuples(wrapped, operators, wrapped).map(" ".join),
        st.tuples(wrapped, st.sampled_from(["or", "and"]), wrapped, st.sampled_from(["or", "and"]), wrapped).map(" ".join),
        st.tuples(st.sampled_from(["-", "not ", "~", "+"]), wrapped).map("".join),
        st.tuples(wrapped, wrapped, wrapped).map(lambda three: f"{three[0]} if {three[1]} else {three[2]}"),
        st.tuples(DOTTED, index).map(lambda pair: f"{pair[0]}[{pair[1]}]"),
        items.map(lambda texts: "[" + ", ".join(texts) + "]"),
        items.map(lambda texts: "(" + "".join(f"{text}, " for text in texts) + ")"),
        items.filter(bool).map(lambda texts: "{" + ", ".join(texts) + "}"),
        pairs.map(lambda texts: "{" + ", ".join(texts) + "}"),
        comprehensions(inner),
        st.tuples(parameters(inner), wrapped).map(lambda pair: f"lambda {pair[0]}: {pair[1]}"),
        st.tuples(NAMES, wrapped).map(lambda pair: f"({pair[0]} := {pair[1]})"),
        st.one_of(
            wrapped.map(lambda text: f"(yield {text})"), wrapped.map(lambda text: f"(yield from {text})"), st.just("(yield)")
        ),
        wrapped.map(lambda text: f"(await {text})"),
        template_strings(inner),
        concatenations(inner),
    )


ATOMS = st.one_of(NAMES, DOTTED, strings(), NUMBERS, st.sampled_from(["None", "True", "False", "..."]))
EXPRESSIONS = st.recursive(ATOMS, expressions_over, max_leaves=6)
VALUES = st.one_of(
    EXPRESSIONS,
    EXPRESSIONS.map(lambda text: f"*n, {text}"),
    st.lists(operand(EXPRESSIONS), min_size=2, max_size=3).map(", ".join),
)

TESTS = st.one_of(
    operand(EXPRESSIONS),
    st.sampled_from(
        [
            "TYPE_CHECKING", "typing.TYPE_CHECKING", "not TYPE_CHECKING", "a and TYPE_CHECKING", '__name__ == "__main__"', '"__main__" == __name__',
            'a and (__name__ == "__main__" and b)', "not typing.TYPE_CHECKING", "(TYPE_CHECKING)", "TYPE_CHECKING or a",
        ]
    ),
)  # fmt: skip
EXCEPTIONS = st.sampled_from(
    ["ImportError", "KeyError", "(KeyError, ImportError)", "a.ModuleNotFoundError", "Exception", "(a.b, c)"]
)
PATTERNS = st.recursive(
    st.sampled_from(["_", "a", "1", "-1", '"x"', "None", "os.b", "*_", "1 + 2j", "b'x'", "'x' 'y'"]).filter(
        lambda text: text != "*_"
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join([*items, "*c"]) + "]"),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: "(" + ", ".join(items) + ")"),
        inner.map(lambda text: '{"k": ' + text + ", a.b: n, **self}"),
        inner.map(lambda text: f"os.P({text}, k={text})"),
        inner.map(lambda text: f"({text}) as n"),
        st.lists(inner, min_size=2, max_size=2).map(lambda items: f"({items[0]}) | ({items[1]})"),
    ),
    max_leaves=4,
)


def type_parameters():
    return st.sampled_from(["", "", "", "[T]", "[T: a.b, *Ts, **P]", "[T = n]", "[n: (a, b) = lambda: c]"])


def simple_statements():
    value, target, one = VALUES, targets(EXPRESSIONS), operand(EXPRESSIONS)
    return st.one_of(
        value,
        st.tuples(target, value).map(" = ".join),
        st.tuples(target, target, value).map(" = ".join),
        st.tuples(NAMES, st.sampled_from(["+=", "-=", "@=", "//=", "|=", "**="]), one).map(" ".join),
        st.tuples(DOTTED, one, st.sampled_from(["+=", "%="]), one).map(lambda four: f"{four[0]}[{four[1]}] {four[2]} {four[3]}"),
        st.tuples(st.one_of(NAMES, DOTTED), one).map(": ".join),
        st.tuples(st.one_of(NAMES, DOTTED), one, one).map(lambda three: f"{three[0]}: {three[1]} = {three[2]}"),
        target.filter(lambda text: "*" not in text).map(lambda text: f"del {text}"),
        st.one_of(st.just("return"), value.map(lambda text: f"return {text}")),
        one.map(lambda text: f"raise {text}"),
        st.tuples(one, one).map(lambda pair: f"raise {pair[0]} from {pair[1]}"),
        st.tuples(one, one).map(lambda pair: f"assert {pair[0]}, {pair[1]}"),
        DOTTED.map(lambda name: f"import {name}"),
        st.tuples(DOTTED, NAMES, DOTTED).map(lambda three: f"import {three[0]} as {three[1]}, {three[2]}"),
        st.tuples(st.sampled_from(["", ".", "..", "...", ". ."]), DOTTED, NAMES, NAMES).map(
            lambda four: f"from {four[0]}{four[1]} import ({four[2]} as {four[3]},\n  {four[3]},)"
        ),
        st.sampled_from(["from . import a", "from a.b import *", "from __future__ import annotations", "from .... import *"]),
        st.tuples(st.sampled_from(["global", "nonlocal"]), NAMES).map(" ".join),
        st.sampled_from(
            ["pass", "break", "continue", "exit()", "sys.exit(1)", "os._exit(0)", "quit()", "sys.exit", "yield", "yield *a, b"]
        ),
        st.tuples(NAMES, type_parameters(), one).map(lambda three: f"type {three[0]}{three[1]} = {three[2]}"),
    )


def indented(draw, depth):
    """A suite of lines, at one depth of indentation; lines inside brackets and strings are indented with it."""
    if not depth or draw(st.integers(0, 3)) == 0:
        return [" " + draw(st.sampled_from(["pass", "return", "raise", "exit()", "a = b; c.d(n)", "n.f(a); pass;"]))]
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(statements(depth - 1))
    lines.append(draw(st.sampled_from(["pass", "...", "n.f()"])))  # a comment alone is no block
    indent = draw(st.sampled_from(["  ", "\t", "    "]))
    return ["", *(indent + line for line in lines)]


def joined(head, suite):
    return [head + suite[0], *suite[1:]]


@st.composite
def statements(draw, depth=2):
    """Lines of one statement."""
    one = operand(EXPRESSIONS)
    kind = draw(
        st.sampled_from(
            ["simple"] * 6 + (["if", "for", "while", "try", "with", "def", "class", "match", "comment"] * 2 if depth else [])
        )
    )
    if kind == "simple":
        text = draw(simple_statements())
        if draw(st.integers(0, 5)) == 0:
            text += "; " + draw(simple_statements())
        return [text + draw(st.sampled_from(["", "", "", ";", "  # clustrix: include a/*.py ", " \\\n", "  # c"]))]
    if kind == "comment":
        return [
            draw(st.sampled_from(["# clustrix: ignore", "#clustrix:include  x y ", "## clustrix: no", "# clustrix:", "\f", ""]))
        ]
    if kind == "if":
        lines = joined(f"if {draw(TESTS)}:", indented(draw, depth))
        for _ in range(draw(st.integers(0, 2))):
            lines += joined(f"elif {draw(TESTS)}:", indented(draw, depth))
        return lines + (joined("else:", indented(draw, depth)) if draw(st.booleans()) else [])
    if kind in {"for", "while"}:
        head = (
            f"while {draw(one)}:"
            if kind == "while"
            else f"{draw(st.sampled_from(['', 'async ']))}for {draw(targets(EXPRESSIONS))} in {draw(VALUES)}:"
        )
        lines = joined(head, indented(draw, depth))
        return lines + (joined("else:", indented(draw, depth)) if draw(st.booleans()) else [])
    if kind == "try":
        star = draw(st.sampled_from(["", "", "*"]))
        lines = joined("try:", indented(draw, depth))
        handlers = draw(st.lists(st.tuples(EXCEPTIONS, st.sampled_from(["", " as n"])), max_size=2))
        for exception, name in handlers:
            lines += joined(f"except{star} {exception}{name}:", indented(draw, depth))
        if handlers and draw(st.booleans()):
            lines += joined("else:", indented(draw, depth))
        return lines + (joined("finally:", indented(draw, depth)) if not handlers or draw(st.booleans()) else [])
    if kind == "with":
        item = draw(
            st.sampled_from(["suppress(ImportError)", "contextlib.suppress(KeyError, Exception)", draw(one), f"({draw(one)})"])
        )
        named = draw(st.one_of(st.just(""), targets(EXPRESSIONS).map(" as {}".format)))
        form = draw(
            st.sampled_from(
                [
                    "with {}:",
                    "async with {}:",
                    "with ({}):",
                    "with ({},):",
                    "with (a, {}):",
                    "with {}, b as c:",
                    "with (\n a as b, {}\n):",
                ]
            )
        )
        return joined(form.format(item + named), indented(draw, depth))
    decorators = [
        f"@{draw(st.one_of(DOTTED, EXPRESSIONS, st.tuples(DOTTED, arguments(EXPRESSIONS)).map(''.join)))}"
        for _ in range(draw(st.integers(0, 1)))
    ]
    if kind == "def":
        returns = draw(st.one_of(st.just(""), one.map(" -> {}".format)))
        head = f"{draw(st.sampled_from(['', 'async ']))}def {draw(NAMES)}{draw(type_parameters())}({draw(parameters(EXPRESSIONS, annotated=True))}){returns}:"
        return decorators + joined(head, indented(draw, depth))
    if kind == "class":
        bases = draw(st.one_of(st.just(""), arguments(EXPRESSIONS)))
        return decorators + joined(f"class {draw(NAMES)}{draw(type_parameters())}{bases}:", indented(draw, depth))
    lines = [f"match {draw(VALUES)}:"]
    for _ in range(draw(st.integers(1, 2))):
        guard = draw(st.one_of(st.just(""), one.map(" if {}".format)))
        lines += [" " + line for line in joined(f"case {draw(PATTERNS)}{guard}:", indented(draw, depth))]
    return lines


@st.composite
def modules(draw):
    lines = [line for _ in range(draw(st.integers(1, 4))) for line in draw(statements())]
    newline = draw(st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"]))
    source = newline.join(lines) + draw(st.sampled_from(["", newline]))
    return draw(st.sampled_from(["", "", "\ufeff", "# coding: utf-8" + newline])) + source


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(source=modules())
def test_extractors_agree_on_generated_modules(source, monkeypatch):
    note(source)
    assert_agreement(source.encode(), monkeypatch)


LIBRARY = Path(sysconfig.get_path("stdlib"))
FILES = sorted(path for path in LIBRARY.rglob("*.py") if "site-packages" not in path.parts and path.stat().st_size < 16_000)
SAMPLE = random.Random(5).sample(FILES, min(24, len(FILES)))


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_extractors_agree_on_the_standard_library(path, monkeypatch):
    assert_agreement(path.read_bytes(), monkeypatch)
