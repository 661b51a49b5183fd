"""Where the syntax of a module runs methods that nobody names: attributes read, operators, subscripts, texts made of objects.

Facts say calls and targets; what an expression does besides is read from the module's syntax tree, which is made only where a
class or module at hand does something when it is read (`implicit`).
"""

from __future__ import annotations

import ast
import warnings
from collections import defaultdict
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clustrix_bundle.bundler.facts.model import Expr
    from clustrix_bundle.bundler.slicing.names import ModuleNames

_UNKNOWN: Expr = ("?",)

_OPERATORS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "matmul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitXor: "xor",
    ast.BitOr: "or",
}
_COMPARISONS = {ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}
_REFLECTED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}
_SIGNS = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}
_TRUTH = ("__bool__", "__len__")
_ITERATION = ("__iter__", "__next__", "__aiter__", "__anext__", "__getitem__")
_TEXT = ("__format__", "__str__", "__repr__")
_BUILTINS = {
    **dict.fromkeys(("str", "print", "format", "ascii", "repr"), _TEXT),
    **dict.fromkeys(
        ("list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all", "enumerate", "zip", "map"),
        (*_ITERATION, "__len__", "__eq__", "__lt__", "__gt__", "__add__", "__radd__", "__hash__", "__bool__", "keys"),
    ),
    **dict.fromkeys(("iter", "next", "filter", "reversed"), (*_ITERATION, "__reversed__", "__len__")),
    **dict.fromkeys(("int", "float", "complex", "range", "bin", "hex", "oct", "chr"), ("__int__", "__index__", "__float__")),
    **dict.fromkeys(("round", "divmod", "pow", "abs"), ("__round__", "__divmod__", "__pow__", "__abs__")),
    "len": ("__len__",),
    "bool": _TRUTH,
    "hash": ("__hash__",),
    "dir": ("__dir__",),
    "bytes": ("__bytes__",),
    "isinstance": ("__instancecheck__",),
    "issubclass": ("__subclasscheck__",),
}
_COPIES = {
    "copy": ("__copy__", "__reduce_ex__", "__reduce__", "__getstate__"),
    "deepcopy": ("__deepcopy__", "__reduce_ex__", "__reduce__", "__getstate__"),
    "dumps": ("__reduce_ex__", "__reduce__", "__getstate__"),
    "dump": ("__reduce_ex__", "__reduce__", "__getstate__"),
    "replace": ("__replace__",),
    "fspath": ("__fspath__",),
}

METHODS = frozenset(
    {
        *(f"__{side}{name}__" for name in _OPERATORS.values() for side in ("", "r")),
        *(f"__{name}__" for name in (*_COMPARISONS.values(), *_SIGNS.values(), "contains", "await", "get", "missing")),
        *(f"__{name}__" for name in ("getattr", "getattribute", "delattr", "delitem", "delete", "class_getitem", "set_name")),
        *(name for names in (*_BUILTINS.values(), *_COPIES.values()) for name in names),
    }
    - {"keys"}
)
"""Methods that something other than a call of their name runs, when an object is read."""


@dataclass(frozen=True, slots=True)
class Read:
    """Something read by syntax.

    Attributes:
        attribute: The attribute that is read or deleted; empty for an operator.
        methods: Methods that are run, of whichever operand has them.
        node: What it is read of, in the syntax tree.
        operands: The other operands.
    """

    scope: int
    statement: int
    line: int
    attribute: str
    methods: tuple[str, ...]
    node: ast.AST
    operands: tuple[ast.AST, ...] = ()

    @property
    def receiver(self) -> Expr:
        """What it is read of, as facts write it."""
        return expression(self.node)

    @property
    def others(self) -> tuple[Expr, ...]:
        """The other operands, likewise."""
        return tuple(map(expression, self.operands))


@dataclass(frozen=True, slots=True)
class Deletion:
    """A target of ``del``."""

    statement: int
    line: int
    target: Expr


@dataclass(frozen=True, slots=True)
class Syntax:
    """What facts do not say of a module's code.

    Attributes:
        reads: What is read, by the scope that it stands in.
        deletions: What is deleted, by scope.
        generators: Names that are given a generator expression, with their scopes.
        indirect: What is called that is neither a name nor an attribute, with its statement and arguments, by
            scope: ``TABLE[name]()``.
    """

    reads: dict[int, list[Read]]
    deletions: dict[int, list[Deletion]]
    generators: frozenset[tuple[int, str]]
    indirect: dict[int, list[tuple[int, Expr, tuple[Expr, ...]]]]


def read_syntax(names: ModuleNames) -> Syntax:
    """The syntax of a module; nothing where this Python can't parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(names.module.source)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return Syntax({}, {}, frozenset(), {})
    found: dict[int, list[Read]] = defaultdict(list)
    deletions: dict[int, list[Deletion]] = defaultdict(list)
    generators: set[tuple[int, str]] = set()
    indirect: dict[int, list[tuple[int, Expr, tuple[Expr, ...]]]] = defaultdict(list)
    scopes = _scopes(names, tree)
    statements = _Statements(names)
    pending: list[tuple[ast.AST, int]] = [(node, 0) for node in tree.body]
    while pending:
        node, scope = pending.pop()
        kind = type(node)
        if kind in _ACTING:
            for methods, attribute, receiver, others in _run_by(node):
                place = node if kind is not ast.comprehension else receiver  # a comprehension's `for` has no place of its own
                at = statements.at(place) if scope == 0 else names.facts.scopes[scope].statement
                found[scope].append(Read(scope, at, place.lineno, attribute, methods, receiver, others))  # type: ignore[attr-defined]
        if kind is ast.Delete:
            at = statements.at(node) if scope == 0 else names.facts.scopes[scope].statement
            deletions[scope] += [Deletion(at, node.lineno, expression(target)) for target in node.targets]  # type: ignore[attr-defined]
        elif isinstance(node, (ast.Assign, ast.NamedExpr)) and isinstance(node.value, ast.GeneratorExp):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            generators |= {(scope, target.id) for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Subscript, ast.Call)):
            at = statements.at(node) if scope == 0 else names.facts.scopes[scope].statement
            indirect[scope].append((at, expression(node.func), tuple(map(expression, node.args))))
        if node in scopes:
            body = node.body if isinstance(node.body, list) else [node.body]  # type: ignore[attr-defined]
            pending += [(child, scopes[node]) for child in body]
            pending += [(child, scope) for child in ast.iter_child_nodes(node) if child not in body]
        else:
            for field in node._fields:
                value = getattr(node, field, None)
                if isinstance(value, list):
                    pending += [(child, scope) for child in value if isinstance(child, ast.AST)]
                elif isinstance(value, ast.AST):
                    pending.append((value, scope))
    return Syntax(found, deletions, frozenset(generators), indirect)


def _scopes(names: ModuleNames, tree: ast.Module) -> dict[ast.AST, int]:
    """The scope that each definition and lambda opens."""
    by_place = {(scope.line, scope.name): number for number, scope in enumerate(names.facts.scopes) if scope.kind != "lambda"}
    lambdas = [number for number, scope in enumerate(names.facts.scopes) if scope.kind == "lambda"]
    found: dict[ast.AST, int] = {}
    nodes = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            number = by_place.get((node.lineno, node.name))
            if number is not None:
                found[node] = number
        elif isinstance(node, ast.Lambda):
            nodes.append(node)
    nodes.sort(key=lambda node: (node.lineno, node.col_offset))
    if len(nodes) == len(lambdas):  # both in the order of the source
        found.update(zip(nodes, lambdas, strict=True))
    return found


class _Statements:
    """The innermost statements of a module by position."""

    def __init__(self, names: ModuleNames) -> None:
        self._statements = names.facts.statements
        self._by_line: dict[int, list[int]] = defaultdict(list)
        for number, statement in enumerate(self._statements):
            for line in range(statement.first_line, statement.end_line + 1):
                self._by_line[line].append(number)

    def at(self, node: ast.AST) -> int:
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        here = self._by_line.get(line, [-1])
        starts = [
            number
            for number in here
            if number >= 0 and (self._statements[number].first_line, self._statements[number].column) <= (line, column)
        ]
        inside = [n for n in starts if (line, column) < (self._statements[n].end_line, self._statements[n].end_column)]
        return (inside or starts or here)[-1]


def expression(node: ast.AST) -> Expr:
    """A syntax tree's expression as facts write it, as far as owners are read from it."""
    match node:
        case ast.Name(id=name):
            return ("name", name)
        case ast.Attribute(value=value, attr=name):
            return ("attr", expression(value), name)
        case ast.Subscript(value=value, slice=index):
            return ("index", expression(value), expression(index))
        case ast.Call(func=func, args=args, keywords=keywords):
            return ("call", expression(func), tuple(map(expression, args)), tuple((k.arg, expression(k.value)) for k in keywords))
        case ast.Constant(value=str() as text):
            return ("str", text)
        case ast.Constant():
            return ("const", "None")
        case ast.Starred(value=value) | ast.Await(value=value) | ast.NamedExpr(value=value):
            return expression(value)
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return ("list", tuple(map(expression, items)))
        case ast.BoolOp(values=items):
            return ("either", tuple(map(expression, items)))
        case ast.IfExp(body=first, orelse=second):
            return ("either", (expression(first), expression(second)))
        case _:
            return _UNKNOWN


_ACTING = frozenset(
    {
        *(ast.Attribute, ast.Subscript, ast.BinOp, ast.AugAssign, ast.Compare, ast.UnaryOp, ast.BoolOp, ast.If, ast.While),
        *(ast.IfExp, ast.Assert, ast.FormattedValue, ast.comprehension, ast.For, ast.AsyncFor, ast.Starred, ast.YieldFrom),
        *(ast.Assign, ast.Await, ast.ClassDef, ast.Call, ast.Match),
    }
)
"""Kinds of nodes that `_run_by` knows."""
_Run = tuple[tuple[str, ...], str, ast.AST, tuple[ast.AST, ...]]


def _run_by(node: ast.AST) -> Iterator[_Run]:
    """Methods that a node of the tree runs: their names, the attribute, the receiver and other operands."""
    match node:
        case ast.Attribute(value=value, attr=name, ctx=ast.Load()):
            yield ("__get__", "__getattribute__", "__getattr__"), name, value, ()
        case ast.Attribute(value=value, attr=name, ctx=ast.Del()):
            yield ("__delattr__", "__delete__"), name, value, ()
        case ast.Subscript(value=value, slice=index, ctx=ast.Load()):
            yield ("__getitem__", "__missing__", "__class_getitem__"), "", value, (index,)
        case ast.Subscript(value=value, slice=index, ctx=ast.Del()):
            yield ("__delitem__",), "", value, (index,)
        case ast.BinOp(left=left, op=op, right=right) | ast.AugAssign(target=left, op=op, value=right):
            name = _OPERATORS[type(op)]
            yield (f"__{name}__",), "", left, (right,)
            yield (f"__r{name}__",), "", right, (left,)
        case ast.Compare(left=left, ops=ops, comparators=others):
            for comparison, right in zip(ops, others, strict=True):
                if isinstance(comparison, (ast.In, ast.NotIn)):
                    yield ("__contains__", *_ITERATION, "__eq__"), "", right, (left,)
                elif type(comparison) in _COMPARISONS:
                    name = _COMPARISONS[type(comparison)]
                    yield (f"__{name}__", "__eq__"), "", left, (right,)
                    yield (f"__{_REFLECTED.get(name, name)}__", "__eq__"), "", right, (left,)
                left = right
        case ast.UnaryOp(op=op, operand=operand):
            yield ((f"__{_SIGNS[type(op)]}__",) if type(op) in _SIGNS else _TRUTH), "", operand, ()
        case ast.BoolOp(values=values):
            for value in values:
                yield _TRUTH, "", value, ()
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
            yield _TRUTH, "", test, ()
        case ast.FormattedValue(value=value):
            yield _TEXT, "", value, ()
        case ast.comprehension(iter=value, ifs=tests):
            yield _ITERATION, "", value, ()
            for test in tests:
                yield _TRUTH, "", test, ()
        case ast.For(iter=value) | ast.AsyncFor(iter=value) | ast.Starred(value=value) | ast.YieldFrom(value=value):
            yield _ITERATION, "", value, ()
        case ast.Assign(targets=targets, value=value) if any(isinstance(item, (ast.Tuple, ast.List)) for item in targets):
            yield _ITERATION, "", value, ()
        case ast.Await(value=value):
            yield ("__await__",), "", value, ()
        case ast.ClassDef(body=body):
            for part in body:
                if isinstance(part, ast.Assign):
                    yield ("__set_name__",), "", part.value, ()
        case ast.Call():
            yield from _run_by_call(node)
        case ast.Match(subject=value):
            yield ("__eq__", "__len__", "__getitem__", "__instancecheck__"), "", value, ()


def _run_by_call(call: ast.Call) -> Iterator[_Run]:
    match call.func:
        case ast.Name(id=("getattr" | "hasattr")) if len(call.args) > 1:
            name = call.args[1]
            attribute = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else "*"
            yield ("__get__", "__getattribute__", "__getattr__"), attribute, call.args[0], ()
        case ast.Name(id=name) if name in _BUILTINS:
            for value in call.args:
                yield _BUILTINS[name], "", value, ()
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _COPIES:
            for value in call.args:
                yield _COPIES[name], "", value, ()
        case ast.Attribute(value=value, attr=("join" | "format" | "write")):
            for given in call.args:
                yield (*_ITERATION, *_TEXT), "", given, (value,)
