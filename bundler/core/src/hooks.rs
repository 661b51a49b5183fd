//! What changes where Python looks for modules: `sys.path` and its kind, told by their names alone.

use ruff_python_ast::Expr;

use crate::expr::essence;

const HOOKS: [&str; 4] = ["path", "meta_path", "path_hooks", "modules"];
const CHANGES: [&str; 5] = ["append", "extend", "insert", "__setitem__", "__iadd__"];
const ADD_SITE: &str = "addsitedir";

/// The hook that an expression may be: `path` of `n.path`, whatever `n` is.
pub fn named(expr: &Expr) -> Option<&str> {
    match essence(expr) {
        Expr::Attribute(attribute) if essence(&attribute.value).is_name_expr() => is_hook(attribute.attr.as_str()),
        _ => None,
    }
}

/// The hook that a target stands in: `n.path = …`, `n.path[0] = …`.
pub fn changed(target: &Expr) -> Option<&str> {
    let mut target = target;
    while let Expr::Subscript(subscript) = essence(target) {
        target = &subscript.value;
    }
    named(target)
}

/// The hook that a call changes, by its callee; `addsitedir` by its own name.
pub fn called(callee: &Expr) -> Option<&str> {
    match callee {
        Expr::Name(name) if name.id.as_str() == ADD_SITE => Some(ADD_SITE),
        Expr::Attribute(attribute) if attribute.attr.as_str() == ADD_SITE => Some(ADD_SITE),
        Expr::Attribute(attribute) if CHANGES.contains(&attribute.attr.as_str()) => named(&attribute.value),
        _ => None,
    }
}

/// The hook that `from module import name` binds.
pub fn imported<'a>(module: &str, name: Option<&'a str>) -> Option<&'a str> {
    name.filter(|_| module == "sys").and_then(is_hook)
}

fn is_hook(name: &str) -> Option<&str> {
    HOOKS.contains(&name).then_some(name)
}
