//! Statements: blocks and their conditions, imports, and the module-level ones as facts of their own.

use ruff_python_ast::{Alias, ElifElseClause, ExceptHandler, Expr, Identifier, Stmt, StmtIf, StmtMatch, StmtTry};
use ruff_text_size::{Ranged, TextSize};

use crate::bindings::Value;
use crate::conditions;
use crate::features::Feature;
use crate::hooks;
use crate::json;
use crate::names;
use crate::walk::{ImportRow, StatementRow, Walker};

impl<'a> Walker<'a> {
    pub fn block(&mut self, body: &'a [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    /// A block of the module-level compound statement `self.place.statement` (or of any statement elsewhere).
    fn branch(&mut self, branch: &'static str, under: conditions::Under, body: &'a [Stmt]) {
        let before = self.place;
        self.place.parent = before.statement;
        self.place.branch = branch;
        self.place.under |= under;
        self.block(body);
        self.place = before;
    }

    /// Opens a `Statement` if one is due here; gives the place to come back to.
    pub fn open_statement(&mut self, kind: &'static str, start: TextSize, first: TextSize, end: TextSize) -> i64 {
        let before = self.place.statement;
        if self.place.at_module_level {
            self.statements.push(StatementRow {
                parent: self.place.parent,
                branch: self.place.branch,
                kind,
                start,
                end,
                first,
                under: self.under(),
                marks: Vec::new(),
            });
            self.place.statement = self.statements.len() as i64 - 1;
        }
        before
    }

    fn statement(&mut self, statement: &'a Stmt) {
        let start = match statement {
            Stmt::FunctionDef(def) => self.features.definition_start(def.start(), &def.decorator_list),
            Stmt::ClassDef(def) => self.features.definition_start(def.start(), &def.decorator_list),
            other => other.start(),
        };
        let before = self.open_statement(kind(statement), start, statement.start(), statement.end());
        match statement {
            Stmt::FunctionDef(def) => self.function(def, start),
            Stmt::ClassDef(def) => self.class(def, start),
            Stmt::Return(inner) => {
                self.features.unparenthesized_star(inner.start(), inner.value.as_deref());
                if let Some(value) = &inner.value {
                    if matches!(self.scopes[self.place.scope as usize].kind, "function" | "async") {
                        self.result("return", Value::of(value), inner.start());
                    }
                    self.expr(value);
                }
                self.exited = true;
            }
            Stmt::Delete(inner) => {
                for target in &inner.targets {
                    self.delete(target);
                }
            }
            Stmt::TypeAlias(inner) => {
                self.features.add(Feature::TypeAlias, inner.start());
                if let Expr::Name(name) = &*inner.name {
                    self.callees.bind_value(name.id.as_str());
                    self.bind_name(name.id.as_str());
                }
                self.in_type_parameters(inner.type_params.as_deref(), |walker| walker.expr(&inner.value));
            }
            Stmt::Assign(inner) => {
                for target in &inner.targets {
                    self.target(target, Value::of(&inner.value), "assign");
                }
                self.expr(&inner.value);
            }
            Stmt::AugAssign(inner) => {
                self.augmented(inner);
                self.expr(&inner.value);
            }
            Stmt::AnnAssign(inner) => {
                match &inner.value {
                    Some(value) => self.target(&inner.target, Value::of(value), "assign"),
                    None => self.declare(&inner.target),
                }
                self.annotation(Some(&inner.annotation));
                self.optional(inner.value.as_deref());
            }
            Stmt::For(inner) => {
                self.target(&inner.target, Value::of(&inner.iter).item(), "for");
                self.expr(&inner.iter);
                self.branch("body", conditions::LOOP, &inner.body);
                self.branch("orelse", conditions::LOOP, &inner.orelse);
            }
            Stmt::While(inner) => {
                self.expr(&inner.test);
                self.branch("body", conditions::LOOP, &inner.body);
                self.branch("orelse", conditions::LOOP, &inner.orelse);
            }
            Stmt::If(inner) => self.if_statement(inner),
            Stmt::With(inner) => {
                self.features.with_items(inner);
                for item in &inner.items {
                    self.expr(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.target(target, Value::of(&item.context_expr), "with");
                    }
                }
                self.branch("body", conditions::with_body(&inner.items), &inner.body);
            }
            Stmt::Match(inner) => self.match_statement(inner),
            Stmt::Raise(inner) => {
                self.optional(inner.exc.as_deref());
                self.optional(inner.cause.as_deref());
                self.exited = true;
            }
            Stmt::Try(inner) => self.try_statement(inner),
            Stmt::Assert(inner) => {
                self.expr(&inner.test);
                self.optional(inner.msg.as_deref());
            }
            Stmt::Import(inner) => {
                for alias in &inner.names {
                    self.import(alias);
                }
            }
            Stmt::ImportFrom(inner) => {
                let module = inner.module.as_ref().map_or("", |name| name.as_str());
                for alias in &inner.names {
                    self.import_from(module, inner.level, alias);
                }
            }
            Stmt::Global(inner) => self.declaration(&inner.names, names::GLOBAL),
            Stmt::Nonlocal(inner) => self.declaration(&inner.names, names::NONLOCAL),
            Stmt::Expr(inner) => self.expression_statement(&inner.value),
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => {}
        }
        self.place.statement = before;
    }

    fn expression_statement(&mut self, value: &'a Expr) {
        if let Expr::StringLiteral(string) = value {
            let line = self.line(string.start());
            self.texts.add(self.source, string, self.place.scope, line, true);
        } else {
            self.expr(value);
        }
        if conditions::is_exit_call(value) {
            self.exited = true;
        }
    }

    fn declaration(&mut self, names: &'a [Identifier], mark: names::Mark) {
        for name in names {
            self.mark_in_block(name.as_str(), mark);
            let scope = &mut self.scopes[self.place.scope as usize];
            let list = if mark == names::GLOBAL { &mut scope.global_names } else { &mut scope.nonlocal_names };
            list.push(name.as_str());
        }
    }

    fn if_statement(&mut self, statement: &'a StmtIf) {
        self.expr(&statement.test);
        let (body, otherwise) = conditions::branches(&statement.test);
        self.branch("body", body, &statement.body);
        self.clauses(&statement.elif_else_clauses, otherwise, statement.end());
    }

    /// `elif` and `else`: each `elif` is an `if` in the `else` of the one before.
    fn clauses(&mut self, clauses: &'a [ElifElseClause], mut otherwise: conditions::Under, end: TextSize) {
        let before = self.place;
        for clause in clauses {
            match &clause.test {
                Some(test) => {
                    self.place.parent = self.place.statement;
                    self.place.branch = "orelse";
                    self.place.under |= conditions::IF;
                    self.open_statement("if", clause.start(), clause.start(), end);
                    self.expr(test);
                    let (body, next) = conditions::branches(test);
                    self.branch("body", body, &clause.body);
                    otherwise = next;
                }
                None => self.branch("orelse", otherwise, &clause.body),
            }
        }
        self.place = before;
    }

    fn match_statement(&mut self, statement: &'a StmtMatch) {
        self.features.add(Feature::Match, statement.start());
        self.expr(&statement.subject);
        for case in &statement.cases {
            self.pattern(&case.pattern);
            self.optional(case.guard.as_deref());
            self.branch("case", conditions::IF, &case.body);
        }
    }

    fn try_statement(&mut self, statement: &'a StmtTry) {
        self.features.handlers(statement);
        self.branch("body", conditions::try_body(&statement.handlers), &statement.body);
        for ExceptHandler::ExceptHandler(handler) in &statement.handlers {
            self.optional(handler.type_.as_deref());
            if let Some(name) = &handler.name {
                self.captured(name, "except");
            }
            self.branch("handler", conditions::HANDLER, &handler.body);
        }
        self.branch("orelse", conditions::IF, &statement.orelse);
        self.branch("finalbody", 0, &statement.finalbody);
    }

    fn import(&mut self, alias: &'a Alias) {
        let module = alias.name.as_str();
        let bound = match &alias.asname {
            Some(name) => name.as_str(),
            None => module.split('.').next().unwrap_or_default(),
        };
        self.bind_name(bound);
        self.import_row(module, 0, None, alias);
    }

    fn import_from(&mut self, module: &'a str, level: u32, alias: &'a Alias) {
        let name = alias.name.as_str();
        if module == "__future__" && level == 0 && name == "annotations" {
            self.features.add(Feature::FutureAnnotations, alias.start());
        }
        self.bind_name(alias.asname.as_ref().map_or(name, |name| name.as_str()));
        self.import_row(module, level, Some(name), alias);
    }

    fn import_row(&mut self, module: &'a str, level: u32, name: Option<&'a str>, alias: &'a Alias) {
        for part in module.split('.').chain(name).chain(alias.asname.as_ref().map(|name| name.as_str())) {
            self.words.add(part);
        }
        if let Some(name) = name.filter(|_| alias.asname.is_some()) {
            self.words.call(name);
            self.words.read(name);
        }
        self.hooks.extend(hooks::imported(module, name));
        let line = self.line(alias.start());
        let mut rows = std::mem::take(&mut self.imports);
        rows.add(line, |out| {
            out.push(b'[');
            json::write_str(out, module);
            out.push(b',');
            json::write_int(out, i64::from(level));
            out.push(b',');
            json::write_optional_str(out, name);
            out.push(b',');
            json::write_optional_str(out, alias.asname.as_ref().map(|name| name.as_str()));
            out.push(b',');
            self.write_place(out, line);
        });
        self.imports = rows;
        self.import_rows.push(ImportRow {
            module,
            level,
            name,
            asname: alias.asname.as_ref().map(|name| name.as_str()),
            scope: self.place.scope,
            line,
            under: self.under(),
        });
    }
}

fn kind(statement: &Stmt) -> &'static str {
    match statement {
        Stmt::Import(_) | Stmt::ImportFrom(_) => "import",
        Stmt::FunctionDef(_) => "def",
        Stmt::ClassDef(_) => "class",
        Stmt::Assign(_) | Stmt::AnnAssign(_) => "assign",
        Stmt::AugAssign(_) => "aug",
        Stmt::Expr(_) => "expr",
        Stmt::If(_) => "if",
        Stmt::For(_) => "for",
        Stmt::While(_) => "while",
        Stmt::Try(_) => "try",
        Stmt::With(_) => "with",
        Stmt::Match(_) => "match",
        Stmt::Delete(_) => "del",
        Stmt::Pass(_) => "pass",
        Stmt::Raise(_) => "raise",
        Stmt::Assert(_) => "assert",
        Stmt::Global(_) => "global",
        Stmt::TypeAlias(_) => "type",
        Stmt::Return(_) | Stmt::Nonlocal(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => "other",
    }
}

/// The name that an attribute or subscript chain starts with, or a plain name.
pub fn root_name(expr: &Expr) -> Option<&str> {
    let mut rest = expr;
    loop {
        rest = match rest {
            Expr::Name(name) => return Some(name.id.as_str()),
            Expr::Attribute(attribute) => &attribute.value,
            Expr::Subscript(subscript) => &subscript.value,
            _ => return None,
        };
    }
}
