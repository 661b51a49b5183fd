"""What the walk notes in expressions: names read, calls, strings, lambdas, comprehensions, and syntax of newer Pythons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst
from clustrix_bundle.bundler.facts import model
from clustrix_bundle.bundler.facts.expressions import (
    MAX_DEPTH,
    arguments,
    concatenated_parts,
    form,
    identifier,
    is_constant,
    is_display,
    root_name,
    strings,
)
from clustrix_bundle.bundler.facts.literals import literal_value
from clustrix_bundle.bundler.facts.targets import Value, bind
from clustrix_bundle.bundler.facts.walk import ScopeDraft, Visitors, Walk

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.naming import Names

_PARTS: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.Ellipsis: (),
    cst.Integer: (),
    cst.Float: (),
    cst.Imaginary: (),
    cst.Comparison: ("left", "comparisons"),
    cst.ComparisonTarget: ("comparator",),
    cst.UnaryOperation: ("expression",),
    cst.BinaryOperation: ("left", "right"),
    cst.BooleanOperation: ("left", "right"),
    cst.Attribute: ("value",),
    cst.Slice: ("lower", "upper", "step"),
    cst.SubscriptElement: ("slice",),
    cst.Subscript: ("value", "slice"),
    cst.Annotation: ("annotation",),
    cst.Arg: ("value",),
    cst.Await: ("expression",),
    cst.IfExp: ("body", "test", "orelse"),
    cst.Element: ("value",),
    cst.DictElement: ("key", "value"),
    cst.StarredElement: ("value",),
    cst.StarredDictElement: ("value",),
    cst.Tuple: ("elements",),
    cst.List: ("elements",),
    cst.Set: ("elements",),
    cst.Dict: ("elements",),
    cst.FormattedStringText: (),
    cst.TemplatedStringText: (),
}
"""Nodes that say nothing themselves, with the fields to read, in source order."""


def _visit_parts(walk: Walk, node: cst.CSTNode) -> None:
    """Reads the fields of a node that says nothing itself."""
    for name in _PARTS[type(node)]:
        part = getattr(node, name)
        if isinstance(part, (list, tuple)):
            for item in part:
                walk.visit(item)
        elif part is not None:
            walk.visit(part)


def _visit_name(walk: Walk, node: cst.Name) -> None:
    if not is_constant(node):
        walk.reads(identifier(node))


def _visit_string(walk: Walk, node: cst.SimpleString) -> None:
    tag, value = literal_value(node.value)
    if tag == "str":
        walk.text(value, walk.line(node))


def _visit_concatenation(walk: Walk, node: cst.ConcatenatedString) -> None:
    """One string where all its tokens are; f-strings and t-strings among them make it none."""
    tokens = concatenated_parts(node)
    if all(isinstance(token, cst.SimpleString) for token in tokens):
        value = strings(node, MAX_DEPTH)
        if value[0] == "str":
            walk.text(value[1], walk.line(node))
        return
    for token in tokens:
        if not isinstance(token, cst.SimpleString):
            walk.visit(token)


def _visit_template(walk: Walk, node: cst.FormattedString | cst.TemplatedString) -> None:
    if isinstance(node, cst.TemplatedString):
        walk.feature("template_string", walk.line(node))
    for part in node.parts:
        if isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
            _visit_field(walk, part, node.end)


def _visit_field(walk: Walk, node: cst.FormattedStringExpression | cst.TemplatedStringExpression, quote: str) -> None:
    line = walk.line(node)
    if node.equal is not None:
        walk.feature("fstring_equals", line)
    if _needs_nesting(walk, node, quote):
        walk.feature("fstring_nesting", line)
    walk.visit(node.expression)
    for part in node.format_spec or ():
        if isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
            _visit_field(walk, part, quote)


def _needs_nesting(walk: Walk, node: cst.FormattedStringExpression | cst.TemplatedStringExpression, quote: str) -> bool:
    """Whether only Python 3.12 and later read the field (PEP 701); what its format spec says does not count."""
    positions = walk.positions
    start, end = positions.start_offset(node), positions.end_offset(node)
    if node.format_spec:
        end = positions.start_offset(node.format_spec[0])
    code = positions.code[start:end]
    if quote in code or "\\" in code or ("\n" in code and len(quote) == 1):
        return True
    first, last = positions.start(node), positions.place(end)
    return "#" in code and any(first <= (comment.line, comment.column) < last for comment in walk.lexical.comments)


def _visit_call(walk: Walk, node: cst.Call) -> None:
    func = form(node.func)
    if func[0] in {"name", "attr"}:
        args, keywords = arguments(node.args)
        walk.calls.append(model.Call(func, args, keywords, walk.scope, walk.statement, walk.line(node), walk.under()))
    if isinstance(node.func, cst.Attribute):
        walk.mutates(root_name(node.func.value))
    walk.visit(node.func)
    for arg in node.args:
        walk.mutates(root_name(arg.value))
        walk.visit(arg.value)


def _visit_index(walk: Walk, node: cst.Index) -> None:
    if node.star:
        walk.feature("star_index", walk.line(node))
    walk.visit(node.value)


def _visit_lambda(walk: Walk, node: cst.Lambda) -> None:
    index = len(walk.scopes)
    line, end_line = walk.line(node), walk.positions.end(node)[0]
    draft = ScopeDraft("lambda", "<lambda>", walk.scope, line, line, end_line, statement=walk.statement, under=walk.under())
    walk.scopes.append(draft)
    draft.parameters = visit_parameters(walk, node.params)
    names = walk.new_names("function")
    names.local.update(parameter.name for parameter in draft.parameters)
    names.assigned.update(names.local)
    with walk.entering(index, names):
        walk.bound(("return",), form(node.body), "return", walk.line(node.body))
        walk.visit(node.body)


def visit_parameters(walk: Walk, parameters: cst.Parameters) -> tuple[model.Parameter, ...]:
    """Reads annotations and defaults, which belong to the scope around, and lists the parameters."""
    listed = [("positional", parameter) for parameter in parameters.posonly_params]
    listed += [("either", parameter) for parameter in parameters.params]
    if isinstance(parameters.star_arg, cst.Param):
        listed.append(("star", parameters.star_arg))
    listed += [("keyword", parameter) for parameter in parameters.kwonly_params]
    if parameters.star_kwarg is not None:
        listed.append(("dstar", parameters.star_kwarg))
    if isinstance(parameters.posonly_ind, cst.ParamSlash):
        walk.feature("positional_only", walk.line(parameters.posonly_ind))
    for _, parameter in listed:
        if parameter.annotation is not None:
            starred = parameter.annotation.annotation
            if isinstance(starred, cst.StarredElement):
                walk.feature("star_index", walk.line(starred))
            walk.visit(starred)
        if parameter.default is not None:
            with walk.naming(_outside_type_parameters(walk)):
                walk.visit(parameter.default)
    return tuple(
        model.Parameter(identifier(parameter.name), kind, None if parameter.default is None else form(parameter.default))
        for kind, parameter in listed
    )


def _outside_type_parameters(walk: Walk) -> Names:
    names = walk.names
    return names.parent if names.kind == "types" and names.parent is not None else names


def _visit_results(walk: Walk, node: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> None:
    _visit_comprehension(walk, (node.elt,), node.for_in)


def _visit_dict_comprehension(walk: Walk, node: cst.DictComp) -> None:
    _visit_comprehension(walk, (node.key, node.value), node.for_in)


def _visit_comprehension(walk: Walk, results: Sequence[cst.CSTNode], first: cst.CompFor) -> None:
    """The first iterable is read in the scope around, all else in the comprehension's own."""
    around = walk.names
    with walk.naming(walk.new_names("comprehension")):
        for result in results:
            walk.visit(result)
        clause: cst.CompFor | None = first
        while clause is not None:
            bind(walk, clause.target, Value(clause.iter, 1), "comp")
            with walk.naming(around if clause is first else walk.names):
                walk.visit(clause.iter)
            for condition in clause.ifs:
                walk.visit(condition.test)
            clause = clause.inner_for_in


def _visit_walrus(walk: Walk, node: cst.NamedExpr) -> None:
    walk.feature("walrus", walk.line(node))
    with walk.naming(walk.names.binder()):
        bind(walk, node.target, Value(node.value), "walrus")
    walk.visit(node.value)


def _visit_yield(walk: Walk, node: cst.Yield) -> None:
    walk.scopes[walk.scope].generator = True
    value = node.value
    if value is None:
        return
    line = walk.line(node)
    if isinstance(value, cst.From):
        walk.bound(("yield",), Value(value.item, 1).form(), "yield", line)
        walk.visit(value.item)
        return
    if is_bare_star(value):
        walk.feature("unparenthesized_star", line)
    walk.bound(("yield",), form(value), "yield", line)
    walk.visit(value)


def is_bare_star(value: cst.CSTNode) -> bool:
    """Whether it is a tuple without parentheses that holds a star."""
    return isinstance(value, cst.Tuple) and not value.lpar and not is_display(value)


EXPRESSIONS: Visitors = {
    **dict.fromkeys(_PARTS, _visit_parts),
    cst.Name: _visit_name,
    cst.SimpleString: _visit_string,
    cst.ConcatenatedString: _visit_concatenation,
    cst.FormattedString: _visit_template,
    cst.TemplatedString: _visit_template,
    cst.Call: _visit_call,
    cst.Index: _visit_index,
    cst.Lambda: _visit_lambda,
    cst.ListComp: _visit_results,
    cst.SetComp: _visit_results,
    cst.GeneratorExp: _visit_results,
    cst.DictComp: _visit_dict_comprehension,
    cst.NamedExpr: _visit_walrus,
    cst.Yield: _visit_yield,
}
