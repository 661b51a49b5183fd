//! String literals that could name a module or a file.

use std::borrow::Cow;

use ruff_python_ast::ExprStringLiteral;

use crate::rows::Rows;
use crate::{json, literals};

/// Longer texts name nothing.
const MAX_POINTS: usize = 256;

#[derive(Default)]
pub struct Texts<'a> {
    /// Texts that nobody will read are not kept.
    pub muted: bool,
    /// Texts without a dot or a slash are not kept.
    pub only_paths: bool,
    found: Vec<Text<'a>>,
}

struct Text<'a> {
    scope: u32,
    value: Cow<'a, [u8]>,
    line: u32,
    doc: bool,
}

impl<'a> Texts<'a> {
    pub fn add(&mut self, source: &'a str, string: &'a ExprStringLiteral, scope: u32, line: u32, doc: bool) {
        if self.muted {
            return;
        }
        let parts = string.value.iter().map(|part| literals::string_value(source, part));
        let value = literals::concatenated(parts);
        let fits = !value.is_empty()
            && (value.len() <= MAX_POINTS || value.len() <= 4 * MAX_POINTS && literals::count_points(&value) <= MAX_POINTS);
        if self.only_paths && memchr::memchr2(b'.', b'/', &value).is_none() {
            return;
        }
        if fits && memchr::memchr3(b'\n', b'\r', 0, &value).is_none() {
            self.found.push(Text { scope, value, line, doc });
        }
    }

    /// The texts met so far, some of them more than once.
    pub fn values(&self) -> impl Iterator<Item = &[u8]> {
        self.found.iter().map(|text| &*text.value)
    }

    /// One row per value and scope, at its first line.
    pub fn write(mut self, out: &mut Vec<u8>) {
        self.found.sort_by(|a, b| a.scope.cmp(&b.scope).then_with(|| a.value.cmp(&b.value)).then_with(|| a.line.cmp(&b.line)));
        self.found.dedup_by(|next, kept| {
            let same = next.scope == kept.scope && next.value == kept.value;
            if same {
                kept.doc &= next.doc;
            }
            same
        });
        let mut rows = Rows::default();
        for text in &self.found {
            rows.add(text.line, |out| {
                out.push(b'[');
                json::write_wtf8(out, &text.value);
                out.push(b',');
                json::write_int(out, i64::from(text.scope));
                out.push(b',');
                json::write_int(out, i64::from(text.line));
                out.extend_from_slice(if text.doc { b",true]" } else { b",false]" });
            });
        }
        rows.write(out);
    }
}
