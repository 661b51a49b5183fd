//! From the bytes of a source file to its text, as PEP 263 (coding cookies) and PEP 3120 (UTF-8 by default) say.

use std::borrow::Cow;

use crate::error::SourceError;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The encoding that a file declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Latin1,
    Ascii,
    /// Any other: its name as it stands in the cookie. The caller's codecs decode it.
    Other(String),
}

/// The declared encoding and the bytes without byte-order mark.
pub fn declared(source: &[u8]) -> Result<(Encoding, &[u8]), SourceError> {
    let (has_bom, rest) = match source.strip_prefix(BOM) {
        Some(rest) => (true, rest),
        None => (false, source),
    };
    let mut lines = rest.split_inclusive(|byte| matches!(byte, b'\n' | b'\r'));
    let Some(first) = lines.next() else {
        return Ok((Encoding::Utf8, rest));
    };
    let mut cookie = cookie_of(first).map(|name| (name, 1));
    if cookie.is_none() && is_blank(first) {
        let mut second = lines.next();
        if first.ends_with(b"\r") && second == Some(b"\n") {
            second = lines.next();
        }
        cookie = second.and_then(cookie_of).map(|name| (name, 2));
    }
    let Some((name, line)) = cookie else {
        return Ok((Encoding::Utf8, rest));
    };
    let encoding = named(&name);
    if has_bom && !is_normal_utf8(&name) {
        let message = format!("encoding problem: {name}, but the file starts with a UTF-8 byte-order mark");
        return Err(SourceError::new(message, line));
    }
    Ok((encoding, rest))
}

/// The text in an encoding that needs no codec of the caller's.
pub fn decode<'a>(encoding: &Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, SourceError> {
    let text = match encoding {
        Encoding::Utf8 => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(error) => return Err(undecodable(bytes, error.valid_up_to(), "utf-8")),
        },
        Encoding::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
            Some(at) => return Err(undecodable(bytes, at, "ascii")),
            None => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
        },
        Encoding::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
        Encoding::Other(name) => {
            return Err(SourceError::new(format!("unknown encoding: {name}"), 1));
        }
    };
    Ok(text)
}

/// The text with every line ended by `\n` (Python translates line ends before anything else, also inside literals);
/// refused if it holds NUL.
pub fn normalised(text: Cow<'_, str>) -> Result<Cow<'_, str>, SourceError> {
    let text = if memchr::memchr(b'\r', text.as_bytes()).is_some() {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        text
    };
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        let line = 1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count();
        return Err(SourceError::new("source code cannot contain NUL characters", line as u32));
    }
    if text.starts_with('\u{FEFF}') {
        return Err(SourceError::new("invalid character U+FEFF", 1)); // the parser would skip a second mark
    }
    Ok(text)
}

fn undecodable(bytes: &[u8], at: usize, encoding: &str) -> SourceError {
    let before = &bytes[..at];
    let line = 1
        + before.iter().filter(|byte| **byte == b'\n').count()
        + before.windows(2).filter(|pair| pair[0] == b'\r' && pair[1] != b'\n').count();
    let byte = bytes.get(at).copied().unwrap_or_default();
    let message = format!("byte 0x{byte:02x} is not {encoding} (remedy: save the file in the encoding it declares, see PEP 263)");
    SourceError::new(message, line as u32)
}

/// The spellings of UTF-8 that may stand beside a byte-order mark (CPython's `get_normal_name`).
fn is_normal_utf8(cookie: &str) -> bool {
    let name = cookie.to_ascii_lowercase().replace('_', "-");
    name == "utf-8" || name.starts_with("utf-8-")
}

fn named(cookie: &str) -> Encoding {
    let name = cookie.to_ascii_lowercase().replace('_', "-");
    match name.as_str() {
        "latin-1" | "iso-8859-1" | "iso-latin-1" => return Encoding::Latin1,
        "ascii" | "us-ascii" => return Encoding::Ascii,
        "utf-8" | "utf8" => return Encoding::Utf8,
        _ => {}
    }
    if name.starts_with("utf-8-") {
        Encoding::Utf8
    } else if ["latin-1-", "iso-8859-1-", "iso-latin-1-"].iter().any(|prefix| name.starts_with(prefix)) {
        Encoding::Latin1
    } else {
        Encoding::Other(cookie.to_owned())
    }
}

/// Whether a line is empty but for a comment: then the cookie may stand in the second one.
fn is_blank(line: &[u8]) -> bool {
    let rest = after_space(line);
    matches!(rest.first(), None | Some(b'#' | b'\r' | b'\n'))
}

fn after_space(line: &[u8]) -> &[u8] {
    let space = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\x0c')).count();
    &line[space..]
}

/// The encoding in a comment, after `^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)` (PEP 263).
fn cookie_of(line: &[u8]) -> Option<String> {
    let comment = after_space(line).strip_prefix(b"#")?;
    let mut rest = comment;
    while let Some(at) = memchr::memmem::find(rest, b"coding") {
        rest = &rest[at + b"coding".len()..];
        if !matches!(rest.first(), Some(b':' | b'=')) {
            continue;
        }
        let value = &rest[1..];
        let space = value.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let name: Vec<u8> = value[space..]
            .iter()
            .copied()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            .collect();
        if !name.is_empty() {
            return String::from_utf8(name).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(source: &[u8]) -> Encoding {
        declared(source).unwrap().0
    }

    #[test]
    fn cookies_stand_in_the_first_two_lines() {
        assert_eq!(encoding(b"# -*- coding: latin-1 -*-\n"), Encoding::Latin1);
        assert_eq!(encoding(b"#!/x\r\n# vim: fileencoding=koi8-r\n"), Encoding::Other("koi8-r".into()));
        assert_eq!(encoding(b"x = 1\n# coding: latin-1\n"), Encoding::Utf8);
        assert_eq!(encoding(b"\n\n# coding: latin-1\n"), Encoding::Utf8);
        assert_eq!(encoding(b"# coding : latin-1\n"), Encoding::Utf8);
        assert!(declared(b"\xEF\xBB\xBF# coding: latin-1\n").is_err());
        assert!(declared(b"\xEF\xBB\xBF# coding: utf8\n").is_err());
    }

    #[test]
    fn line_ends_become_newlines() {
        assert_eq!(normalised("a\r\nb\rc\n".into()).unwrap(), "a\nb\nc\n");
        assert_eq!(normalised("a\n\0".into()).unwrap_err().line, 2);
    }

    #[test]
    fn an_undecodable_byte_has_its_line() {
        let error = decode(&Encoding::Utf8, b"a\r\nb\rc\n\xff").unwrap_err();
        assert_eq!(error.line, 4);
    }
}
