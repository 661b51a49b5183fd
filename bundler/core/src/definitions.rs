//! Functions, classes and lambdas: the scopes.

use ruff_python_ast::{
    ArgOrKeyword, Decorator, Expr, ExprLambda, Parameters, StmtClassDef, StmtFunctionDef, TypeParam, TypeParams,
};
use ruff_text_size::{Ranged, TextSize};

use crate::bindings::Value;
use crate::names::{self, FrameKind};
use crate::walk::{ScopeRow, Walker};

impl<'a> Walker<'a> {
    fn open_scope(&mut self, row: ScopeRow<'a>) -> u32 {
        self.scopes.push(row);
        self.scopes.len() as u32 - 1
    }

    /// A scope of this kind at this point, the rest of its row empty.
    fn scope_row(&self, kind: &'static str, name: &'a str, start: TextSize, first: TextSize, end: TextSize) -> ScopeRow<'a> {
        ScopeRow {
            kind,
            name,
            parent: i64::from(self.place.scope),
            line: self.line(start),
            first_line: self.line(first),
            end_line: self.line(end),
            parameters: None,
            decorators: Vec::new(),
            arguments: None,
            global_names: Vec::new(),
            nonlocal_names: Vec::new(),
            statement: self.place.statement,
            under: self.under(),
            generator: false,
        }
    }

    fn decorators(&mut self, decorators: &'a [Decorator]) {
        for decorator in decorators {
            self.features.decorator(decorator);
            if let Expr::Attribute(attribute) = &decorator.expression {
                self.mutated(&attribute.value); // it is called with the definition
            }
            self.expr(&decorator.expression);
        }
    }

    pub fn function(&mut self, def: &'a StmtFunctionDef, start: TextSize) {
        self.decorators(&def.decorator_list);
        self.bind_definition(def.name.as_str());
        let kind = if def.is_async { "async" } else { "function" };
        let mut row = self.scope_row(kind, def.name.as_str(), start, def.start(), def.end());
        row.parameters = Some(&def.parameters);
        row.decorators = def.decorator_list.iter().map(|decorator| &decorator.expression).collect();
        let scope = self.open_scope(row);
        self.in_type_parameters(def.type_params.as_deref(), |walker| {
            walker.parameter_expressions(&def.parameters, def.type_params.is_some());
            walker.annotation(def.returns.as_deref());
            walker.open_frame(FrameKind::Function);
            walker.bind_parameters(&def.parameters);
            walker.body_of(scope, |walker| walker.block(&def.body));
            walker.close_frame();
        });
    }

    pub fn class(&mut self, def: &'a StmtClassDef, start: TextSize) {
        self.decorators(&def.decorator_list);
        self.bind_definition(def.name.as_str());
        let mut row = self.scope_row("class", def.name.as_str(), start, def.start(), def.end());
        row.decorators = def.decorator_list.iter().map(|decorator| &decorator.expression).collect();
        row.arguments = def.arguments.as_deref();
        let scope = self.open_scope(row);
        self.in_type_parameters(def.type_params.as_deref(), |walker| {
            for argument in def.arguments.iter().flat_map(|arguments| arguments.iter_source_order()) {
                match argument {
                    ArgOrKeyword::Arg(value) => walker.expr(value),
                    ArgOrKeyword::Keyword(keyword) => walker.expr(&keyword.value),
                }
            }
            walker.open_frame(FrameKind::Class);
            let before = walker.place;
            walker.place.scope = scope;
            walker.place.at_module_level = false;
            walker.block(&def.body);
            walker.place = before;
            walker.close_frame();
        });
    }

    pub fn lambda(&mut self, lambda: &'a ExprLambda) {
        let mut row = self.scope_row("lambda", "<lambda>", lambda.start(), lambda.start(), lambda.end());
        row.parameters = lambda.parameters.as_deref();
        let scope = self.open_scope(row);
        if let Some(parameters) = &lambda.parameters {
            self.parameter_expressions(parameters, false);
        }
        self.open_frame(FrameKind::Function);
        if let Some(parameters) = &lambda.parameters {
            self.bind_parameters(parameters);
        }
        self.body_of(scope, |walker| {
            walker.result("return", Value::of(&lambda.body), lambda.body.start());
            walker.expr(&lambda.body);
        });
        self.close_frame();
    }

    /// Walks the body of a function or lambda, whose conditions start empty.
    fn body_of(&mut self, scope: u32, walk: impl FnOnce(&mut Self)) {
        let (place, exited) = (self.place, self.exited);
        self.place.scope = scope;
        self.place.under = 0;
        self.place.at_module_level = false;
        self.exited = false;
        walk(self);
        self.place = place;
        self.exited = exited;
    }

    /// Annotations and defaults; defaults stand outside the type parameters, if there are any.
    fn parameter_expressions(&mut self, parameters: &'a Parameters, has_type_parameters: bool) {
        self.features.parameters(parameters);
        for parameter in parameters.iter_source_order() {
            self.annotation(parameter.annotation());
            let Some(default) = parameter.default() else {
                continue;
            };
            if has_type_parameters {
                self.outside_frame(|walker| walker.expr(default));
            } else {
                self.expr(default);
            }
        }
    }

    fn bind_definition(&mut self, name: &'a str) {
        let around = self.scopes.get(self.place.scope as usize).map_or("module", |scope| scope.kind);
        self.callees.bind_definition(name, around);
        self.bind_name(name);
    }

    fn bind_parameters(&mut self, parameters: &'a Parameters) {
        for parameter in parameters {
            self.callees.bind_parameter(parameter.as_parameter().name.as_str());
            self.mark(parameter.as_parameter().name.as_str(), names::BOUND);
        }
    }

    /// Walks something in which type parameters are local names.
    pub fn in_type_parameters(&mut self, parameters: Option<&'a TypeParams>, walk: impl FnOnce(&mut Self)) {
        let Some(parameters) = parameters else {
            return walk(self);
        };
        self.features.type_parameters(parameters);
        self.open_frame(FrameKind::TypeParameters);
        for parameter in &parameters.type_params {
            let (name, bound, default) = match parameter {
                TypeParam::TypeVar(inner) => (&inner.name, inner.bound.as_deref(), inner.default.as_deref()),
                TypeParam::TypeVarTuple(inner) => (&inner.name, None, inner.default.as_deref()),
                TypeParam::ParamSpec(inner) => (&inner.name, None, inner.default.as_deref()),
            };
            self.callees.bind_value(name.as_str());
            self.mark(name.as_str(), names::BOUND);
            self.optional(bound);
            self.optional(default);
        }
        walk(self);
        self.close_frame();
    }

    /// Walks something as if the innermost frame were not open yet.
    pub fn outside_frame(&mut self, walk: impl FnOnce(&mut Self)) {
        let frame = self.frames.pop();
        walk(self);
        self.frames.extend(frame);
    }
}
