"""The table "Expressions" of docs/facts.md, row by row."""

import pytest

OPAQUE = ("?",)
A, B, C = ("name", "a"), ("name", "b"), ("name", "c")


def value(read, expression):
    binding = [row for row in read(f"x = {expression}\n").bindings if row.target == ("name", "x")]
    return binding[0].value


@pytest.mark.parametrize(
    ("expression", "form"),
    [
        ("'a' \"b\"", ("str", "ab")),
        ("b'\\xff'", ("bytes", "\xff")),
        ("1_000", ("int", 1000)),
        ("0xff", ("int", 255)),
        ("0o17", ("int", 15)),
        ("00", ("int", 0)),
        ("999999999999999", ("int", 999999999999999)),
        ("1000000000000000", OPAQUE),
        ("None", ("const", "None")),
        ("...", ("const", "...")),
        ("a", A),
        ("a.b", ("attr", A, "b")),
        ("a(b, *c, k=1, **b)", ("call", A, (B, ("star", C)), (("k", ("int", 1)), (None, B)))),
        ("a(b for b in c)", ("call", A, (("comp", B),), ())),
        ("a / b", ("bin", "/", A, B)),
        ("a % b + c", ("bin", "+", ("bin", "%", A, B), C)),
        ("a @ b", OPAQUE),
        ("a ** b", OPAQUE),
        ("-1", ("neg", ("int", 1))),
        ("not a", OPAQUE),
        ("f'x{a}y{b!s}'", ("join", (("str", "x"), A, ("str", "y"), B))),
        ("f'{a!r}{b:>3}{c=}'", ("join", (OPAQUE, OPAQUE, OPAQUE))),
        ("f'{a:}'", ("join", (OPAQUE,))),
        ("f'{{a}}'", ("str", "{a}")),
        ("'a' f'{b}' 'c' 'd'", ("join", (("str", "a"), B, ("str", "cd")))),
        ("a['k']", ("index", A, ("str", "k"))),
        ("a[1, 2]", ("index", A, ("tuple", (("int", 1), ("int", 2))))),
        ("a[1,]", ("index", A, ("tuple", (("int", 1),)))),
        ("a[1:2]", ("index", A, OPAQUE)),
        ("a[1:2, b]", ("index", A, OPAQUE)),
        ("a[(*b, c)]", ("index", A, OPAQUE)),
        ("[a, *b]", ("list", (A, ("star", B)))),
        ("(a,)", ("tuple", (A,))),
        ("()", ("tuple", ())),
        ("{a}", ("set", (A,))),
        ("{a: b, **c}", ("dict", ((A, B), (None, C)))),
        ("a if b else c", ("either", (A, C))),
        ("a or b or c", ("either", (A, B, C))),
        ("a or b and c", ("either", (A, ("either", (B, C))))),
        ("(a or b) or c", ("either", (("either", (A, B)), C))),
        ("a or (b or c)", ("either", (A, ("either", (B, C))))),
        ("[a for b in c]", ("comp", A)),
        ("{a: b for c in c}", ("dictcomp", A, B)),
        ("((a))", A),
        ("(y := a)", A),
        ("lambda: a", OPAQUE),
        ("a < b", OPAQUE),
        ("1.0", OPAQUE),
        ("2j", OPAQUE),
        ("'\\ud800'", ("str", "\ud800")),
        ("ﬁ.ﬁ", ("attr", ("name", "fi"), "fi")),
    ],
)
def test_forms_are_those_of_the_table(read, expression, form):
    assert value(read, expression) == form


def test_await_leaves_no_trace(read):
    facts = read("async def f():\n    x = await a\n")
    assert facts.bindings[0].value == A


def test_a_node_at_depth_24_is_opaque_unless_it_is_a_leaf(read):
    form = value(read, "[" * 24 + "a" + "]" * 24)
    for _ in range(24):
        assert form[0] == "list"
        form = form[1][0]
    assert form == A
    form = value(read, "[" * 25 + "a" + "]" * 25)
    for _ in range(24):
        form = form[1][0]
    assert form == OPAQUE


def test_a_long_chain_is_cut_and_does_not_crash(read):
    form = value(read, " + ".join(["a"] * 1500))
    for _ in range(24):
        assert form[:2] == ("bin", "+")
        form = form[2]
    assert form == OPAQUE


def test_displays_and_arguments_are_cut_after_2048_items(read):
    assert value(read, "[" + "a, " * 2048 + "]") == ("list", (A,) * 2048)
    assert value(read, "[" + "a, " * 2049 + "]") == ("list", (A,) * 2048 + (OPAQUE,))
    assert value(read, "{" + "a: b, " * 2050 + "}") == ("dict", ((A, B),) * 2048 + ((None, OPAQUE),))
    call = read("f(" + "a, " * 2049 + ", ".join(f"k{n}=a" for n in range(2049)) + ")").calls[0]
    assert len(call.args) == len(call.keywords) == 2049
    assert (call.args[-1], call.keywords[-1]) == (OPAQUE, (None, OPAQUE))


def test_strings_over_65536_code_points_are_opaque(read):
    assert value(read, "'" + "a" * 65536 + "'") == ("str", "a" * 65536)
    assert value(read, "'" + "a" * 65537 + "'") == OPAQUE
    assert value(read, "f'" + "a" * 65537 + "{b}'") == ("join", (OPAQUE, B))
