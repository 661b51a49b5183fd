import ast

import pytest

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.lexical import scan


def comments(text):
    return [(comment.text, comment.line, comment.column) for comment in scan(text, "m.py").comments]


def test_comments_are_found_outside_strings_only():
    assert comments("x = '#no'  # yes\n'''\n#no\n'''\n#é\n") == [("# yes", 1, 11), ("#é", 5, 0)]


def test_escaped_quotes_end_no_string():
    assert comments(r"""x = 'a\'#no' #yes""") == [("#yes", 1, 13)]
    assert comments(r"""x = r'a\'#no' #yes""") == [("#yes", 1, 14)]
    assert comments('''x = """a""\\"""" #yes''') == [("#yes", 1, 16)]


def test_fields_of_f_strings_are_code():
    assert comments("f'{a}#no' #yes") == [("#yes", 1, 10)]
    assert comments("f'''{\na #field\n}#no''' #yes") == [("#field", 2, 2), ("#yes", 3, 8)]
    assert comments("f'{{#no' #yes") == [("#yes", 1, 9)]
    assert comments("f'{a:#>{w}}' #yes") == [("#yes", 1, 13)]
    assert comments('f"{d["#no"]}" #yes') == [("#yes", 1, 14)]
    assert comments(r"f'\N{NUMBER SIGN}#no' #yes") == [("#yes", 1, 22)]
    assert comments("if'#no': #yes") == [("#yes", 1, 9)]


def test_continued_lines_and_keywords_before_quotes_are_read():
    assert comments("x = 1 + \\\n  2 #a\nprint'#no'") == [("#a", 2, 4)]


@pytest.mark.parametrize("opening", ["(", "[", "{", "f'{"])
def test_more_than_200_open_brackets_are_refused_with_their_line(opening):
    closing = {"(": ")", "[": "]", "{": "}", "f'{": "}'"}[opening]
    scan("x = \\\n" + opening * 200 + closing * 200, "m.py")
    with pytest.raises(SourceError, match="200 brackets") as caught:
        scan("x = \\\n" + opening * 201 + closing * 201, "m.py")
    assert caught.value.line == 2


def test_brackets_in_strings_and_comments_do_not_count():
    scan("x = '" + "(" * 300 + "' #" + "[" * 300 + "\n" + '"""' + "{" * 300 + '"""', "m.py")


def test_more_than_99_levels_of_indentation_are_refused_as_python_does():
    def nested(levels):
        return "".join(" " * level + "if x:\n" for level in range(levels)) + " " * levels + "pass\n"

    compile(nested(99), "m.py", "exec", ast.PyCF_ONLY_AST)
    scan(nested(99), "m.py")
    with pytest.raises(IndentationError):
        compile(nested(100), "m.py", "exec", ast.PyCF_ONLY_AST)
    with pytest.raises(SourceError, match="99 levels") as caught:
        scan(nested(100), "m.py")
    assert caught.value.line == 101


def test_lines_within_brackets_and_blank_lines_have_no_indentation():
    scan(
        "x = (\n"
        + "".join(" " * width + "1 +\n" for width in range(150))
        + "1)\n"
        + "".join(" " * width + "\n" for width in range(150)),
        "m.py",
    )


def test_malformed_text_ends_the_scan_without_an_error():
    for text in ("'", "'''", "f'{", "f'{a:", ")", "\\", "f'\n'", "x = 'a\n#c"):
        scan(text, "m.py")


def test_the_93rd_open_bracket_needs_a_newer_python():
    assert scan("x = " + "(" * 92 + "1" + ")" * 92, "m.py").deep_brackets_line == 0
    assert scan("x = \\\n" + "(" * 93 + "1" + ")" * 93, "m.py").deep_brackets_line == 2


@pytest.mark.parametrize(
    "chain",
    [
        lambda n: " + ".join("a" * n),
        lambda n: "a" + ".b" * n,
        lambda n: "a" + "()" * n,
        lambda n: "(\n" + " and\n".join("a" * n) + ")",
        lambda n: "f'{" + "-".join("a" * n) + "}'",
        lambda n: "(" + "a + " * (n // 2) + "(" + "a + " * (n // 2) + "a))",
    ],
    ids=["sum", "attribute", "call", "lines", "field", "brackets"],
)
def test_chains_over_6000_operators_are_refused(chain):
    scan("x = " + chain(5_900), "m.py")
    with pytest.raises(SourceError, match="6000 operators"):
        scan("x = " + chain(6_100), "m.py")


@pytest.mark.parametrize(
    "chain",
    [
        lambda n: "lambda: " * n + "a",
        lambda n: "lambda a, b: " * n + "a",
        lambda n: "a if b else " * n + "a",
        lambda n: "a ** " * n + "a",
        lambda n: "- " * n + "a",
        lambda n: "-" * n + "a",
        lambda n: "not " * n + "a",
    ],
    ids=["lambda", "parameters", "if", "power", "minus", "minuses", "not"],
)
def test_chains_that_nest_to_the_right_are_refused_earlier(chain):
    scan("x = " + chain(1_900), "m.py")
    with pytest.raises(SourceError, match="2000 that nest"):
        scan("\nx = " + chain(2_100), "m.py")


def test_long_displays_sums_of_powers_and_many_lines_are_no_chains():
    scan("x = [" + "a + b, " * 20_000 + "]", "m.py")
    scan("x = " + " + ".join(["a ** 2"] * 2_500), "m.py")
    scan("x = " + " and ".join(["not a"] * 2_500), "m.py")
    scan("if a: b = c + d\n" * 20_000, "m.py")
    scan("x = [" + "lambda a, b: c, " * 5_000 + "]", "m.py")
    scan("x = {" + "a: lambda: b if c else d,\n" * 5_000 + "}", "m.py")


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("match a:\n    case " + "{1: " * 11 + "b" + "}" * 11 + ": pass\n", "10 brackets are open at once in a case", 2),
        ("if a: b\n" + "elif a: b\n" * 3_001, "3000 branches of one if", 3_002),
    ],
    ids=["patterns", "elif"],
)
def test_what_takes_libcst_minutes_is_refused(text, words, line):
    with pytest.raises(SourceError, match=words) as caught:
        scan(text, "m.py")
    assert caught.value.line == line


def test_names_and_other_ifs_are_not_taken_for_cases_and_branches():
    scan("case = " + "[" * 20 + "]" * 20 + "\n", "m.py")
    scan("if a:\n    if b: c\n    elif d: e\nelif f: g\n" * 2_000, "m.py")
