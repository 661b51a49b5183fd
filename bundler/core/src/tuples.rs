//! From rows in canonical JSON to Python's tuples, equal strings and small tuples made once.

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use rustc_hash::FxHashMap;

const MAX_NAME: usize = 40;

/// Longer texts of arrays stand for tuples that hardly come again.
const MAX_SHARED: usize = 96;

/// As many tuples are known at most; beyond that all are forgotten.
const MAX_KNOWN: usize = 1 << 15;

/// Tuples by their JSON: `("name", "self")` stands in every module a hundred times.
#[derive(Default)]
pub struct Shared(FxHashMap<Box<[u8]>, Py<PyAny>>);

impl Shared {
    fn insert(&mut self, text: &[u8], value: &Bound<PyAny>) {
        if self.0.len() >= MAX_KNOWN {
            self.0.clear();
        }
        self.0.insert(text.into(), value.clone().unbind());
    }
}

/// Reads one JSON value: arrays become tuples, objects dicts. Nesting is what `extract` writes: shallow.
pub struct Reader<'py, 'a> {
    py: Python<'py>,
    rest: &'a [u8],
    /// Arrays around this place; those in a row of rows are shared.
    depth: usize,
    shared: Option<&'a mut Shared>,
    strings: FxHashMap<&'a [u8], Bound<'py, PyString>>,
}

impl<'py, 'a> Reader<'py, 'a> {
    pub fn new(py: Python<'py>, json: &'a [u8]) -> Self {
        Self { py, rest: json, depth: 0, shared: None, strings: FxHashMap::default() }
    }

    /// The same with what others have read before.
    pub fn sharing(py: Python<'py>, json: &'a [u8], shared: &'a mut Shared) -> Self {
        Self { shared: Some(shared), ..Self::new(py, json) }
    }

    /// For one row of many.
    pub fn of_row(self) -> Self {
        Self { depth: 1, ..self }
    }

    pub fn value(&mut self) -> PyResult<Bound<'py, PyAny>> {
        match self.rest.first() {
            Some(b'[') => self.array(),
            Some(b'{') => self.object(),
            Some(b'"') => Ok(self.string()?.into_any()),
            Some(b'n') => self.word(b"null", self.py.None().into_bound(self.py)),
            Some(b't') => self.word(b"true", true.into_bound_py_any(self.py)?),
            Some(b'f') => self.word(b"false", false.into_bound_py_any(self.py)?),
            Some(_) => self.number(),
            None => Err(malformed()),
        }
    }

    fn word(&mut self, word: &[u8], value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.rest = self.rest.strip_prefix(word).ok_or_else(malformed)?;
        Ok(value)
    }

    fn byte(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn array(&mut self) -> PyResult<Bound<'py, PyAny>> {
        let text = if self.depth > 1 && self.shared.is_some() { short_array(self.rest) } else { None };
        let (Some(text), Some(shared)) = (text, &self.shared) else {
            return self.items();
        };
        if let Some(known) = shared.0.get(text) {
            self.rest = &self.rest[text.len()..];
            return Ok(known.bind(self.py).clone());
        }
        let value = self.items()?;
        if let Some(shared) = &mut self.shared {
            shared.insert(text, &value);
        }
        Ok(value)
    }

    fn items(&mut self) -> PyResult<Bound<'py, PyAny>> {
        self.byte(b'[');
        self.depth += 1;
        let mut items = Vec::new();
        while !self.byte(b']') {
            if !items.is_empty() && !self.byte(b',') {
                return Err(malformed());
            }
            items.push(self.value()?);
        }
        self.depth -= 1;
        Ok(PyTuple::new(self.py, items)?.into_any())
    }

    fn object(&mut self) -> PyResult<Bound<'py, PyAny>> {
        self.byte(b'{');
        let object = PyDict::new(self.py);
        while !self.byte(b'}') {
            if !object.is_empty() && !self.byte(b',') {
                return Err(malformed());
            }
            let key = self.string()?;
            if !self.byte(b':') {
                return Err(malformed());
            }
            object.set_item(key, self.value()?)?;
        }
        Ok(object.into_any())
    }

    fn number(&mut self) -> PyResult<Bound<'py, PyAny>> {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        let number: i64 = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).ok_or_else(malformed)?;
        number.into_bound_py_any(self.py)
    }

    fn string(&mut self) -> PyResult<Bound<'py, PyString>> {
        if !self.byte(b'"') {
            return Err(malformed());
        }
        let mut end = memchr::memchr2(b'"', b'\\', self.rest).ok_or_else(malformed)?;
        let is_plain = self.rest.get(end) == Some(&b'"');
        while self.rest.get(end) != Some(&b'"') {
            let after = self.rest.get(end + 2..).ok_or_else(malformed)?;
            end += 2 + memchr::memchr2(b'"', b'\\', after).ok_or_else(malformed)?;
        }
        let (text, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        if let Some(known) = self.strings.get(text) {
            return Ok(known.clone());
        }
        let value = if is_plain {
            let text = std::str::from_utf8(text).map_err(|_| malformed())?;
            // Names come again in other modules.
            if text.len() <= MAX_NAME { PyString::intern(self.py, text) } else { PyString::new(self.py, text) }
        } else {
            self.unescaped(text)?
        };
        self.strings.insert(text, value.clone());
        Ok(value)
    }

    /// Escapes as `json` writes them, lone surrogates among them.
    fn unescaped(&self, text: &[u8]) -> PyResult<Bound<'py, PyString>> {
        let mut wtf8 = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            if *first != b'\\' {
                wtf8.push(*first);
                continue;
            }
            let (kind, after) = rest.split_first().ok_or_else(malformed)?;
            rest = after;
            match kind {
                b'n' => wtf8.push(b'\n'),
                b'r' => wtf8.push(b'\r'),
                b't' => wtf8.push(b'\t'),
                b'f' => wtf8.push(b'\x0c'),
                b'b' => wtf8.push(b'\x08'),
                b'u' => {
                    let (mut point, after) = unit(rest)?;
                    rest = after;
                    if (0xD800..0xDC00).contains(&point)
                        && let Some(next) = rest.strip_prefix(b"\\u")
                    {
                        let (low, after) = unit(next)?;
                        if (0xDC00..0xE000).contains(&low) {
                            point = 0x1_0000 + ((point - 0xD800) << 10) + (low - 0xDC00);
                            rest = after;
                        }
                    }
                    push_point(&mut wtf8, point);
                }
                other => wtf8.push(*other),
            }
        }
        match std::str::from_utf8(&wtf8) {
            Ok(text) => Ok(PyString::new(self.py, text)),
            Err(_) => {
                let bytes = pyo3::types::PyBytes::new(self.py, &wtf8);
                Ok(bytes.call_method1("decode", ("utf-8", "surrogatepass"))?.cast_into::<PyString>()?)
            }
        }
    }
}

/// The array that the text begins with, if it is short.
fn short_array(text: &[u8]) -> Option<&[u8]> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (index, byte) in text.iter().take(MAX_SHARED).enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b'[' if !in_string => depth += 1,
            b']' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return text.get(..=index);
                }
            }
            _ => {}
        }
    }
    None
}

fn unit(text: &[u8]) -> PyResult<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4).ok_or_else(malformed)?;
    let digits = std::str::from_utf8(digits).map_err(|_| malformed())?;
    Ok((u32::from_str_radix(digits, 16).map_err(|_| malformed())?, rest))
}

/// UTF-8, or WTF-8 for a surrogate.
fn push_point(out: &mut Vec<u8>, point: u32) {
    match char::from_u32(point) {
        Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        None => {
            out.extend_from_slice(&[0xE0 | (point >> 12) as u8, 0x80 | (point >> 6 & 0x3F) as u8, 0x80 | (point & 0x3F) as u8])
        }
    }
}

fn malformed() -> PyErr {
    PyValueError::new_err("no canonical JSON")
}
