//! Syntax that needs a certain Python: the first line of each.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{
    AnyStringFlags, Decorator, Expr, InterpolatedElement, InterpolatedStringElements, Parameters, StmtTry, StmtWith, StringFlags,
    TypeParam, TypeParams,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::json;
use crate::lines::Lines;
use crate::rows::Rows;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    DeepBrackets,
    Walrus,
    PositionalOnly,
    FstringEquals,
    UnparenthesizedStar,
    RelaxedDecorator,
    ParenthesizedWith,
    Match,
    ExceptStar,
    StarIndex,
    TypeParameters,
    TypeAlias,
    TypeParameterDefaults,
    FstringNesting,
    TemplateString,
    ExceptWithoutParentheses,
    FutureAnnotations,
}

const NAMES: [&str; 17] = [
    "deep_brackets",
    "walrus",
    "positional_only",
    "fstring_equals",
    "unparenthesized_star",
    "relaxed_decorator",
    "parenthesized_with",
    "match",
    "except_star",
    "star_index",
    "type_parameters",
    "type_alias",
    "type_parameter_defaults",
    "fstring_nesting",
    "template_string",
    "except_without_parentheses",
    "future_annotations",
];

/// What is found so far, with what is needed to look closer.
pub struct Features<'a> {
    pub source: &'a str,
    pub lines: &'a Lines<'a>,
    pub tokens: &'a Tokens,
    first: [Option<TextSize>; NAMES.len()],
}

impl<'a> Features<'a> {
    pub fn new(source: &'a str, lines: &'a Lines<'a>, tokens: &'a Tokens) -> Self {
        Self { source, lines, tokens, first: [None; NAMES.len()] }
    }

    pub fn add(&mut self, feature: Feature, at: TextSize) {
        let first = &mut self.first[feature as usize];
        *first = Some(first.map_or(at, |before| before.min(at)));
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        let mut rows = Rows::default();
        for (name, at) in NAMES.iter().zip(self.first) {
            if let Some(at) = at {
                let line = self.lines.line(at);
                rows.add(line, |out| {
                    out.push(b'[');
                    json::write_str(out, name);
                    out.push(b',');
                    json::write_int(out, i64::from(line));
                    out.push(b']');
                });
            }
        }
        rows.write(out);
    }

    /// The first token at or after `offset` that is written and no comment.
    pub fn token_from(&self, offset: TextSize) -> Option<(TokenKind, TextRange)> {
        let start = self.tokens.partition_point(|token| token.start() < offset);
        let mut tokens = self.tokens.get(start..)?.iter();
        let token = tokens.find(|token| !is_silent(token.kind()))?;
        Some((token.kind(), token.range()))
    }

    pub fn decorator(&mut self, decorator: &Decorator) {
        let dotted = match &decorator.expression {
            Expr::Call(call) => &call.func,
            other => other,
        };
        let mut rest = dotted;
        while let Expr::Attribute(attribute) = rest {
            rest = &attribute.value;
        }
        let text = self.source.get(decorator.start().to_usize()..dotted.end().to_usize()).unwrap_or_default();
        if !rest.is_name_expr() || text.contains('(') {
            self.add(Feature::RelaxedDecorator, decorator.start());
        }
    }

    /// `return`, `yield` or the like with a value.
    pub fn unparenthesized_star(&mut self, keyword: TextSize, value: Option<&Expr>) {
        if let Some(Expr::Tuple(tuple)) = value
            && !tuple.parenthesized
            && tuple.elts.iter().any(Expr::is_starred_expr)
        {
            self.add(Feature::UnparenthesizedStar, keyword);
        }
    }

    pub fn index(&mut self, index: &Expr) {
        let star = match index {
            Expr::Starred(_) => Some(index),
            Expr::Tuple(tuple) if !tuple.parenthesized => tuple.elts.iter().find(|item| item.is_starred_expr()),
            _ => None,
        };
        if let Some(star) = star {
            self.add(Feature::StarIndex, star.start());
        }
    }

    pub fn parameters(&mut self, parameters: &Parameters) {
        if let Some(last) = parameters.posonlyargs.last() {
            let comma = self.token_from(last.end());
            let slash = comma.and_then(|(_, comma)| self.token_from(comma.end()));
            if let Some((_, slash)) = slash {
                self.add(Feature::PositionalOnly, slash.start());
            }
        }
        if let Some(annotation) = parameters.vararg.as_deref().and_then(|parameter| parameter.annotation.as_deref())
            && annotation.is_starred_expr()
        {
            self.add(Feature::StarIndex, annotation.start());
        }
    }

    pub fn type_parameters(&mut self, parameters: &TypeParams) {
        self.add(Feature::TypeParameters, parameters.start());
        for parameter in &parameters.type_params {
            let default = match parameter {
                TypeParam::TypeVar(parameter) => &parameter.default,
                TypeParam::TypeVarTuple(parameter) => &parameter.default,
                TypeParam::ParamSpec(parameter) => &parameter.default,
            };
            if default.is_some() {
                self.add(Feature::TypeParameterDefaults, parameter.start());
            }
        }
    }

    pub fn handlers(&mut self, statement: &StmtTry) {
        for handler in &statement.handlers {
            if statement.is_star {
                self.add(Feature::ExceptStar, handler.start());
            }
            let ruff_python_ast::ExceptHandler::ExceptHandler(inner) = handler;
            if matches!(inner.type_.as_deref(), Some(Expr::Tuple(tuple)) if !tuple.parenthesized) {
                self.add(Feature::ExceptWithoutParentheses, handler.start());
            }
        }
    }

    /// Parenthesised items: several, with an `as` or with a trailing comma, which Python 3.8 does not read as such.
    pub fn with_items(&mut self, statement: &StmtWith) {
        let (Some(first), Some(last)) = (statement.items.first(), statement.items.last()) else {
            return;
        };
        let mut keyword = self.token_from(statement.start());
        if statement.is_async {
            keyword = keyword.and_then(|(_, range)| self.token_from(range.end()));
        }
        let Some((TokenKind::Lpar, open)) = keyword.and_then(|(_, range)| self.token_from(range.end())) else {
            return;
        };
        if first.start() <= open.start() {
            return; // the parenthesis belongs to the first item
        }
        // What stands between the last item and the colon: `)`, `,)` or nothing at all (then the parenthesis was the
        // first item's own after all).
        let mut after = self.token_from(last.end());
        let mut has_comma = false;
        if let Some((TokenKind::Comma, comma)) = after {
            has_comma = true;
            after = self.token_from(comma.end());
        }
        if matches!(after, Some((TokenKind::Rpar, _)))
            && (has_comma || statement.items.len() > 1 || first.optional_vars.is_some())
        {
            self.add(Feature::ParenthesizedWith, statement.start());
        }
    }

    /// Fields of an f-string.
    pub fn fields(&mut self, elements: &InterpolatedStringElements, flags: AnyStringFlags) {
        for field in elements.interpolations() {
            if field.debug_text.is_some() {
                self.add(Feature::FstringEquals, field.start());
            }
            if self.is_nested(field, flags) {
                self.add(Feature::FstringNesting, field.start());
            }
            if let Some(spec) = &field.format_spec {
                self.fields(&spec.elements, flags);
            }
        }
    }

    /// Whether a field holds what no f-string could before Python 3.12.
    fn is_nested(&self, field: &InterpolatedElement, flags: AnyStringFlags) -> bool {
        let range = self.expression_range(field);
        let text = self.source.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default();
        let is_triple = flags.is_triple_quoted();
        if text.contains(flags.quote_str()) || text.contains('\\') {
            return true;
        }
        if !is_triple && text.contains(['\n', '\r']) {
            return true;
        }
        text.contains('#')
            && self.tokens.iter().any(|token| token.kind() == TokenKind::Comment && range.contains_range(token.range()))
    }

    /// From the `{` to the `!`, `:` or `}` that ends the expression.
    fn expression_range(&self, field: &InterpolatedElement) -> TextRange {
        let mut end = match &field.format_spec {
            Some(spec) => spec.start(),
            None => field.end(),
        };
        if !field.conversion.is_none()
            && let Some((_, mark)) = self.exclamation(field)
        {
            end = mark.start();
        }
        TextRange::new(field.start(), end.max(field.start()))
    }

    fn exclamation(&self, field: &InterpolatedElement) -> Option<(TokenKind, TextRange)> {
        let mut at = field.expression.end();
        while at < field.end() {
            let (kind, range) = self.token_from(at)?;
            if kind == TokenKind::Exclamation {
                return Some((kind, range));
            }
            at = range.end();
        }
        None
    }

    /// The keyword at which a decorated definition starts.
    pub fn definition_start(&self, start: TextSize, decorators: &[Decorator]) -> TextSize {
        let after = decorators.last().map(Ranged::end);
        let keyword = after.and_then(|end| self.token_from(end));
        keyword.map_or(start, |(_, range)| range.start())
    }
}

fn is_silent(kind: TokenKind) -> bool {
    kind.is_any_newline() || matches!(kind, TokenKind::Comment | TokenKind::Indent | TokenKind::Dedent)
}
