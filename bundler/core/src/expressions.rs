//! Expressions: every call, string, lambda, walrus and comprehension in them, and the names they read.

use ruff_python_ast::{
    AnyStringFlags, ArgOrKeyword, Comprehension, Expr, ExprAttribute, ExprCall, ExprName, FStringPart,
    InterpolatedStringElements, Operator,
};
use ruff_text_size::Ranged;

use crate::bindings::Value;
use crate::conditions;
use crate::expr;
use crate::features::Feature;
use crate::hooks;
use crate::names::{self, FrameKind};
use crate::walk::Walker;

/// Builtin types that can be subscripted since Python 3.9.
const GENERIC: [&str; 6] = ["list", "dict", "tuple", "set", "frozenset", "type"];

impl<'a> Walker<'a> {
    pub fn optional(&mut self, expr: Option<&'a Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    pub fn annotation(&mut self, expr: Option<&'a Expr>) {
        let around = std::mem::replace(&mut self.in_annotation, true);
        self.optional(expr);
        self.in_annotation = around;
    }

    fn annotated(&mut self, mark: &'static str) {
        if self.is_outside() {
            self.annotated.insert(mark);
        }
    }

    /// Notes what stands outside of function bodies.
    fn stands(&mut self, name: &'a str) {
        if self.is_outside() {
            self.outside.push(name);
        }
    }

    fn is_outside(&self) -> bool {
        !self.frames.iter().any(|frame| frame.kind == FrameKind::Function)
    }

    fn all(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    pub fn expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::BoolOp(inner) => self.all(&inner.values),
            Expr::Named(inner) => {
                self.features.add(Feature::Walrus, inner.start());
                let in_target = std::mem::replace(&mut self.in_comprehension_target, false);
                self.target(&inner.target, Value::of(&inner.value), "walrus");
                self.in_comprehension_target = in_target;
                self.expr(&inner.value);
            }
            Expr::BinOp(inner) => {
                if inner.op == Operator::BitOr {
                    if self.in_annotation {
                        self.annotated("|");
                    } else {
                        self.stands("|");
                    }
                }
                self.expr(&inner.left);
                self.expr(&inner.right);
            }
            Expr::UnaryOp(inner) => self.expr(&inner.operand),
            Expr::Lambda(inner) => self.lambda(inner),
            Expr::If(inner) => {
                self.expr(&inner.body);
                self.expr(&inner.test);
                self.expr(&inner.orelse);
            }
            Expr::Dict(inner) => {
                for item in &inner.items {
                    self.optional(item.key.as_ref());
                    self.expr(&item.value);
                }
            }
            Expr::Set(inner) => self.all(&inner.elts),
            Expr::ListComp(inner) => self.comprehension(None, &inner.elt, &inner.generators),
            Expr::SetComp(inner) => self.comprehension(None, &inner.elt, &inner.generators),
            Expr::DictComp(inner) => self.comprehension(inner.key.as_deref(), &inner.value, &inner.generators),
            Expr::Generator(inner) => self.comprehension(None, &inner.elt, &inner.generators),
            Expr::Await(inner) => self.expr(&inner.value),
            Expr::Yield(inner) => {
                self.scopes[self.place.scope as usize].generator = true;
                self.features.unparenthesized_star(inner.start(), inner.value.as_deref());
                if let Some(value) = &inner.value {
                    self.result("yield", Value::of(value), inner.start());
                    self.expr(value);
                }
            }
            Expr::YieldFrom(inner) => {
                self.scopes[self.place.scope as usize].generator = true;
                self.result("yield", Value::of(&inner.value).item(), inner.start());
                self.expr(&inner.value);
            }
            Expr::Compare(inner) => {
                self.expr(&inner.left);
                self.all(&inner.comparators);
            }
            Expr::Call(inner) => self.call(inner),
            Expr::FString(inner) => {
                for part in inner.value.iter() {
                    if let FStringPart::FString(string) = part {
                        self.features.fields(&string.elements, AnyStringFlags::from(string.flags));
                        self.fields(&string.elements);
                    }
                }
            }
            Expr::TString(inner) => {
                self.features.add(Feature::TemplateString, inner.start());
                for string in inner.value.iter() {
                    self.features.fields(&string.elements, AnyStringFlags::from(string.flags));
                    self.fields(&string.elements);
                }
            }
            Expr::StringLiteral(inner) => {
                let line = self.line(inner.start());
                self.texts.add(self.source, inner, self.place.scope, line, false);
            }
            Expr::Attribute(inner) => {
                self.words.read(inner.attr.as_str());
                self.attribute(inner);
            }
            Expr::Subscript(inner) => {
                self.features.index(&inner.slice);
                if self.in_annotation && inner.value.as_name_expr().is_some_and(|name| GENERIC.contains(&name.id.as_str())) {
                    self.annotated("[]");
                }
                self.expr(&inner.value);
                self.expr(&inner.slice);
            }
            Expr::Starred(inner) => self.expr(&inner.value),
            Expr::Name(inner) => {
                self.words.read(inner.id.as_str());
                self.name(inner);
            }
            Expr::List(inner) => self.all(&inner.elts),
            Expr::Tuple(inner) => self.all(&inner.elts),
            Expr::Slice(inner) => {
                self.optional(inner.lower.as_deref());
                self.optional(inner.upper.as_deref());
                self.optional(inner.step.as_deref());
            }
            Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => {}
        }
    }

    fn attribute(&mut self, inner: &'a ExprAttribute) {
        self.words.add(inner.attr.as_str());
        self.stands(inner.attr.as_str());
        self.expr(&inner.value);
    }

    fn name(&mut self, inner: &'a ExprName) {
        self.words.add(inner.id.as_str());
        self.mark(inner.id.as_str(), names::READ);
    }

    /// What is called: its last name is not read as a value.
    fn callee(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Attribute(inner) => self.attribute(inner),
            Expr::Name(inner) => self.name(inner),
            _ => self.expr(expr),
        }
    }

    fn fields(&mut self, elements: &'a InterpolatedStringElements) {
        for field in elements.interpolations() {
            self.expr(&field.expression);
            if let Some(spec) = &field.format_spec {
                self.fields(&spec.elements);
            }
        }
    }

    /// A comprehension's first iterable is read in the frame around it, all else in its own.
    fn comprehension(&mut self, key: Option<&'a Expr>, element: &'a Expr, generators: &'a [Comprehension]) {
        self.open_frame(FrameKind::Comprehension);
        self.optional(key);
        self.expr(element);
        for (index, generator) in generators.iter().enumerate() {
            let in_target = std::mem::replace(&mut self.in_comprehension_target, true);
            self.target(&generator.target, Value::of(&generator.iter).item(), "comp");
            self.in_comprehension_target = in_target;
            if index == 0 {
                self.outside_frame(|walker| walker.expr(&generator.iter));
            } else {
                self.expr(&generator.iter);
            }
            self.all(&generator.ifs);
        }
        self.close_frame();
    }

    fn call(&mut self, call: &'a ExprCall) {
        let callee = expr::essence(&call.func);
        if let Some(name) = conditions::last_name(callee) {
            if self.place.scope == 0 && self.under() == 0 {
                self.runs.push(name);
            }
            self.words.call(name);
            self.callees.call(callee, &call.arguments, self.scopes.get(self.place.scope as usize));
            self.hooks.extend(hooks::called(callee));
            self.call_row(call);
        }
        if let Expr::Attribute(attribute) = &*call.func {
            self.mutated(&attribute.value);
        }
        self.callee(&call.func);
        for argument in call.arguments.iter_source_order() {
            let value = match argument {
                ArgOrKeyword::Arg(Expr::Starred(starred)) => &starred.value,
                ArgOrKeyword::Arg(value) => value,
                ArgOrKeyword::Keyword(keyword) => {
                    if let Some(name) = &keyword.arg {
                        self.stands(name.as_str());
                    }
                    &keyword.value
                }
            };
            self.mutated(value);
            self.expr(value);
        }
    }

    fn call_row(&mut self, call: &'a ExprCall) {
        let line = self.line(call.start());
        let writer = self.writer;
        let mut rows = std::mem::take(&mut self.calls);
        rows.add(line, |out| {
            out.push(b'[');
            writer.root(out, &call.func);
            out.push(b',');
            writer.arguments(out, &call.arguments, 0);
            out.push(b',');
            self.write_place(out, line);
        });
        self.calls = rows;
    }
}
