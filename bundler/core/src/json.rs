//! Canonical JSON, byte for byte as Python's `json.dumps(…, separators=(",", ":"), ensure_ascii=True)` writes it.

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Bytes that a JSON string holds as they are.
const fn is_plain(byte: u8) -> bool {
    byte >= b' ' && byte <= b'~' && byte != b'"' && byte != b'\\'
}

fn write_unit(out: &mut Vec<u8>, unit: u32) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(HEX[(unit >> shift) as usize & 15]);
    }
}

/// One code point that does not stand for itself; astral ones become a surrogate pair, lone surrogates stay.
fn write_escaped(out: &mut Vec<u8>, point: u32) {
    match point {
        0x22 => out.extend_from_slice(b"\\\""),
        0x5C => out.extend_from_slice(b"\\\\"),
        0x0A => out.extend_from_slice(b"\\n"),
        0x0D => out.extend_from_slice(b"\\r"),
        0x09 => out.extend_from_slice(b"\\t"),
        0x0C => out.extend_from_slice(b"\\f"),
        0x08 => out.extend_from_slice(b"\\b"),
        0x1_0000.. => {
            let rest = point - 0x1_0000;
            write_unit(out, 0xD800 | rest >> 10);
            write_unit(out, 0xDC00 | rest & 0x3FF);
        }
        0..0x1_0000 => write_unit(out, point),
    }
}

/// A string given as WTF-8 (UTF-8 in which lone surrogates are encoded like any code point).
pub fn write_wtf8(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest.iter().position(|byte| !is_plain(*byte)).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..plain]);
        rest = &rest[plain..];
        if let Some((point, length)) = crate::literals::first_point(rest) {
            write_escaped(out, point);
            rest = &rest[length..];
        }
    }
    out.push(b'"');
}

pub fn write_str(out: &mut Vec<u8>, text: &str) {
    write_wtf8(out, text.as_bytes());
}

/// A bytes literal: each byte as the code point of its value.
pub fn write_bytes(out: &mut Vec<u8>, bytes: impl Iterator<Item = u8>) {
    out.push(b'"');
    for byte in bytes {
        if is_plain(byte) {
            out.push(byte);
        } else {
            write_escaped(out, u32::from(byte));
        }
    }
    out.push(b'"');
}

pub fn write_int(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

pub fn write_optional_str(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => write_str(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// An array, its items written one by one.
pub fn write_array<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &[u8]) -> String {
        let mut out = Vec::new();
        write_wtf8(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_escaped_as_python_does() {
        assert_eq!(rendered("a\"\\\n\x7f\x01é😀".as_bytes()), r#""a\"\\\n\u007f\u0001\u00e9\ud83d\ude00""#);
        assert_eq!(rendered(b"\xed\xa0\x80x"), r#""\ud800x""#);
    }

    #[test]
    fn numbers_have_their_sign() {
        let mut out = Vec::new();
        for number in [0, -1, 1234, i64::MIN] {
            write_int(&mut out, number);
            out.push(b' ');
        }
        assert_eq!(out, b"0 -1 1234 -9223372036854775808 ");
    }
}
