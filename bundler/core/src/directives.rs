//! `# clustrix: VERB ARGUMENT` comments.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::Ranged;

use crate::json;
use crate::lines::Lines;
use crate::rows::Rows;

/// Verb, argument and line of each, in source order.
pub struct Directives<'a>(Vec<(&'a str, &'a str, u32)>);

pub fn directives<'a>(source: &'a str, lines: &Lines, tokens: &Tokens) -> Directives<'a> {
    const SPACE: [char; 2] = [' ', '\t'];
    let mut found = Vec::new();
    if memchr::memmem::find(source.as_bytes(), b"clustrix:").is_none() {
        return Directives(found);
    }
    for token in tokens.iter().filter(|token| token.kind() == TokenKind::Comment) {
        let comment = source.get(token.start().to_usize()..token.end().to_usize()).unwrap_or_default();
        let body = comment.get(1..).unwrap_or_default().trim_start_matches(SPACE);
        let Some(rest) = body.strip_prefix("clustrix:") else {
            continue;
        };
        let rest = rest.trim_matches(SPACE);
        let (verb, argument) = rest.split_once(SPACE).unwrap_or((rest, ""));
        if !verb.is_empty() {
            found.push((verb, argument.trim_start_matches(SPACE), lines.line(token.start())));
        }
    }
    Directives(found)
}

impl Directives<'_> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lines on which what stands there is to be left alone.
    pub fn ignored(&self) -> Vec<u32> {
        self.0.iter().filter(|(verb, ..)| *verb == "ignore").map(|(.., line)| *line).collect()
    }

    pub fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        for (verb, argument, line) in &self.0 {
            rows.add(*line, |out| {
                out.push(b'[');
                json::write_str(out, verb);
                out.push(b',');
                json::write_str(out, argument);
                out.push(b',');
                json::write_int(out, i64::from(*line));
                out.push(b']');
            });
        }
        rows
    }
}
