"""Scopes, statements, imports, bindings, calls, texts, directives and features, as docs/facts.md says."""

import textwrap

import pytest

from clustrix_bundle.bundler.facts.model import ModuleFacts

OPAQUE = ("?",)


def test_scopes_are_numbered_by_their_keyword(read):
    facts = read("""
        @d(lambda: 1)
        def f(a=lambda: 2):
            class B: pass
        async def g(): pass
    """)
    assert [(row.kind, row.name, row.parent, row.line) for row in facts.scopes] == [
        ("module", "", -1, 1),
        ("lambda", "<lambda>", 0, 2),
        ("function", "f", 0, 3),
        ("lambda", "<lambda>", 0, 3),
        ("class", "B", 2, 4),
        ("async", "g", 0, 5),
    ]
    assert [(row.first_line, row.end_line, row.statement) for row in facts.scopes[2:]] == [
        (2, 4, 0),
        (3, 3, 0),
        (4, 4, 0),
        (5, 5, 1),
    ]


def test_a_scope_says_how_it_is_called_and_what_it_is_made_of(read):
    scope = read("def f(a, /, b=1, *c, d, e=x, **g): yield\n").scopes[1]
    assert [(p.name, p.kind, p.default) for p in scope.parameters] == [
        ("a", "positional", None),
        ("b", "either", ("int", 1)),
        ("c", "star", None),
        ("d", "keyword", None),
        ("e", "keyword", ("name", "x")),
        ("g", "dstar", None),
    ]
    assert scope.generator
    scope = read("@a\n@b.c(1)\nclass D(E, *F, k=1, **G):\n    def m(self): yield\n").scopes[1]
    assert scope.decorators == (("name", "a"), ("call", ("attr", ("name", "b"), "c"), (("int", 1),), ()))
    assert scope.bases == (("name", "E"), ("star", ("name", "F")))
    assert scope.keywords == (("k", ("int", 1)), (None, ("name", "G")))
    assert not scope.generator
    facts = read("def f():\n    global b, a\n    def g():\n        nonlocal c\n")
    assert (facts.scopes[1].global_names, facts.scopes[2].nonlocal_names) == (("a", "b"), ("c",))


@pytest.mark.parametrize(("text", "end_line"), [("", 1), ("\n", 1), ("a", 1), ("a\n\n", 2), ("a\n\nb", 3)])
def test_the_module_ends_with_its_last_line(read, text, end_line):
    assert read(text).scopes[0].end_line == end_line


def test_statements_tell_where_they_stand(read):
    facts = read("@d\ndef f():\n    return 1;  # c\n\n\nx = (1,\n  2) ; é = '''\n'''\nif a: b; c;\nelse:\n    pass\n")
    assert [(r.kind, r.line, r.column, r.end_line, r.end_column, r.first_line) for r in facts.statements] == [
        ("def", 2, 0, 3, 12, 1),
        ("assign", 6, 0, 7, 4, 6),
        ("assign", 7, 7, 8, 3, 7),
        ("if", 9, 0, 11, 8, 9),
        ("expr", 9, 6, 9, 7, 9),
        ("expr", 9, 9, 9, 10, 9),
        ("pass", 11, 4, 11, 8, 11),
    ]


def test_form_feeds_end_no_line_and_count_as_columns(read):
    facts = read("\x0ca = 1\n\x0c\nif a:\n\x0c    b = 2\n")
    assert [(r.line, r.column, r.end_column) for r in facts.statements] == [(1, 1, 6), (3, 0, 10), (4, 5, 10)]


def test_every_newline_of_python_ends_a_line(read):
    assert [row.line for row in read(b"a = 1\rb = 2\r\nc = 3\n\rd = 4").statements] == [1, 2, 3, 5]
    assert read(b"a = '''x\r\ny\rz'''").bindings[0].value == ("str", "x\ny\nz")


def test_statements_have_the_kinds_of_the_page(read):
    source = "import a\nfrom b import c\ndef d(): pass\nasync def e(): pass\nclass f: pass\ng = 1\nh: i = 2\nj += 1\nk\nwhile l: pass\n"
    source += "for m in n: pass\ntry: pass\nfinally: pass\nwith o: pass\nmatch p:\n    case q: pass\ndel r\nraise s\nassert t\nglobal u\ntype v = w\n"
    kinds = [row.kind for row in read(source).statements if row.parent == -1]
    assert (
        kinds
        == "import import def def class assign assign aug expr while for try with match del raise assert global type".split()
    )
    facts = read("for a in b:\n    break\n")
    assert (facts.statements[1].kind, facts.statements[1].branch) == ("other", "body")


def test_blocks_tell_their_branch(read):
    facts = read("try: a\nexcept b: c\nelse: d\nfinally: e\n")
    assert [(row.parent, row.branch) for row in facts.statements] == [
        (-1, ""),
        (0, "body"),
        (0, "handler"),
        (0, "orelse"),
        (0, "finalbody"),
    ]
    assert read("match a:\n    case b: c\n").statements[1].branch == "case"


def test_facts_name_their_scope_and_their_innermost_statement(read):
    facts = read("if f():\n    class A:\n        f()\n        def m(self): f()\n    f(lambda: f())\n")
    assert [(row.scope, row.statement) for row in facts.calls if row.func == ("name", "f")] == [
        (0, 0),
        (1, 1),
        (2, 1),
        (0, 2),
        (3, 2),
    ]


def test_imports_are_one_row_a_name(read):
    facts = read("import a.b, c as d\nfrom ..e.f import (\n    g,\n    h as i,\n)\nfrom . import j\nfrom k import *\n")
    assert [(r.module, r.level, r.name, r.asname, r.line) for r in facts.imports] == [
        ("a.b", 0, None, None, 1),
        ("c", 0, None, "d", 1),
        ("e.f", 2, "g", None, 3),
        ("e.f", 2, "h", "i", 4),
        ("", 1, "j", None, 6),
        ("k", 0, "*", None, 7),
    ]


A, B = ("name", "a"), ("name", "b")


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("x = y = a", [("x", a_value := A, "assign"), ("y", a_value, "assign")]),
        ("x, y = a, b", [("x", A, "assign"), ("y", B, "assign")]),
        ("x, [y, z] = a, (b, a)", [("x", A, "assign"), ("y", B, "assign"), ("z", A, "assign")]),
        ("x, *y = a, b", [("x", ("each", ("tuple", (A, B))), "assign"), ("y", ("each", ("tuple", (A, B))), "assign")]),
        ("x, y = a", [("x", ("each", A), "assign"), ("y", ("each", A), "assign")]),
        (
            "x, (y, z) = a",
            [("x", ("each", A), "assign"), ("y", ("each", ("each", A)), "assign"), ("z", ("each", ("each", A)), "assign")],
        ),
        (
            "x, y = (n := (a, b))",
            [
                ("n", ("tuple", (A, B)), "walrus"),
                ("x", ("each", ("tuple", (A, B))), "assign"),
                ("y", ("each", ("tuple", (A, B))), "assign"),
            ],
        ),
        ("for x in a: pass", [("x", ("each", A), "for")]),
        ("for x, y in a: pass", [("x", ("each", ("each", A)), "for"), ("y", ("each", ("each", A)), "for")]),
        ("with a as x: pass", [("x", A, "with")]),
        ("try: pass\nexcept a as x: pass", [("x", OPAQUE, "except")]),
        ("x: a = b", [("x", B, "assign")]),
        ("x: a", []),
        ("x += a", [("x", ("bin", "+", ("name", "x"), A), "aug")]),
        ("x @= a", [("x", OPAQUE, "aug")]),
        ("[b for x in a]", [("x", ("each", A), "comp")]),
        ("match a:\n    case {'k': x, **y}: pass\n    case _: pass", [("x", OPAQUE, "assign"), ("y", OPAQUE, "assign")]),
        ("def f(): return a", [("return", A, "return")]),
        ("def f(): return", []),
        ("return a", []),
        ("def f():\n    yield a\n    yield\n    yield from b", [("yield", A, "yield"), ("yield", ("each", B), "yield")]),
        ("import x", []),
        ("del x", []),
        ("type x = a", []),
    ],
)
def test_bindings_say_what_each_target_is_given(read, source, rows):
    found = [(row.target[1] if row.target[0] == "name" else row.target[0], row.value, row.kind) for row in read(source).bindings]
    assert sorted(found, key=repr) == sorted(rows, key=repr)


def test_attributes_and_items_are_targets(read):
    targets = [row.target for row in read("a.b = a[1:2] = 1\n").bindings]
    assert targets == [("attr", A, "b"), ("index", A, OPAQUE)]


def test_a_lambda_gives_back_its_body_in_its_own_scope(read):
    row = read("if a:\n    x = lambda: (\n        b)\n").bindings[1]
    assert (row.target, row.value, row.scope, row.line, row.under) == (("return",), B, 1, 3, ())


def test_calls_are_of_names_and_attributes(read):
    facts = read("a(1)\na().b\n(a or b).c()\na[0]()\na()()\n@a\n@b()\ndef f(): pass\n(\na\n)()\n")
    assert [(row.func, row.line) for row in facts.calls] == [
        (A, 1),
        (A, 2),
        (("attr", ("either", (A, B)), "c"), 3),
        (A, 5),
        (B, 7),
        (A, 9),
    ]


def test_texts_are_distinct_literals_that_could_name_something(read):
    facts = read('''
        """Doc."""
        x = "a.b" "c"; y = "a.bc"
        z = f"no{"yes"}" "no"
        "a\\nb"
        ""
        def f(p: "Note"):
            """Doc."""
            return "Doc."
        b"no"
        match x:
            case {"key": "value"}: pass
    ''')
    assert [(row.value, row.scope, row.line, row.doc) for row in facts.texts] == [
        ("Doc.", 0, 2, True),
        ("a.bc", 0, 3, False),
        ("yes", 0, 4, False),
        ("Note", 0, 7, False),
        ("Doc.", 1, 8, False),
        ("key", 0, 12, False),
        ("value", 0, 12, False),
    ]
    assert [row.value for row in read(f"x = '{'a' * 256}', '{'b' * 257}'").texts] == ["a" * 256]


def test_directives_are_comments_of_ours(read):
    facts = read(
        "import a  # clustrix: include plugins/*.py \n#clustrix:\tignore\nx = '# clustrix: no'\n# clustrix:\n# see clustrix: no\n"
    )
    assert [(row.verb, row.argument, row.line) for row in facts.directives] == [("include", "plugins/*.py", 1), ("ignore", "", 2)]


@pytest.mark.parametrize(
    ("source", "features"),
    [
        ("from __future__ import (\n  annotations)", ["future_annotations 2"]),
        ("\nif (x := 1): (y := 2)", ["walrus 2"]),
        ("def f(a,\n  /): pass", ["positional_only 2"]),
        ("f'{a}{b=}'", ["fstring_equals 1"]),
        ("def f():\n    return *a, b", ["unparenthesized_star 2"]),
        ("def f():\n    yield *a, b", ["unparenthesized_star 2"]),
        ("def f():\n    return (*a, b)", []),
        ("x = " + "[" * 93 + "]" * 93, ["deep_brackets 1"]),
        ("@a.b.c(1)\ndef f(): pass", []),
        ("@a[0]\ndef f(): pass", ["relaxed_decorator 1"]),
        ("@(a)\ndef f(): pass", ["relaxed_decorator 1"]),
        ("@a()()\ndef f(): pass", ["relaxed_decorator 1"]),
        ("with (a as b, c): pass", ["parenthesized_with 1"]),
        ("with (a, b): pass", ["parenthesized_with 1"]),
        ("with (a,): pass", ["parenthesized_with 1"]),
        ("with (a): pass", []),
        ("with (a), (b): pass", []),
        ("with (a) as b: pass", []),
        ("match a:\n    case b: pass", ["match 1"]),
        ("try: pass\nexcept* a: pass", ["except_star 2"]),
        ("a[\n*b]", ["star_index 2"]),
        ("def f(*args: *T): pass", ["star_index 1"]),
        ("def f[T](): pass", ["type_parameters 1"]),
        ("class A[\n  T = int]: pass", ["type_parameters 1", "type_parameter_defaults 2"]),
        ("type A = b", ["type_alias 1"]),
        ("f'{a['b']}'", ["fstring_nesting 1"]),
        ("f'{\"\\n\"}'", ["fstring_nesting 1"]),
        ("f'{\na}'", ["fstring_nesting 1"]),
        ("f'''{a # c\n}'''", ["fstring_nesting 1"]),
        ("f'''{\na['#']}'''", []),
        ("f'{a:\\n}'", []),
        ("t'{a}'", ["template_string 1"]),
        ("x = 'match', f'{a}'", []),
    ],
)
def test_features_are_the_syntax_that_not_every_python_reads(read, source, features):
    assert [f"{row.name} {row.line}" for row in read(source).features] == features


def test_rows_are_sorted_by_line_and_canonical_json(read):
    facts = read("b(1); a(2); a(10)\n")
    assert [row.args[0][1] for row in facts.calls] == [10, 2, 1]


def test_facts_survive_their_serialised_form(read):
    facts = read(
        textwrap.dedent("""
        import a
        x = {"\\ud800": f"{a}"}
        @a.b
        class C(x, k=1):
            def m(self, p=1): yield from p
        # clustrix: ignore
        if (n := 1): pass
    """)
    )
    data = facts.to_json()
    assert data.isascii() and data.endswith(b"\n")
    assert ModuleFacts.from_json(data) == facts
    with pytest.raises(ValueError, match="schema 2"):
        ModuleFacts.from_json(data.replace(b'"schema":1', b'"schema":2'))
