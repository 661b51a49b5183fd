//! Conditions under which code runs: what `under` tuples list.

use ruff_python_ast::{BoolOp, CmpOp, ExceptHandler, Expr, UnaryOp, WithItem};

use crate::json;

/// A set of conditions, a bit each, in the order of `NAMES`.
pub type Under = u8;

pub const TYPE_CHECKING: Under = 1;
pub const MAIN_GUARD: Under = 1 << 1;
pub const IF: Under = 1 << 2;
pub const LOOP: Under = 1 << 3;
pub const TRY: Under = 1 << 4;
pub const TRY_IMPORT: Under = 1 << 5;
pub const HANDLER: Under = 1 << 6;
pub const EXIT: Under = 1 << 7;

const NAMES: [&str; 8] = ["type-checking", "main-guard", "if", "loop", "try", "try-import", "handler", "exit"];

/// Exceptions whose handling shows that an import may fail.
const IMPORT_ERRORS: [&str; 4] = ["ImportError", "ModuleNotFoundError", "Exception", "BaseException"];

pub fn write(out: &mut Vec<u8>, under: Under) {
    let names = NAMES.iter().enumerate().filter(|(bit, _)| under >> bit & 1 == 1);
    json::write_array(out, names, |out, (_, name)| json::write_str(out, name));
}

/// Conditions of the body of an `if` and of what follows it, by its test as it is written.
pub fn branches(test: &Expr) -> (Under, Under) {
    if is_type_checking(test) {
        return (TYPE_CHECKING, 0);
    }
    if let Expr::UnaryOp(unary) = test
        && unary.op == UnaryOp::Not
        && is_type_checking(&unary.operand)
    {
        return (0, TYPE_CHECKING);
    }
    let mut body = 0;
    if any_operand(test, &is_type_checking) {
        body |= TYPE_CHECKING;
    }
    if any_operand(test, &is_main_guard) {
        body |= MAIN_GUARD;
    }
    (if body == 0 { IF } else { body }, IF)
}

fn any_operand(test: &Expr, holds: &impl Fn(&Expr) -> bool) -> bool {
    match test {
        Expr::BoolOp(chain) if chain.op == BoolOp::And => chain.values.iter().any(|value| any_operand(value, holds)),
        other => holds(other),
    }
}

fn is_type_checking(expr: &Expr) -> bool {
    last_name(expr) == Some("TYPE_CHECKING")
}

fn is_main_guard(expr: &Expr) -> bool {
    let Expr::Compare(compare) = expr else {
        return false;
    };
    let ([CmpOp::Eq], [right]) = (&*compare.ops, &*compare.comparators) else {
        return false;
    };
    let is_name = |expr: &Expr| matches!(expr, Expr::Name(name) if name.id == "__name__");
    let is_main = |expr: &Expr| matches!(expr, Expr::StringLiteral(string) if !string.value.is_implicit_concatenated() && string.value.to_str() == "__main__");
    is_name(&compare.left) && is_main(right) || is_main(&compare.left) && is_name(right)
}

/// The last part of a dotted name (of anything).
pub fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

/// Conditions of the body of a `try`.
pub fn try_body(handlers: &[ExceptHandler]) -> Under {
    if handlers.is_empty() {
        return 0;
    }
    let catches_imports =
        handlers.iter().any(|ExceptHandler::ExceptHandler(handler)| handler.type_.as_deref().is_none_or(names_import_error));
    if catches_imports { TRY | TRY_IMPORT } else { TRY }
}

fn names_import_error(expr: &Expr) -> bool {
    match expr {
        Expr::Tuple(tuple) => tuple.elts.iter().any(is_import_error),
        other => is_import_error(other),
    }
}

fn is_import_error(expr: &Expr) -> bool {
    last_name(expr).is_some_and(|name| IMPORT_ERRORS.contains(&name))
}

/// Conditions of the body of a `with`: `suppress(ImportError)` is a `try` in other words.
pub fn with_body(items: &[WithItem]) -> Under {
    let suppresses_imports = items.iter().any(|item| {
        matches!(&item.context_expr, Expr::Call(call)
            if last_name(&call.func) == Some("suppress") && call.arguments.args.iter().any(names_import_error))
    });
    if suppresses_imports { TRY | TRY_IMPORT } else { 0 }
}

/// Whether an expression statement ends the program.
pub fn is_exit_call(expr: &Expr) -> bool {
    let Expr::Call(call) = expr else {
        return false;
    };
    match &*call.func {
        Expr::Name(name) => matches!(name.id.as_str(), "exit" | "quit"),
        Expr::Attribute(attribute) => match &*attribute.value {
            Expr::Name(module) => matches!((module.id.as_str(), attribute.attr.as_str()), ("sys", "exit") | ("os", "_exit")),
            _ => false,
        },
        _ => false,
    }
}
