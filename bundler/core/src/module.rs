//! All facts of one module, in their serialised form.

use ruff_python_ast::token::Tokens;
use ruff_python_ast::{Arguments, Expr, ModModule, PythonVersion, Stmt};
use ruff_python_parser::{Mode, ParseOptions};
use ruff_text_size::TextSize;

use crate::code::{Code, Family};
use crate::conditions;
use crate::directives::directives;
use crate::error::SourceError;
use crate::expr::Writer;
use crate::features::Feature;
use crate::json;
use crate::limits;
use crate::lines::Lines;
use crate::names::StatementNames;
use crate::walk::{Part, ScopeRow, StatementRow, Walker};

const SCHEMA: i64 = 1;

/// Reads the facts of a text (as `decode::normalised` gives it) as canonical JSON.
///
/// Recursion follows the nesting that `limits` admits: run it where the stack is large (`pool::with_large_stack`).
pub fn extract(source: &str) -> Result<Vec<u8>, SourceError> {
    let parsed = Parsed::new(source)?;
    let mut walker = parsed.walker();
    walker.module(parsed.body());
    Ok(render(walker, parsed.tokens()))
}

/// A text that is Python.
pub struct Parsed<'a> {
    source: &'a str,
    lines: Lines<'a>,
    module: ruff_python_parser::Parsed<ModModule>,
    deep: Option<TextSize>,
}

impl<'a> Parsed<'a> {
    pub fn new(source: &'a str) -> Result<Self, SourceError> {
        if u32::try_from(source.len()).is_err() {
            return Err(SourceError::new("larger than 4 GiB", 0));
        }
        let lines = Lines::new(source);
        if source.len() > limits::SMALL_TEXT {
            limits::check_text(source, &lines)?;
        }
        // Newest syntax that both extractors know.
        let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY314);
        let Some(module) = ruff_python_parser::parse_unchecked(source, options).try_into_module() else {
            return Err(SourceError::new("not a module", 0));
        };
        let deep = limits::check_tokens(module.tokens(), &lines)?;
        if let Some(error) = module.errors().first() {
            return Err(SourceError::new(error.error.to_string(), lines.line(error.location.start())));
        }
        if let Some(error) = module.unsupported_syntax_errors().first() {
            return Err(SourceError::new(error.to_string(), lines.line(error.range.start())));
        }
        Ok(Self { source, lines, module, deep })
    }

    pub fn body(&self) -> &[Stmt] {
        self.module.suite()
    }

    pub fn tokens(&self) -> &Tokens {
        self.module.tokens()
    }

    pub fn lines(&self) -> &Lines<'a> {
        &self.lines
    }

    /// A walker that has seen nothing but the brackets.
    pub fn walker(&self) -> Walker<'_> {
        let mut walker = Walker::new(self.source, &self.lines, self.tokens());
        if let Some(bracket) = self.deep {
            walker.features.add(Feature::DeepBrackets, bracket);
        }
        walker
    }
}

/// The rows of one part as canonical JSON.
pub fn extract_part(source: &str, part: Part) -> Result<Vec<u8>, SourceError> {
    let parsed = Parsed::new(source)?;
    let mut walker = parsed.walker();
    walker.only(part);
    walker.module(parsed.body());
    let mut out = Vec::with_capacity(walker.source.len());
    match part {
        Part::Code(family) => return Ok(Code::new(walker.writer, walker.bindings, walker.calls, walker.scopes).json(family)),
        Part::Statements => write_statements(&mut out, walker.lines, walker.statements),
        Part::Texts => walker.texts.write(&mut out),
    }
    Ok(out)
}

/// Bindings, calls and scopes.
pub fn code(source: &str) -> Result<Code, SourceError> {
    let parsed = Parsed::new(source)?;
    let mut walker = parsed.walker();
    walker.only(Part::Code(Family::Calls));
    walker.module(parsed.body());
    Ok(Code::new(walker.writer, walker.bindings, walker.calls, walker.scopes))
}

/// One object, keys sorted, a newline at the end.
fn render(walker: Walker, tokens: &Tokens) -> Vec<u8> {
    let lines = walker.lines;
    let mut object = Object::new(walker.source);
    object.family("bindings", |out| walker.bindings.write(out));
    object.family("calls", |out| walker.calls.write(out));
    object.family("directives", |out| directives(walker.source, lines, tokens).rows().write(out));
    object.family("features", |out| walker.features.write(out));
    object.family("imports", |out| walker.imports.write(out));
    object.family("schema", |out| json::write_int(out, SCHEMA));
    object.family("scopes", |out| write_scopes(out, walker.writer, walker.scopes));
    object.family("statements", |out| write_statements(out, lines, walker.statements));
    object.family("texts", |out| walker.texts.write(out));
    object.out.extend_from_slice(b"}\n");
    object.out
}

fn write_scopes(out: &mut Vec<u8>, writer: Writer, rows: Vec<ScopeRow>) {
    json::write_array(out, rows, |out, row| write_scope(out, writer, row));
}

fn write_statements(out: &mut Vec<u8>, lines: &Lines, rows: Vec<StatementRow>) {
    json::write_array(out, rows, |out, row| write_statement(out, lines, row));
}

struct Object {
    out: Vec<u8>,
}

impl Object {
    fn new(source: &str) -> Self {
        Self { out: Vec::with_capacity(source.len() * 2) }
    }

    fn family(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        self.out.push(if self.out.is_empty() { b'{' } else { b',' });
        json::write_str(&mut self.out, name);
        self.out.push(b':');
        write(&mut self.out);
    }
}

fn write_names(out: &mut Vec<u8>, names: &[&str]) {
    json::write_array(out, names, |out, name| json::write_str(out, name));
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names.dedup();
    names
}

pub fn write_scope(out: &mut Vec<u8>, writer: Writer, row: ScopeRow) {
    out.push(b'[');
    json::write_str(out, row.kind);
    out.push(b',');
    json::write_str(out, row.name);
    for number in [row.parent, i64::from(row.line), i64::from(row.first_line), i64::from(row.end_line)] {
        out.push(b',');
        json::write_int(out, number);
    }
    out.push(b',');
    write_parameters(out, writer, &row);
    out.push(b',');
    json::write_array(out, &row.decorators, |out, expr| writer.root(out, expr));
    out.push(b',');
    write_bases(out, writer, row.arguments);
    out.push(b',');
    write_names(out, &sorted(row.global_names));
    out.push(b',');
    write_names(out, &sorted(row.nonlocal_names));
    out.push(b',');
    json::write_int(out, row.statement);
    out.push(b',');
    conditions::write(out, row.under);
    out.extend_from_slice(if row.generator { b",true]" } else { b",false]" });
}

fn write_parameters(out: &mut Vec<u8>, writer: Writer, row: &ScopeRow) {
    let mut list: Vec<(&str, &str, Option<&Expr>)> = Vec::new();
    if let Some(parameters) = row.parameters {
        for (kind, group) in [("positional", &parameters.posonlyargs), ("either", &parameters.args)] {
            list.extend(group.iter().map(|item| (item.parameter.name.as_str(), kind, item.default.as_deref())));
        }
        list.extend(parameters.vararg.iter().map(|item| (item.name.as_str(), "star", None)));
        let keyword_only = parameters.kwonlyargs.iter();
        list.extend(keyword_only.map(|item| (item.parameter.name.as_str(), "keyword", item.default.as_deref())));
        list.extend(parameters.kwarg.iter().map(|item| (item.name.as_str(), "dstar", None)));
    }
    json::write_array(out, list, |out, (name, kind, default)| {
        out.push(b'[');
        json::write_str(out, name);
        out.push(b',');
        json::write_str(out, kind);
        out.push(b',');
        match default {
            Some(default) => writer.root(out, default),
            None => out.extend_from_slice(b"null"),
        }
        out.push(b']');
    });
}

/// `[bases],[keywords]` of a class.
fn write_bases(out: &mut Vec<u8>, writer: Writer, arguments: Option<&Arguments>) {
    let (bases, keywords) = arguments.map_or((&[][..], &[][..]), |arguments| (&*arguments.args, &*arguments.keywords));
    json::write_array(out, bases, |out, base| writer.item(out, base, 0));
    out.push(b',');
    json::write_array(out, keywords, |out, keyword| {
        out.push(b'[');
        json::write_optional_str(out, keyword.arg.as_ref().map(|name| name.as_str()));
        out.push(b',');
        writer.root(out, &keyword.value);
        out.push(b']');
    });
}

fn write_statement(out: &mut Vec<u8>, lines: &Lines, row: StatementRow) {
    let (line, column) = lines.line_and_column(row.start);
    let (end_line, end_column) = lines.line_and_column(row.end);
    let first_line = lines.line(row.first);
    out.push(b'[');
    json::write_int(out, row.parent);
    out.push(b',');
    json::write_str(out, row.branch);
    out.push(b',');
    json::write_str(out, row.kind);
    for number in [line, column, end_line, end_column, first_line] {
        out.push(b',');
        json::write_int(out, i64::from(number));
    }
    let names = StatementNames::new(row.marks);
    for list in
        [&names.binds, &names.deletes, &names.uses, &names.deferred, &names.mutates, &names.deferred_mutates, &names.global_binds]
    {
        out.push(b',');
        write_names(out, list);
    }
    out.push(b',');
    conditions::write(out, row.under);
    out.push(b']');
}
