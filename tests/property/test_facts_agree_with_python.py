"""The facts of a module are what Python's own `ast` and `symtable` say of it.

`docs/facts.md` words its rules after Python's: what a name means, where a statement starts and ends, what a literal is worth. Here
the standard library's modules are read both ways.
"""

import ast
import copy
import random
import symtable
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import pytest

from clustrix_bundle.bundler.facts.decode import decode_source
from clustrix_bundle.bundler.facts.extract import extract_facts

LIBRARY = Path(sysconfig.get_path("stdlib"))
MODULES = sorted(
    (
        path
        for folder in (
            ".",
            "asyncio",
            "collections",
            "email",
            "importlib",
            "json",
            "logging",
            "multiprocessing",
            "unittest",
            "xml/dom",
        )
        for path in (LIBRARY / folder).glob("*.py")
        if path.stat().st_size < 16_000
    ),
    key=lambda path: path.relative_to(LIBRARY).as_posix(),
)
SAMPLE = random.Random(20).sample(MODULES, min(64, len(MODULES)))


@pytest.fixture(autouse=True)
def _libcst(monkeypatch):
    monkeypatch.setenv("CLUSTRIX_EXTRACTOR", "libcst")


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_facts_of_the_standard_library_are_what_python_says(path):
    check_module(path.read_bytes(), str(path))


def check_module(source, path):
    facts = extract_facts(source, path)
    text = decode_source(source, path)
    tree = ast.parse(text)
    lines = text.split("\n")
    exact_lines = sys.version_info >= (3, 12) or not any(isinstance(node, ast.JoinedStr) for node in ast.walk(tree))
    assert scope_rows(facts) == expected_scopes(tree)
    assert [statement_row(row) for row in facts.statements] == expected_statements(tree, lines)
    assert sorted(import_row(row) for row in facts.imports) == sorted(expected_imports(tree))
    assert counted(facts.calls, exact_lines, lambda row: (row.func, row.args, row.keywords)) == expected_calls(tree, exact_lines)
    assert counted(facts.bindings, exact_lines, lambda row: (row.kind, row.target, row.value)) == expected_bindings(
        tree, exact_lines
    )
    assert {text.value for text in facts.texts} == expected_texts(tree)
    for row, node in zip(facts.statements, module_statements(tree), strict=True):
        expected = expected_names(node[0])
        for key, names in expected.items():
            assert set(getattr(row, key)) - {"__class__", "*"} == names, (path, row.line, key)


# Scopes, statements, imports


def scope_rows(facts):
    return [
        (
            row.kind,
            row.name,
            row.line,
            row.first_line,
            row.end_line,
            tuple((p.name, p.kind) for p in row.parameters),
            row.generator,
        )
        for row in facts.scopes[1:]
    ]


def expected_scopes(tree):
    kinds = {ast.FunctionDef: "function", ast.AsyncFunctionDef: "async", ast.ClassDef: "class", ast.Lambda: "lambda"}
    nodes = sorted((node for node in ast.walk(tree) if type(node) in kinds), key=lambda node: (node.lineno, node.col_offset))
    rows = []
    for node in nodes:
        decorators = getattr(node, "decorator_list", [])
        # ast's decorators start after the "@", which stands on the same line in any readable source
        first = decorators[0].lineno if decorators else node.lineno
        parameters = expected_parameters(node.args) if hasattr(node, "args") else ()
        name = getattr(node, "name", "<lambda>")
        rows.append((kinds[type(node)], name, node.lineno, first, node.end_lineno, parameters, yields(node)))
    return rows


def expected_parameters(args):
    listed = [(a, "positional") for a in args.posonlyargs] + [(a, "either") for a in args.args]
    listed += [(args.vararg, "star")] if args.vararg else []
    listed += [(a, "keyword") for a in args.kwonlyargs]
    listed += [(args.kwarg, "dstar")] if args.kwarg else []
    return tuple((a.arg, kind) for a, kind in listed)


def yields(scope):
    body = scope.body if isinstance(scope.body, list) else [scope.body]
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting += node.decorator_list
            continue
        if not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return False


KINDS = {
    ast.Import: "import", ast.ImportFrom: "import", ast.FunctionDef: "def", ast.AsyncFunctionDef: "def", ast.ClassDef: "class",
    ast.Assign: "assign", ast.AnnAssign: "assign", ast.AugAssign: "aug", ast.Expr: "expr", ast.If: "if", ast.For: "for",
    ast.While: "while", ast.Try: "try", ast.With: "with", ast.Match: "match", ast.Delete: "del", ast.Pass: "pass",
    ast.Raise: "raise", ast.Assert: "assert", ast.Global: "global",
}  # fmt: skip


def module_statements(tree):
    """Every statement executed at module level, with the index of its parent and its branch."""
    found = []

    def read(statements, parent, branch):
        for node in statements:
            index = len(found)
            found.append((node, parent, branch))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                continue
            read(getattr(node, "body", []), index, "body")
            for handler in getattr(node, "handlers", []):
                read(handler.body, index, "handler")
            for case in getattr(node, "cases", []):
                read(case.body, index, "case")
            read(getattr(node, "orelse", []), index, "orelse")
            read(getattr(node, "finalbody", []), index, "finalbody")

    read(tree.body, -1, "")
    return found


def expected_statements(tree, lines):
    def column(line, offset):
        return len(lines[line - 1].encode()[:offset].decode())

    return [
        (
            parent,
            branch,
            KINDS.get(type(node), "other"),
            node.lineno,
            column(node.lineno, node.col_offset),
            node.end_lineno,
            column(node.end_lineno, node.end_col_offset),
        )
        for node, parent, branch in module_statements(tree)
    ]


def statement_row(row):
    return (row.parent, row.branch, row.kind, row.line, row.column, row.end_line, row.end_column)


def import_row(row):
    return (row.line, row.module, row.level, row.name or "", row.asname or "")


def expected_imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.lineno, alias.name, 0, "", alias.asname or "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield (alias.lineno, node.module or "", node.level, alias.name, alias.asname or "")


# Expressions


def counted(rows, exact_lines, key):
    return Counter((row.line if exact_lines else 0, key(row)) for row in rows)


OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.BitOr: "|",
}  # fmt: skip
OPAQUE = ("?",)


def form(node, depth=0):
    """The table of docs/facts.md, over Python's own tree."""
    if isinstance(node, ast.Constant):
        return constant(node.value)
    if isinstance(node, ast.Name):
        return ("name", node.id)
    if isinstance(node, ast.Await):
        return form(node.value, depth)
    if isinstance(node, ast.NamedExpr):
        return form(node.value, depth)
    if isinstance(node, ast.JoinedStr) and all(isinstance(value, ast.Constant) for value in node.values):
        return ("str", "".join(value.value for value in node.values))
    if depth >= 24:
        return OPAQUE

    def below(child):
        return form(child, depth + 1)

    match node:
        case ast.Attribute(value, attr):
            return ("attr", below(value), attr)
        case ast.Call(func, args, keywords):
            return (
                "call",
                below(func),
                tuple(map(below, args)),
                tuple((keyword.arg, below(keyword.value)) for keyword in keywords),
            )
        case ast.Starred(value):
            return ("star", below(value))
        case ast.BinOp(left, op, right) if type(op) in OPERATORS:
            return ("bin", OPERATORS[type(op)], below(left), below(right))
        case ast.UnaryOp(ast.USub(), operand):
            return ("neg", below(operand))
        case ast.JoinedStr(values):
            return ("join", tuple(map(below, values)))
        case ast.FormattedValue(value, conversion, None) if conversion in {-1, ord("s")}:
            return form(value, depth)
        case ast.Subscript(value, index):
            sliced = isinstance(index, ast.Slice) or (
                isinstance(index, ast.Tuple) and any(isinstance(item, (ast.Slice, ast.Starred)) for item in index.elts)
            )
            return ("index", below(value), OPAQUE if sliced else below(index))
        case ast.List(elts) | ast.Tuple(elts) | ast.Set(elts):
            return (
                type(node).__name__.lower(),
                tuple(map(below, elts)) if len(elts) <= 2048 else (*map(below, elts[:2048]), OPAQUE),
            )
        case ast.Dict(keys, values):
            rows = [(None if key is None else below(key), below(value)) for key, value in zip(keys, values, strict=True)]
            return ("dict", tuple(rows) if len(rows) <= 2048 else (*rows[:2048], (None, OPAQUE)))
        case ast.IfExp(_, body, orelse):
            return ("either", (below(body), below(orelse)))
        case ast.BoolOp(_, values):
            return ("either", tuple(map(below, values)))
        case ast.ListComp(elt) | ast.SetComp(elt) | ast.GeneratorExp(elt):
            return ("comp", below(elt))
        case ast.DictComp(key, value):
            return ("dictcomp", below(key), below(value))
    return OPAQUE


def constant(value):
    if value is None or value is ... or isinstance(value, bool):
        return ("const", "..." if value is ... else str(value))
    if isinstance(value, int):
        return ("int", value) if value < 10**15 else OPAQUE
    if isinstance(value, str):
        return ("str", value) if len(value) <= 65536 else OPAQUE
    if isinstance(value, bytes):
        return ("bytes", value.decode("latin-1")) if len(value) <= 65536 else OPAQUE
    return OPAQUE


def expected_calls(tree, exact_lines):
    rows = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and form(node.func)[0] in {"name", "attr"}:
            keywords = tuple((keyword.arg, form(keyword.value)) for keyword in node.keywords)
            rows[node.lineno if exact_lines else 0, (form(node.func), tuple(map(form, node.args)), keywords)] += 1
    return rows


def expected_bindings(tree, exact_lines):
    rows = Counter()

    def add(line, kind, target, value):
        rows[line if exact_lines else 0, (kind, target, value)] += 1

    def bind(kind, target, value, times=0):
        if isinstance(target, (ast.Tuple, ast.List)):
            items = target.elts
            paired = (
                not times
                and isinstance(value, (ast.Tuple, ast.List))
                and len(value.elts) == len(items)
                and not any(isinstance(item, ast.Starred) for item in [*items, *value.elts])
            )
            for number, item in enumerate(items):
                item = item.value if isinstance(item, ast.Starred) else item
                if paired:
                    bind(kind, item, value.elts[number])
                else:
                    bind(kind, item, value, times + 1)
            return
        given = form(value, times)
        for _ in range(times):
            given = ("each", given)
        add(target.lineno, kind, form(target), given)

    def captured(node):
        names = [getattr(node, "name", None), getattr(node, "rest", None)]
        for name in filter(None, names):
            add(node.lineno, "assign", ("name", name), OPAQUE)

    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets, value):
                for target in targets:
                    bind("assign", target, value)
            case ast.AnnAssign(target, _, value) if value is not None:
                bind("assign", target, value)
            case ast.AugAssign(target, op, value):
                known = OPERATORS.get(type(op))
                add(target.lineno, "aug", form(target), ("bin", known, form(target, 1), form(value, 1)) if known else OPAQUE)
            case ast.For(target, iterable) | ast.AsyncFor(target, iterable):
                bind("for", target, iterable, 1)
            case ast.comprehension(target, iterable):
                bind("comp", target, iterable, 1)
            case ast.withitem(expression, target) if target is not None:
                bind("with", target, expression)
            case ast.NamedExpr(target, value):
                bind("walrus", target, value)
            case ast.ExceptHandler(caught, name) if name is not None:
                rows[caught.end_lineno if exact_lines else 0, ("except", ("name", name), OPAQUE)] += 1
            case ast.Lambda(_, body):
                add(body.lineno, "return", ("return",), form(body))
            case ast.Return(value) if value is not None:
                add(node.lineno, "return", ("return",), form(value))
            case ast.Yield(value) if value is not None:
                add(node.lineno, "yield", ("yield",), form(value))
            case ast.YieldFrom(value):
                add(node.lineno, "yield", ("yield",), ("each", form(value, 1)))
            case ast.MatchAs() | ast.MatchStar() | ast.MatchMapping():
                captured(node)
    return rows


def expected_texts(tree):
    literal_parts = {
        id(value)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for value in node.values
        if isinstance(value, ast.Constant)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in literal_parts
        and 0 < len(node.value) <= 256
        and not set(node.value) & set("\n\r\0")
    }


# Names


def expected_names(node):
    """What `symtable` says of the names in one statement, read as a module of its own."""
    header = ReadingFirst().visit(bare(copy.deepcopy(node)))
    table = symtable.symtable(ast.unparse(ast.fix_missing_locations(ast.Module([header], []))), "statement", "exec")
    names = {key: set() for key in ("uses", "deferred", "binds", "global_binds", "deletes")}
    for symbol in table.get_symbols():
        if symbol.is_referenced():
            names["uses"].add(symbol.get_name())
        if symbol.is_assigned() or symbol.is_imported():
            names["binds"].add(symbol.get_name())
    for child in table.get_children():
        add_names(child, names, "", deferred=False)
    if isinstance(header, ast.AnnAssign) and header.value is None and isinstance(header.target, ast.Name):
        names["binds"].discard(header.target.id)
    if isinstance(header, ast.Delete):
        names["deletes"], names["binds"] = names["binds"], set()
    return {key: value - {"__class__"} for key, value in names.items()}


class ReadingFirst(ast.NodeTransformer):
    """`symtable` forgets that ``x += 1`` reads ``x``."""

    def visit_AugAssign(self, node):
        read = copy.deepcopy(node.target)
        read.ctx = ast.Load()
        return ast.Assign([node.target], ast.Tuple([read, node.value], ast.Load()))


def bare(node):
    """The statement without the blocks in it, which are statements of their own."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node
    fields = {name: value for name, value in ast.iter_fields(node)}
    if "body" in fields:
        fields["body"] = [ast.Pass()]
    for name in ("orelse", "finalbody"):
        if name in fields:
            fields[name] = []
    if "handlers" in fields:
        fields["handlers"] = [ast.ExceptHandler(handler.type, handler.name, [ast.Pass()]) for handler in fields["handlers"]]
        fields["finalbody"] = [ast.Pass()]
    if "cases" in fields:
        fields["cases"] = [ast.match_case(case.pattern, case.guard, [ast.Pass()]) for case in fields["cases"]]
    return type(node)(**fields)


def add_names(table, names, class_name, *, deferred):
    is_class = table.get_type() == "class"
    comprehension = table.get_name() in {"listcomp", "setcomp", "dictcomp", "genexpr"}
    deferred = deferred or not (is_class or comprehension)
    class_name = table.get_name() if is_class else class_name
    for symbol in table.get_symbols():
        name = unmangled(symbol.get_name(), class_name)
        bound = symbol.is_parameter() or symbol.is_assigned() or symbol.is_imported()
        # `is_global` takes any function called "top" for the module
        is_global = symbol.is_declared_global() or (symbol.is_global() and not bound)
        if symbol.is_referenced() and (is_global or (is_class and symbol.is_local())):
            names["deferred" if deferred else "uses"].add(name)
        if symbol.is_declared_global() and bound:
            names["global_binds" if deferred else "binds"].add(name)
    for child in table.get_children():
        add_names(child, names, class_name, deferred=deferred)


def unmangled(name, class_name):
    prefix = "_" + class_name.lstrip("_")
    return name[len(prefix) :] if class_name and name.startswith(prefix + "__") else name
