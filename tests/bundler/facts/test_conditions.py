"""The section "under" of docs/facts.md: under which conditions a call to f stands."""

import textwrap

import pytest


def under(read, source):
    """Conditions of the calls of f, in source order."""
    return [" ".join(row.under) for row in read(textwrap.dedent(source)).calls if row.func == ("name", "f")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("if TYPE_CHECKING: f()\nelse: f()", ["type-checking", ""]),
        ("if typing.TYPE_CHECKING: f()\nelif a: f()\nelse: f()", ["type-checking", "if", "if"]),
        ("if not TYPE_CHECKING: f()\nelse: f()", ["", "type-checking"]),
        ("if TYPE_CHECKING and a: f()\nelse: f()", ["type-checking", "if"]),
        ("if a and (b and TYPE_CHECKING): f()", ["type-checking"]),
        ("if a or TYPE_CHECKING: f()", ["if"]),
        ("if a: f()\nelif TYPE_CHECKING: f()\nelse: f()", ["if", "type-checking if", "if"]),
        ("if __name__ == '__main__': f()\nelse: f()", ["main-guard", "if"]),
        ("if '__main__' == __name__ and a: f()", ["main-guard"]),
        ("if __name__ != '__main__': f()", ["if"]),
        ("if TYPE_CHECKING and __name__ == '__main__': f()", ["type-checking main-guard"]),
        ("if f(): pass\nelif f(): pass", ["", "if"]),
        ("for x in f(): f()\nelse: f()", ["", "loop", "loop"]),
        ("while f(): f()\nelse: f()", ["", "loop", "loop"]),
        ("try: f()\nexcept f(): f()\nelse: f()\nfinally: f()", ["try", "", "handler", "if", ""]),
        ("try: f()\nfinally: f()", ["", ""]),
        ("try: f()\nexcept ImportError: pass", ["try try-import"]),
        ("try: f()\nexcept (KeyError, builtins.ModuleNotFoundError): pass", ["try try-import"]),
        ("try: f()\nexcept KeyError: pass\nexcept: pass", ["try try-import"]),
        ("try: f()\nexcept* Exception: pass", ["try try-import"]),
        ("with suppress(ImportError): f()", ["try try-import"]),
        ("with a, contextlib.suppress(KeyError, ImportError) as b: f()", ["try try-import"]),
        ("with suppress(KeyError): f()", [""]),
        ("with f(): f()", ["", ""]),
        ("match f():\n    case f() if f(): f()", ["", "", "if"]),
        ("if a:\n    for x in y:\n        try: f()\n        except E: f()", ["if loop try", "if loop handler"]),
        ("raise f()\nf()", ["", "exit"]),
        ("sys.exit(f())\nf()", ["", "exit"]),
        ("os._exit(0)\nf()", ["exit"]),
        ("exit()\nf()", ["exit"]),
        ("x = exit()\nf()", [""]),
        ("a.sys.exit()\nf()", [""]),
        ("if a:\n    quit()\nf()", ["exit"]),
        ("def g():\n    if a: return f()\n    f()\nf()", ["if", "exit", ""]),
        ("raise a\ndef g(x=f()):\n    f()", ["exit", ""]),
        ("if a:\n    def g(x=f()): f()\n    class A(f()): f()\n    x = lambda y=f(): f()", ["if", "", "if", "if", "if", ""]),
        ("class A:\n    raise a\nf()", ["exit"]),
        ("def g():\n    class A:\n        return\n    f()", ["exit"]),
    ],
)
def test_conditions_are_those_of_the_page(read, source, expected):
    assert under(read, source) == expected


def test_scopes_statements_imports_and_bindings_stand_under_conditions_too(read):
    facts = read("if a:\n    import b\n    x = 1\n    def f():\n        def g(): pass\n")
    assert [row.under for row in (facts.imports[0], facts.bindings[0], facts.scopes[1], facts.statements[1])] == [("if",)] * 4
    assert facts.scopes[2].under == ()
