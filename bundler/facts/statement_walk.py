"""What the walk notes in statements: imports, definitions, blocks, and the table of module-level statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst
from clustrix_bundle.bundler.facts import model
from clustrix_bundle.bundler.facts.conditions import HANDLER, IF, LOOP, branch_flags, exits, try_flags, with_flags
from clustrix_bundle.bundler.facts.expression_walk import is_bare_star, visit_parameters
from clustrix_bundle.bundler.facts.expressions import (
    arguments,
    augmented,
    concatenated_parts,
    dotted_name,
    form,
    identifier,
    root_name,
)
from clustrix_bundle.bundler.facts.targets import Value, bind, bind_name, delete
from clustrix_bundle.bundler.facts.walk import ScopeDraft, StatementDraft, Visitors, Walk

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.naming import Names

_KINDS: dict[type[cst.CSTNode], str] = {
    cst.Import: "import",
    cst.ImportFrom: "import",
    cst.FunctionDef: "def",
    cst.ClassDef: "class",
    cst.Assign: "assign",
    cst.AnnAssign: "assign",
    cst.AugAssign: "aug",
    cst.Expr: "expr",
    cst.If: "if",
    cst.For: "for",
    cst.While: "while",
    cst.Try: "try",
    cst.TryStar: "try",
    cst.With: "with",
    cst.Match: "match",
    cst.Del: "del",
    cst.Pass: "pass",
    cst.Raise: "raise",
    cst.Assert: "assert",
    cst.Global: "global",
    cst.TypeAlias: "type",
}


def visit_block(walk: Walk, statements: Sequence[cst.CSTNode], branch: str = "") -> None:
    """Reads the statements of a block; ``branch`` says which block of the enclosing statement it is."""
    for node in statements:
        if isinstance(node, cst.SimpleStatementLine):
            for small in node.body:
                visit_statement(walk, small, branch)
        else:
            visit_statement(walk, node, branch)


def visit_statement(walk: Walk, node: cst.CSTNode, branch: str) -> None:
    """Reads one statement; at module level it gets a row of its own."""
    around = walk.statement
    if walk.names.parent is None:
        decorators = node.decorators if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else ()
        start = walk.positions.start(node)
        draft = StatementDraft(
            parent=around,
            branch=branch,
            kind=_KINDS.get(type(node), "other"),
            start=start,
            end=walk.positions.end(node),
            first_line=walk.line(decorators[0]) if decorators else start[0],
            under=walk.under(),
        )
        walk.statement = len(walk.statements)
        walk.statements.append(draft)
    walk.visit(node)
    walk.statement = around
    if exits(node):
        walk.body.left = True


def _visit_import(walk: Walk, node: cst.Import) -> None:
    for alias in node.names:
        parts = dotted_name(alias.name)
        asname = _asname(alias)
        _add_import(walk, alias, (".".join(parts), 0), None, asname)
        walk.binds(asname or parts[0])


def _visit_import_from(walk: Walk, node: cst.ImportFrom) -> None:
    module = ".".join(dotted_name(node.module)) if node.module is not None else ""
    level = len(node.relative)
    if isinstance(node.names, cst.ImportStar):
        _add_import(walk, node.names, (module, level), "*", None)
        walk.binds("*")
        return
    for alias in node.names:
        name, asname = ".".join(dotted_name(alias.name)), _asname(alias)
        _add_import(walk, alias, (module, level), name, asname)
        walk.binds(asname or name)
        if module == "__future__" and not level and name == "annotations":
            walk.feature("future_annotations", walk.line(alias))


def _asname(alias: cst.ImportAlias) -> str | None:
    return identifier(cst.ensure_type(alias.asname.name, cst.Name)) if alias.asname is not None else None


def _add_import(walk: Walk, node: cst.CSTNode, origin: tuple[str, int], name: str | None, asname: str | None) -> None:
    """Adds a row; ``origin`` is the module's dotted name and the number of dots before it."""
    walk.imports.append(model.Import(*origin, name, asname, walk.scope, walk.statement, walk.line(node), walk.under()))


def _visit_function(walk: Walk, node: cst.FunctionDef) -> None:
    index, draft = _define(walk, node, "function" if node.asynchronous is None else "async")
    with walk.naming(_type_parameters(walk, node.type_parameters)):
        draft.parameters = visit_parameters(walk, node.params)
        if node.returns is not None:
            walk.visit(node.returns)
        names = walk.new_names("function")
    names.local.update(parameter.name for parameter in draft.parameters)
    names.assigned.update(names.local)
    with walk.entering(index, names):
        visit_block(walk, node.body.body)


def _visit_class(walk: Walk, node: cst.ClassDef) -> None:
    index, draft = _define(walk, node, "class")
    args = sorted([*node.bases, *node.keywords], key=walk.positions.start_offset)
    draft.bases, draft.keywords = arguments(args, cut=False)
    with walk.naming(_type_parameters(walk, node.type_parameters)):
        for arg in args:
            walk.visit(arg)
        names = walk.new_names("class")
    with walk.entering(index, names):
        visit_block(walk, node.body.body)


def _define(walk: Walk, node: cst.FunctionDef | cst.ClassDef, kind: str) -> tuple[int, ScopeDraft]:
    """Reads the decorators, then opens the scope: its number follows those of lambdas in them."""
    for decorator in node.decorators:
        _visit_decorator(walk, decorator)
    line = walk.line(node)
    draft = ScopeDraft(
        kind,
        identifier(node.name),
        walk.scope,
        line,
        walk.line(node.decorators[0]) if node.decorators else line,
        walk.positions.end(node)[0],
        decorators=tuple(form(decorator.decorator) for decorator in node.decorators),
        statement=walk.statement,
        under=walk.under(),
    )
    walk.scopes.append(draft)
    walk.binds(draft.name)
    return len(walk.scopes) - 1, draft


def _visit_decorator(walk: Walk, node: cst.Decorator) -> None:
    decorator = node.decorator
    callee = decorator.func if isinstance(decorator, cst.Call) and not decorator.lpar else decorator
    if not _is_bare_dotted_name(callee):
        walk.feature("relaxed_decorator", walk.line(node))
    if isinstance(decorator, cst.Attribute):  # it is called with the definition
        walk.mutates(root_name(decorator.value))
    walk.visit(decorator)


def _is_bare_dotted_name(node: cst.BaseExpression) -> bool:
    while isinstance(node, cst.Attribute) and not node.lpar:
        node = node.value
    return isinstance(node, cst.Name) and not node.lpar


def _type_parameters(walk: Walk, parameters: cst.TypeParameters | None) -> Names:
    """The scope in which a generic definition is read: its type parameters are local to it."""
    if parameters is None:
        return walk.names
    walk.feature("type_parameters", walk.line(parameters))
    names = walk.new_names("types")
    names.local.update(identifier(parameter.param.name) for parameter in parameters.params)
    with walk.naming(names):
        for parameter in parameters.params:
            if isinstance(parameter.param, cst.TypeVar) and parameter.param.bound is not None:
                walk.visit(parameter.param.bound)
            if parameter.default is not None:
                walk.feature("type_parameter_defaults", walk.line(parameter))
                walk.visit(parameter.default)
    return names


def _visit_type_alias(walk: Walk, node: cst.TypeAlias) -> None:
    walk.feature("type_alias", walk.line(node))
    walk.binds(identifier(node.name))
    with walk.naming(_type_parameters(walk, node.type_parameters)):
        walk.visit(node.value)


def _visit_return(walk: Walk, node: cst.Return) -> None:
    if node.value is None:
        return
    line = walk.line(node)
    if is_bare_star(node.value):
        walk.feature("unparenthesized_star", line)
    if walk.scopes[walk.scope].kind in {"function", "async"}:
        walk.bound(("return",), form(node.value), "return", line)
    walk.visit(node.value)


def _visit_assign(walk: Walk, node: cst.Assign) -> None:
    for target in node.targets:
        bind(walk, target.target, Value(node.value), "assign")
    walk.visit(node.value)


def _visit_annotated(walk: Walk, node: cst.AnnAssign) -> None:
    if node.value is not None:
        bind(walk, node.target, Value(node.value), "assign")
    elif not isinstance(node.target, cst.Name):
        walk.visit(node.target)
    elif walk.names.parent is not None:
        walk.names.local.add(identifier(node.target))
    walk.visit(node.annotation)
    if node.value is not None:
        walk.visit(node.value)


def _visit_augmented(walk: Walk, node: cst.AugAssign) -> None:
    target = node.target
    walk.bound(form(target), augmented(target, node.operator, node.value), "aug", walk.line(target))
    walk.mutates(root_name(target))
    if isinstance(target, cst.Name):
        walk.binds(identifier(target))
    walk.visit(target)
    walk.visit(node.value)


def _visit_delete(walk: Walk, node: cst.Del) -> None:
    delete(walk, node.target)


def _visit_expression_statement(walk: Walk, node: cst.Expr) -> None:
    """A string alone is a docstring, or a comment."""
    if all(isinstance(token, cst.SimpleString) for token in concatenated_parts(node.value)):
        value = form(node.value)
        if value[0] == "str":
            walk.text(value[1], walk.line(node.value), doc=True)
            return
    walk.visit(node.value)


def _visit_raise(walk: Walk, node: cst.Raise) -> None:
    if node.exc is not None:
        walk.visit(node.exc)
    if node.cause is not None:
        walk.visit(node.cause.item)


def _visit_assert(walk: Walk, node: cst.Assert) -> None:
    walk.visit(node.test)
    if node.msg is not None:
        walk.visit(node.msg)


def _visit_global(walk: Walk, node: cst.Global) -> None:
    names = {identifier(item.name) for item in node.names}
    walk.scopes[walk.scope].global_names.update(names)
    walk.names.global_names.update(names)


def _visit_nonlocal(walk: Walk, node: cst.Nonlocal) -> None:
    names = {identifier(item.name) for item in node.names}
    walk.scopes[walk.scope].nonlocal_names.update(names)
    walk.names.nonlocal_names.update(names)


def _visit_nothing(walk: Walk, node: cst.CSTNode) -> None:
    """``pass``, ``break`` and ``continue`` say nothing."""


def _visit_if(walk: Walk, node: cst.If) -> None:
    walk.visit(node.test)
    body, orelse = branch_flags(node.test)
    with walk.adding(body):
        visit_block(walk, node.body.body, "body")
    if isinstance(node.orelse, cst.If):
        with walk.adding(IF):
            visit_statement(walk, node.orelse, "orelse")
    elif node.orelse is not None:
        with walk.adding(orelse):
            visit_block(walk, node.orelse.body.body, "orelse")


def _visit_for(walk: Walk, node: cst.For) -> None:
    bind(walk, node.target, Value(node.iter, 1), "for")
    walk.visit(node.iter)
    _visit_loop(walk, node)


def _visit_while(walk: Walk, node: cst.While) -> None:
    walk.visit(node.test)
    _visit_loop(walk, node)


def _visit_loop(walk: Walk, node: cst.For | cst.While) -> None:
    with walk.adding(LOOP):
        visit_block(walk, node.body.body, "body")
        if node.orelse is not None:
            visit_block(walk, node.orelse.body.body, "orelse")


def _visit_with(walk: Walk, node: cst.With) -> None:
    if isinstance(node.lpar, cst.LeftParen) and (len(node.items) > 1 or node.items[0].asname is not None or _has_comma(node)):
        walk.feature("parenthesized_with", walk.line(node))
    for item in node.items:
        walk.visit(item.item)
        if item.asname is not None:
            bind(walk, item.asname.name, Value(item.item), "with")
    with walk.adding(with_flags(node)):
        visit_block(walk, node.body.body, "body")


def _has_comma(node: cst.With) -> bool:
    return isinstance(node.items[-1].comma, cst.Comma)


def _visit_try(walk: Walk, node: cst.Try | cst.TryStar) -> None:
    with walk.adding(try_flags(node)):
        visit_block(walk, node.body.body, "body")
    for handler in node.handlers:
        if isinstance(handler, cst.ExceptStarHandler):
            walk.feature("except_star", walk.line(handler))
        if isinstance(handler.type, cst.Tuple) and not handler.type.lpar:
            walk.feature("except_without_parentheses", walk.line(handler))
        if handler.type is not None:
            walk.visit(handler.type)
        if handler.name is not None:
            bind_name(walk, cst.ensure_type(handler.name.name, cst.Name), model.OPAQUE, "except")
        with walk.adding(HANDLER):
            visit_block(walk, handler.body.body, "handler")
    if node.orelse is not None:
        with walk.adding(IF):
            visit_block(walk, node.orelse.body.body, "orelse")
    if node.finalbody is not None:
        visit_block(walk, node.finalbody.body.body, "finalbody")


STATEMENTS: Visitors = {
    cst.Import: _visit_import,
    cst.ImportFrom: _visit_import_from,
    cst.FunctionDef: _visit_function,
    cst.ClassDef: _visit_class,
    cst.TypeAlias: _visit_type_alias,
    cst.Return: _visit_return,
    cst.Assign: _visit_assign,
    cst.AnnAssign: _visit_annotated,
    cst.AugAssign: _visit_augmented,
    cst.Del: _visit_delete,
    cst.Expr: _visit_expression_statement,
    cst.Raise: _visit_raise,
    cst.Assert: _visit_assert,
    cst.Global: _visit_global,
    cst.Nonlocal: _visit_nonlocal,
    cst.Pass: _visit_nothing,
    cst.Break: _visit_nothing,
    cst.Continue: _visit_nothing,
    cst.If: _visit_if,
    cst.For: _visit_for,
    cst.While: _visit_while,
    cst.With: _visit_with,
    cst.Try: _visit_try,
    cst.TryStar: _visit_try,
}
