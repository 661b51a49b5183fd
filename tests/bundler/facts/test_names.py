"""Which names a module-level statement binds, reads, mutates and deletes, as docs/facts.md says."""

import pytest

LISTED = ("binds", "deletes", "uses", "deferred", "mutates", "deferred_mutates", "global_binds")


def names(read, source):
    """The name lists of the first statement that are not empty, each as one string."""
    row = read(source).statements[0]
    return {key: " ".join(getattr(row, key)) for key in LISTED if getattr(row, key)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = b", {"binds": "a", "uses": "b"}),
        ("a, (b, *c) = d", {"binds": "a b c", "uses": "d"}),
        ("a.b[c] = d", {"uses": "a c d", "mutates": "a"}),
        ("a += b", {"binds": "a", "uses": "a b", "mutates": "a"}),
        ("a.b += c", {"uses": "a c", "mutates": "a"}),
        ("a: b = c", {"binds": "a", "uses": "b c"}),
        ("a: b", {"uses": "b"}),
        ("a.b: c", {"uses": "a c"}),
        ("del a, b.c, d[e]", {"deletes": "a", "uses": "b d e", "mutates": "b d"}),
        ("import a.b, c.d as e", {"binds": "a e"}),
        ("from a import b as c, d", {"binds": "c d"}),
        ("from a import *", {"binds": "*"}),
        ("for a, b.c in d: e", {"binds": "a", "uses": "b d", "mutates": "b"}),
        ("with a as b, c as d.e: f", {"binds": "b", "uses": "a c d", "mutates": "d"}),
        ("try: a\nexcept b as c: d\nexcept e: f", {"binds": "c", "uses": "b e"}),
        ("while a: b", {"uses": "a"}),
        (
            "match a:\n    case [b, *c] if d: e\n    case {f.g: h, **i}: j\n    case k(l=m) | n: o",
            {"binds": "b c h i m n", "uses": "a d f k"},
        ),
        ("if (a := b): c", {"binds": "a", "uses": "b"}),
        ("[a for a in b if a.c(d)]", {"uses": "b d", "mutates": "d"}),
        ("[a for a in a]", {"uses": "a"}),
        ("[b for a in c for b in a]", {"uses": "c"}),
        ("[(a := b) for b in c]", {"binds": "a", "uses": "c"}),
        ("a.b[0].c(d, e.f, *g, h=i, **j)", {"uses": "a d e g i j", "mutates": "a d e g i j"}),
        ("a(b)(c)", {"uses": "a b c", "mutates": "b c"}),
        ("a[0](b + c)", {"uses": "a b c"}),
        ("f'{a}' 'b'", {"uses": "a"}),
        ("x = 'a'", {"binds": "x"}),
        ("global a", {}),
    ],
)
def test_names_of_plain_statements(read, source, expected):
    assert names(read, source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("@a.b\n@c(d)\ndef f(x: e = g) -> h: pass", {"binds": "f", "uses": "a c d e g h", "mutates": "a d"}),
        ("def f(a, *b, c=1, **d): return a, b, c, d, e", {"binds": "f", "deferred": "e"}),
        ("def f():\n    a = b\n    a\n    c.d = e\n    a.g()", {"binds": "f", "deferred": "b c e", "deferred_mutates": "c"}),
        ("def f():\n    global a\n    a = a + b", {"binds": "f", "deferred": "a b", "global_binds": "a"}),
        ("def f():\n    global a\n    del a", {"binds": "f"}),
        (
            "def f():\n    global a\n    import a.b\n    a += 1",
            {"binds": "f", "deferred": "a", "deferred_mutates": "a", "global_binds": "a"},
        ),
        (
            "def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = b\n        return a",
            {"binds": "f", "deferred": "b"},
        ),
        ("def f():\n    a = 1\n    def g():\n        global a\n        def h(): return a", {"binds": "f", "deferred": "a"}),
        ("def f():\n    a: int\n    return a", {"binds": "f", "deferred": "int"}),
        ("def f():\n    [a for a in b]\n    a", {"binds": "f", "deferred": "a b"}),
        ("def f():\n    [(a := b) for b in c]\n    a", {"binds": "f", "deferred": "c"}),
        ("def f():\n    del a\n    a", {"binds": "f"}),
        ("x = lambda a, b=c: a + b + d", {"binds": "x", "uses": "c", "deferred": "d"}),
        ("x = [lambda: a + b for a in c]", {"binds": "x", "uses": "c", "deferred": "b"}),
        ("class A(b, c=d):\n    e = g\n    h = e", {"binds": "A", "uses": "b d e g"}),
        ("class A:\n    b = 1\n    def f(self): return b, c", {"binds": "A", "deferred": "b c"}),
        ("class A:\n    global a\n    a = 1", {"binds": "A a"}),
        ("class A:\n    a.b = c\n    d.e()", {"binds": "A", "uses": "a c d", "mutates": "a d"}),
        ("def f():\n    a = 1\n    class A:\n        b = a\n", {"binds": "f"}),
        ("def f():\n    a = 1\n    class A:\n        a = a\n", {"binds": "f", "deferred": "a"}),
        ("def f():\n    class A:\n        global a\n        a = 1", {"binds": "f", "global_binds": "a"}),
        ("class A:\n    b = 1\n    c = [b for d in b]", {"binds": "A", "uses": "b"}),
        ("def f[T: a](x: T) -> T: return T, b", {"binds": "f", "uses": "a", "deferred": "b"}),
        ("class A[T, *U](b[T]):\n    c: U", {"binds": "A", "uses": "b"}),
        ("type A[T] = list[T]", {"binds": "A", "uses": "list"}),
        ("from __future__ import annotations", {"binds": "annotations"}),
    ],
)
def test_names_of_definitions(read, source, expected):
    assert names(read, source) == expected


def test_a_compound_statement_lists_what_its_header_says(read):
    facts = read("if a:\n    b = c\nelif d:\n    e()\n")
    assert [(row.kind, row.parent, row.branch, row.uses) for row in facts.statements] == [
        ("if", -1, "", ("a",)),
        ("assign", 0, "body", ("c",)),
        ("if", 0, "orelse", ("d",)),
        ("expr", 2, "body", ("e",)),
    ]


def test_names_are_compared_in_normal_form(read):
    assert names(read, "ﬁ = K") == {"binds": "fi", "uses": "K"}
