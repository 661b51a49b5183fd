//! Foldable expressions, written as the table in `docs/facts.md` gives them.

use std::borrow::Cow;

use ruff_python_ast::{Arguments, Expr, ExprFString, FStringPart, InterpolatedStringElement, Keyword, Number, Operator, UnaryOp};
use ruff_text_size::Ranged;

use crate::{json, literals};

/// A node at this depth is opaque unless it is a leaf.
const MAX_DEPTH: u32 = 24;
/// Displays and argument lists are cut after so many items.
const MAX_ITEMS: usize = 2048;
/// Strings of more code points are opaque.
const MAX_TEXT: usize = 65_536;
/// Integers of more decimal digits (15) are opaque.
const INT_LIMIT: u64 = 1_000_000_000_000_000;

pub const OPAQUE: &[u8] = b"[\"?\"]";

/// The expression that `await e` and `(n := e)` stand for.
pub fn essence(mut expr: &Expr) -> &Expr {
    loop {
        expr = match expr {
            Expr::Await(inner) => &inner.value,
            Expr::Named(inner) => &inner.value,
            _ => return expr,
        };
    }
}

/// The operator's text, if a `bin` may hold it.
pub fn operator(op: Operator) -> Option<&'static str> {
    match op {
        Operator::Add => Some("+"),
        Operator::Sub => Some("-"),
        Operator::Mult => Some("*"),
        Operator::Div => Some("/"),
        Operator::FloorDiv => Some("//"),
        Operator::Mod => Some("%"),
        Operator::BitOr => Some("|"),
        Operator::MatMult | Operator::Pow | Operator::LShift | Operator::RShift | Operator::BitXor | Operator::BitAnd => None,
    }
}

/// Writes expressions of one source text.
#[derive(Clone, Copy)]
pub struct Writer<'a> {
    pub source: &'a str,
}

impl Writer<'_> {
    /// One expression that is the root of a fact.
    pub fn root(self, out: &mut Vec<u8>, expr: &Expr) {
        self.write(out, expr, 0);
    }

    /// An item of an item of … of `expr`.
    pub fn each(self, out: &mut Vec<u8>, expr: &Expr, times: u32) {
        let times = times.min(MAX_DEPTH + 1);
        for depth in 0..times {
            if depth >= MAX_DEPTH {
                out.extend_from_slice(OPAQUE);
                out.extend(std::iter::repeat_n(b']', depth as usize));
                return;
            }
            out.extend_from_slice(b"[\"each\",");
        }
        self.write(out, expr, times);
        out.extend(std::iter::repeat_n(b']', times as usize));
    }

    /// The two lists of arguments, `[args],[keywords]`, each argument at the given depth.
    pub fn arguments(self, out: &mut Vec<u8>, arguments: &Arguments, depth: u32) {
        self.items(out, &arguments.args, depth);
        out.push(b',');
        self.keywords(out, &arguments.keywords, depth);
    }

    pub fn keywords(self, out: &mut Vec<u8>, keywords: &[Keyword], depth: u32) {
        cut(out, keywords, b"[null,[\"?\"]]", |out, keyword| {
            out.push(b'[');
            json::write_optional_str(out, keyword.arg.as_ref().map(|name| name.as_str()));
            out.push(b',');
            self.write(out, &keyword.value, depth);
            out.push(b']');
        });
    }

    fn items(self, out: &mut Vec<u8>, items: &[Expr], depth: u32) {
        cut(out, items, OPAQUE, |out, item| self.item(out, item, depth));
    }

    /// Writes an item of a display or argument list: `["star", e]` for `*e`.
    pub fn item(self, out: &mut Vec<u8>, item: &Expr, depth: u32) {
        match item {
            Expr::Starred(_) if depth >= MAX_DEPTH => out.extend_from_slice(OPAQUE),
            Expr::Starred(starred) => {
                out.extend_from_slice(b"[\"star\",");
                self.write(out, &starred.value, depth + 1);
                out.push(b']');
            }
            other => self.write(out, other, depth),
        }
    }

    /// Writes `expr`; a star outside displays and arguments is opaque.
    pub fn write(self, out: &mut Vec<u8>, expr: &Expr, depth: u32) {
        let expr = essence(expr);
        if self.leaf(out, expr) {
            return;
        }
        if depth >= MAX_DEPTH {
            out.extend_from_slice(OPAQUE);
            return;
        }
        let below = depth + 1;
        match expr {
            Expr::Attribute(attribute) => {
                out.extend_from_slice(b"[\"attr\",");
                self.write(out, &attribute.value, below);
                out.push(b',');
                json::write_str(out, attribute.attr.as_str());
            }
            Expr::Call(call) => {
                out.extend_from_slice(b"[\"call\",");
                self.write(out, &call.func, below);
                out.push(b',');
                self.arguments(out, &call.arguments, below);
            }
            Expr::BinOp(binary) => match operator(binary.op) {
                Some(op) => self.binary(out, op, &binary.left, &binary.right, depth),
                None => return out.extend_from_slice(OPAQUE),
            },
            Expr::UnaryOp(unary) => match unary.op {
                UnaryOp::USub => {
                    out.extend_from_slice(b"[\"neg\",");
                    self.write(out, &unary.operand, below);
                }
                UnaryOp::Not | UnaryOp::Invert | UnaryOp::UAdd => {
                    return out.extend_from_slice(OPAQUE);
                }
            },
            Expr::FString(string) => self.join(out, string, below),
            Expr::Subscript(subscript) => {
                out.extend_from_slice(b"[\"index\",");
                self.write(out, &subscript.value, below);
                out.push(b',');
                if is_plain_index(&subscript.slice) {
                    self.write(out, &subscript.slice, below);
                } else {
                    out.extend_from_slice(OPAQUE);
                }
            }
            Expr::List(list) => {
                out.extend_from_slice(b"[\"list\",");
                self.items(out, &list.elts, below);
            }
            Expr::Tuple(tuple) => {
                out.extend_from_slice(b"[\"tuple\",");
                self.items(out, &tuple.elts, below);
            }
            Expr::Set(set) => {
                out.extend_from_slice(b"[\"set\",");
                self.items(out, &set.elts, below);
            }
            Expr::Dict(dict) => {
                out.extend_from_slice(b"[\"dict\",");
                cut(out, &dict.items, b"[null,[\"?\"]]", |out, item| {
                    out.push(b'[');
                    match &item.key {
                        Some(key) => self.write(out, key, below),
                        None => out.extend_from_slice(b"null"),
                    }
                    out.push(b',');
                    self.write(out, &item.value, below);
                    out.push(b']');
                });
            }
            Expr::If(branches) => {
                out.extend_from_slice(b"[\"either\",[");
                self.write(out, &branches.body, below);
                out.push(b',');
                self.write(out, &branches.orelse, below);
                out.push(b']');
            }
            Expr::BoolOp(chain) => {
                out.extend_from_slice(b"[\"either\",");
                json::write_array(out, &chain.values, |out, value| self.write(out, value, below));
            }
            Expr::ListComp(comp) => self.element(out, &comp.elt, below),
            Expr::SetComp(comp) => self.element(out, &comp.elt, below),
            Expr::Generator(comp) => self.element(out, &comp.elt, below),
            Expr::DictComp(comp) => {
                out.extend_from_slice(b"[\"dictcomp\",");
                match &comp.key {
                    Some(key) => self.write(out, key, below),
                    None => out.extend_from_slice(OPAQUE),
                }
                out.push(b',');
                self.write(out, &comp.value, below);
            }
            Expr::Starred(_)
            | Expr::Lambda(_)
            | Expr::Yield(_)
            | Expr::YieldFrom(_)
            | Expr::Compare(_)
            | Expr::TString(_)
            | Expr::Slice(_)
            | Expr::IpyEscapeCommand(_) => return out.extend_from_slice(OPAQUE),
            // `essence` peels the first two, `leaf` writes the others.
            Expr::Named(_)
            | Expr::Await(_)
            | Expr::Name(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_) => return out.extend_from_slice(OPAQUE),
        }
        out.push(b']');
    }

    /// `["bin", op, left, right` without the closing bracket.
    pub fn binary(self, out: &mut Vec<u8>, op: &str, left: &Expr, right: &Expr, depth: u32) {
        out.extend_from_slice(b"[\"bin\",");
        json::write_str(out, op);
        out.push(b',');
        self.write(out, left, depth + 1);
        out.push(b',');
        self.write(out, right, depth + 1);
    }

    fn element(self, out: &mut Vec<u8>, element: &Expr, depth: u32) {
        out.extend_from_slice(b"[\"comp\",");
        self.write(out, element, depth);
    }

    /// Writes `expr` if it is a leaf.
    fn leaf(self, out: &mut Vec<u8>, expr: &Expr) -> bool {
        match expr {
            Expr::Name(name) => {
                out.extend_from_slice(b"[\"name\",");
                json::write_str(out, name.id.as_str());
                out.push(b']');
            }
            Expr::StringLiteral(string) => {
                let parts = string.value.iter().map(|part| literals::string_value(self.source, part));
                text(out, &literals::concatenated(parts));
            }
            Expr::BytesLiteral(string) => {
                if string.value.len() > MAX_TEXT {
                    out.extend_from_slice(OPAQUE);
                } else {
                    out.extend_from_slice(b"[\"bytes\",");
                    json::write_bytes(out, string.value.bytes());
                    out.push(b']');
                }
            }
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(int) => match int.as_u64() {
                    Some(value) if value < INT_LIMIT => {
                        out.extend_from_slice(b"[\"int\",");
                        json::write_int(out, value as i64);
                        out.push(b']');
                    }
                    _ => out.extend_from_slice(OPAQUE),
                },
                Number::Float(_) | Number::Complex { .. } => out.extend_from_slice(OPAQUE),
            },
            Expr::BooleanLiteral(boolean) => {
                out.extend_from_slice(if boolean.value { b"[\"const\",\"True\"]" } else { b"[\"const\",\"False\"]" });
            }
            Expr::NoneLiteral(_) => out.extend_from_slice(b"[\"const\",\"None\"]"),
            Expr::EllipsisLiteral(_) => out.extend_from_slice(b"[\"const\",\"...\"]"),
            Expr::FString(string) if string.value.elements().all(|part| part.is_literal()) => {
                let mut value = Vec::new();
                for_each_part(self.source, string, |part| {
                    if let Part::Text(text) = part {
                        value.extend_from_slice(&text);
                    }
                });
                text(out, &value);
            }
            _ => return false,
        }
        true
    }

    /// `["join", [parts]` without the closing bracket.
    fn join(self, out: &mut Vec<u8>, string: &ExprFString, depth: u32) {
        out.extend_from_slice(b"[\"join\",[");
        let mut pending = Vec::new();
        let mut first = true;
        let mut separate = |out: &mut Vec<u8>| {
            if !first {
                out.push(b',');
            }
            first = false;
        };
        for_each_part(self.source, string, |part| match part {
            Part::Text(text) => pending.extend_from_slice(&text),
            Part::Field(field) => {
                if !pending.is_empty() {
                    separate(out);
                    text(out, &pending);
                    pending.clear();
                }
                separate(out);
                match field {
                    Some(expr) => self.write(out, expr, depth),
                    None => out.extend_from_slice(OPAQUE),
                }
            }
        });
        if !pending.is_empty() {
            separate(out);
            text(out, &pending);
        }
        out.push(b']');
    }
}

/// A piece of an f-string: text, or a field (None if it is opaque).
enum Part<'a> {
    Text(Cow<'a, [u8]>),
    Field(Option<&'a Expr>),
}

fn for_each_part<'a>(source: &str, string: &'a ExprFString, mut take: impl FnMut(Part<'a>)) {
    for part in string.value.iter() {
        match part {
            FStringPart::Literal(literal) => take(Part::Text(literals::string_value(source, literal))),
            FStringPart::FString(inner) => {
                let is_raw = inner.flags.prefix().is_raw();
                for element in &inner.elements {
                    match element {
                        InterpolatedStringElement::Literal(literal) => {
                            take(Part::Text(literals::middle_value(source, literal.range(), &literal.value, is_raw)))
                        }
                        InterpolatedStringElement::Interpolation(field) => {
                            let is_plain = field.format_spec.is_none()
                                && field.debug_text.is_none()
                                && (field.conversion.is_none() || field.conversion.is_str());
                            take(Part::Field(is_plain.then_some(&field.expression)));
                        }
                    }
                }
            }
        }
    }
}

fn text(out: &mut Vec<u8>, value: &[u8]) {
    if value.len() > MAX_TEXT && literals::count_points(value) > MAX_TEXT {
        out.extend_from_slice(OPAQUE);
    } else {
        out.extend_from_slice(b"[\"str\",");
        json::write_wtf8(out, value);
        out.push(b']');
    }
}

fn cut<T>(out: &mut Vec<u8>, items: &[T], rest: &[u8], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    let kept = &items[..items.len().min(MAX_ITEMS)];
    json::write_array(out, kept, &mut write);
    if kept.len() < items.len() {
        out.pop();
        out.push(b',');
        out.extend_from_slice(rest);
        out.push(b']');
    }
}

/// Whether an index is neither a slice nor a tuple that holds a slice or a star.
fn is_plain_index(index: &Expr) -> bool {
    match index {
        Expr::Slice(_) | Expr::Starred(_) => false,
        Expr::Tuple(tuple) => !tuple.elts.iter().any(|item| item.is_slice_expr() || item.is_starred_expr()),
        _ => true,
    }
}
