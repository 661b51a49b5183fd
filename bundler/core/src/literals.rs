//! Values of string and bytes literals, as Python reads them.
//!
//! The parser replaces lone surrogates (`"\ud800"`) by U+FFFD. Such literals are few; their text is read again here, beside the
//! parser's value. Text with surrogates is held as WTF-8: UTF-8 in which surrogates are encoded like any code point.

use std::borrow::Cow;

use ruff_python_ast::{AnyStringFlags, StringFlags, StringLiteral};
use ruff_text_size::{Ranged, TextRange};

/// The first code point of WTF-8 text and its length in bytes.
pub fn first_point(text: &[u8]) -> Option<(u32, usize)> {
    let (first, rest) = text.split_first()?;
    let length = match first {
        0..0xC0 => return Some((u32::from(*first), 1)),
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => 4,
    };
    let mut point = u32::from(*first) & (0xFF >> (length + 1));
    for byte in rest.iter().take(length - 1) {
        point = point << 6 | u32::from(*byte) & 0x3F;
    }
    Some((point, length))
}

/// How many code points WTF-8 text has.
pub fn count_points(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

fn push_surrogate(out: &mut Vec<u8>, unit: u32) {
    out.extend_from_slice(&[0xE0 | (unit >> 12) as u8, 0x80 | (unit >> 6 & 0x3F) as u8, 0x80 | (unit & 0x3F) as u8]);
}

/// The value of a string literal; `source` is the whole text it stands in.
pub fn string_value<'a>(source: &str, literal: &'a StringLiteral) -> Cow<'a, [u8]> {
    let flags = AnyStringFlags::from(literal.flags);
    let start = literal.start() + flags.opener_len();
    let end = literal.end() - flags.closer_len();
    let is_raw = literal.flags.prefix().is_raw();
    corrected(source, TextRange::new(start, end.max(start)), literal.as_str(), is_raw, false)
}

/// The value of a literal part of an f-string; `range` is where its text stands.
pub fn middle_value<'a>(source: &str, range: TextRange, value: &'a str, is_raw: bool) -> Cow<'a, [u8]> {
    corrected(source, range, value, is_raw, true)
}

/// Several literals as one value.
pub fn concatenated<'a>(mut parts: impl Iterator<Item = Cow<'a, [u8]>>) -> Cow<'a, [u8]> {
    let Some(mut whole) = parts.next() else {
        return Cow::Borrowed(b"");
    };
    for part in parts {
        whole.to_mut().extend_from_slice(&part);
    }
    whole
}

fn corrected<'a>(source: &str, range: TextRange, value: &'a str, is_raw: bool, in_interpolated: bool) -> Cow<'a, [u8]> {
    if is_raw || !value.contains('\u{FFFD}') {
        return Cow::Borrowed(value.as_bytes());
    }
    let raw = source.get(range.start().to_usize()..range.end().to_usize());
    Cow::Owned(reread(raw.unwrap_or_default(), value, in_interpolated))
}

/// Walks the source text of a literal and the parser's value side by side.
fn reread(raw: &str, value: &str, in_interpolated: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut values = value.chars();
    let mut rest = raw;
    while let Some(first) = rest.chars().next() {
        let (taken, unit) = match first {
            '{' | '}' if in_interpolated && rest[1..].starts_with(first) => (2, Unit::Values(1)),
            '\\' => escape(&rest[1..], in_interpolated),
            _ => (first.len_utf8(), Unit::Values(1)),
        };
        match unit {
            Unit::Values(count) => {
                let mut buffer = [0; 4];
                for point in values.by_ref().take(count) {
                    out.extend_from_slice(point.encode_utf8(&mut buffer).as_bytes());
                }
            }
            Unit::Surrogate(unit) => {
                values.next();
                push_surrogate(&mut out, unit);
            }
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
}

enum Unit {
    /// So many code points of the value, as they are.
    Values(usize),
    /// A code point of the value, which stands for this surrogate.
    Surrogate(u32),
}

/// What the escape after a backslash stands for, and how many bytes it takes with the backslash.
fn escape(rest: &str, in_interpolated: bool) -> (usize, Unit) {
    let Some(first) = rest.chars().next() else {
        return (1, Unit::Values(1));
    };
    match first {
        '\n' => (2, Unit::Values(0)),
        '0'..='7' => {
            let count = rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            (1 + count, Unit::Values(1))
        }
        'x' => (4, Unit::Values(1)),
        'u' | 'U' => {
            let count = if first == 'u' { 4 } else { 8 };
            let digits = rest.get(1..=count).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            match digits {
                Some(unit @ 0xD800..=0xDFFF) => (2 + count, Unit::Surrogate(unit)),
                _ => (2 + count, Unit::Values(1)),
            }
        }
        'N' => (rest.find('}').map_or(2, |end| end + 2), Unit::Values(1)),
        '\\' | '\'' | '"' | 'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' => (2, Unit::Values(1)),
        // A backslash before doubled braces stands for itself, the braces are read next.
        '{' | '}' if in_interpolated && rest[1..].starts_with(first) => (1, Unit::Values(1)),
        _ => (1 + first.len_utf8(), Unit::Values(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_are_read_as_python_does() {
        assert_eq!(reread("\\ud800\u{FFFD}x", "\u{FFFD}\u{FFFD}x", false), b"\xed\xa0\x80\xef\xbf\xbdx");
        let raw = "a\\\nb\\q\\101\\N{DASH}\\udc00";
        assert_eq!(reread(raw, "ab\\qA-\u{FFFD}", false), b"ab\\qA-\xed\xb0\x80");
        assert_eq!(reread("{{\\ud800", "{\u{FFFD}", true), b"{\xed\xa0\x80");
    }

    #[test]
    fn code_points_are_counted_with_surrogates() {
        assert_eq!(count_points(b"\xed\xa0\x80a\xc3\xa9"), 3);
        assert_eq!(first_point("\u{1F600}".as_bytes()), Some((0x1F600, 4)));
    }
}
