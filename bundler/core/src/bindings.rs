//! Targets: what is bound, deleted or changed, and to what.

use ruff_python_ast::{Expr, Identifier, StmtAugAssign};
use ruff_text_size::{Ranged, TextSize};

use crate::expr::{self, OPAQUE};
use crate::statements::root_name;
use crate::walk::Walker;
use crate::{hooks, json, names};

/// A value that is bound: an expression, or an item of an item of … of one.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    expr: &'a Expr,
    times: u32,
}

impl<'a> Value<'a> {
    pub fn of(expr: &'a Expr) -> Self {
        Self { expr, times: 0 }
    }

    pub fn item(self) -> Self {
        Self { expr: self.expr, times: self.times + 1 }
    }

    /// Items of a display of so many items without stars.
    fn items(self, count: usize) -> Option<&'a [Expr]> {
        if self.times > 0 {
            return None;
        }
        items(self.expr).filter(|items| items.len() == count && !has_star(items))
    }
}

fn items(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::Tuple(tuple) => Some(&tuple.elts),
        Expr::List(list) => Some(&list.elts),
        _ => None,
    }
}

fn has_star(items: &[Expr]) -> bool {
    items.iter().any(Expr::is_starred_expr)
}

impl<'a> Walker<'a> {
    /// Binds `target` to `value` and walks the expressions in the target.
    pub fn target(&mut self, target: &'a Expr, value: Value<'a>, kind: &str) {
        match target {
            Expr::Tuple(_) | Expr::List(_) => {
                let targets = items(target).unwrap_or_default();
                let values = if has_star(targets) { None } else { value.items(targets.len()) };
                for (index, target) in targets.iter().enumerate() {
                    match values.and_then(|values| values.get(index)) {
                        Some(item) => self.target(target, Value::of(item), kind),
                        None => self.target(target, value.item(), kind),
                    }
                }
            }
            Expr::Starred(starred) => self.target(&starred.value, value, kind),
            _ => {
                let line = self.line(target.start());
                let writer = self.writer;
                self.binding_row(line, kind, |out| {
                    writer.root(out, target);
                    out.push(b',');
                    writer.each(out, value.expr, value.times);
                });
                if value.times == 0 {
                    self.callees.rename(target, value.expr);
                }
                if value.times == 0 && target.is_name_expr() {
                    self.hooks.extend(hooks::named(value.expr));
                }
                self.stored(target);
            }
        }
    }

    /// A single target that is given something: its name is bound, or the object it stands in is changed.
    fn stored(&mut self, target: &'a Expr) {
        self.hooks.extend(hooks::changed(target));
        match target {
            Expr::Name(name) => self.bind_target(name.id.as_str()),
            _ => {
                self.mutated(target);
                self.expr(target);
            }
        }
    }

    /// Comprehension targets are bound in the comprehension's own frame, all others in the function or class around.
    fn bind_target(&mut self, name: &'a str) {
        self.callees.bind_value(name);
        if self.in_comprehension_target {
            self.mark(name, names::BOUND);
        } else {
            self.bind_name(name);
        }
    }

    pub fn mutated(&mut self, expr: &'a Expr) {
        if let Some(name) = root_name(expr) {
            self.mark(name, names::MUTATED);
        }
    }

    pub fn augmented(&mut self, statement: &'a StmtAugAssign) {
        let target = &*statement.target;
        let line = self.line(target.start());
        let writer = self.writer;
        self.binding_row(line, "aug", |out| {
            writer.root(out, target);
            out.push(b',');
            match expr::operator(statement.op) {
                Some(op) => {
                    writer.binary(out, op, target, &statement.value, 0);
                    out.push(b']');
                }
                None => out.extend_from_slice(OPAQUE),
            }
        });
        if let Expr::Attribute(attribute) = target {
            self.words.read(attribute.attr.as_str());
        }
        if let Expr::Name(name) = target {
            let name = name.id.as_str();
            self.words.read(name);
            self.callees.bind_value(name);
            self.bind_name(name);
            self.mark(name, names::READ | names::MUTATED);
        } else {
            self.stored(target);
        }
    }

    /// `target: annotation` without a value.
    pub fn declare(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.mark_in_block(name.id.as_str(), names::DECLARED),
            other => self.expr(other),
        }
    }

    pub fn delete(&mut self, target: &'a Expr) {
        match target {
            Expr::Name(name) => self.mark_in_block(name.id.as_str(), names::DELETED),
            Expr::Tuple(_) | Expr::List(_) => {
                for item in items(target).unwrap_or_default() {
                    self.delete(item);
                }
            }
            other => {
                self.mutated(other);
                self.expr(other);
            }
        }
    }

    /// A name bound by a pattern or a handler.
    pub fn captured(&mut self, name: &'a Identifier, kind: &str) {
        if name.as_str() == "_" && kind == "assign" {
            return; // a wildcard
        }
        let line = self.line(name.start());
        self.binding_row(line, kind, |out| {
            out.extend_from_slice(b"[\"name\",");
            json::write_str(out, name.as_str());
            out.extend_from_slice(b"],");
            out.extend_from_slice(OPAQUE);
        });
        self.callees.bind_value(name.as_str());
        self.bind_name(name.as_str());
    }

    /// What a function gives back: `kind` is return or yield.
    pub fn result(&mut self, kind: &str, value: Value<'a>, at: TextSize) {
        let line = self.line(at);
        let writer = self.writer;
        self.binding_row(line, kind, |out| {
            json::write_array(out, [kind], json::write_str);
            out.push(b',');
            writer.each(out, value.expr, value.times);
        });
    }

    fn binding_row(&mut self, line: u32, kind: &str, write: impl FnOnce(&mut Vec<u8>)) {
        let mut rows = std::mem::take(&mut self.bindings);
        rows.add(line, |out| {
            out.push(b'[');
            write(out);
            out.push(b',');
            json::write_str(out, kind);
            out.push(b',');
            self.write_place(out, line);
        });
        self.bindings = rows;
    }
}
