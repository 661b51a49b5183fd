//! What the Python module needs beside the plain functions: errors, and codecs that only Python has.

use std::borrow::Cow;

use pyo3::exceptions::PySyntaxError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::decode::{self, Encoding};
use crate::error::SourceError;
use crate::module;

/// A file's text where Python's codecs were needed for it, else its bytes; or why it has no text.
pub enum Source<'a> {
    Bytes(Encoding, &'a [u8]),
    Text(String),
    Error(SourceError),
}

impl Source<'_> {
    /// The facts; needs no interpreter.
    pub fn extract(&self) -> Result<Vec<u8>, SourceError> {
        let text: Cow<str> = match self {
            Self::Bytes(encoding, bytes) => decode::decode(encoding, bytes)?,
            Self::Text(text) => Cow::Borrowed(text),
            Self::Error(error) => return Err(error.clone()),
        };
        module::extract(&decode::normalised(text)?)
    }
}

pub fn decoded<'a>(py: Python<'_>, source: &'a [u8]) -> Source<'a> {
    match decode::declared(source) {
        Ok((Encoding::Other(name), bytes)) => match by_codec(py, &name, bytes) {
            Ok(text) => Source::Text(text),
            Err(error) => Source::Error(SourceError::new(format!("cannot be read as {name}: {error}"), 1)),
        },
        Ok((encoding, bytes)) => Source::Bytes(encoding, bytes),
        Err(error) => Source::Error(error),
    }
}

fn by_codec(py: Python<'_>, name: &str, bytes: &[u8]) -> PyResult<String> {
    PyBytes::new(py, bytes).call_method1("decode", (name,))?.extract()
}

/// `SyntaxError` with `msg` and `lineno`.
pub fn syntax_error(error: &SourceError) -> PyErr {
    let nothing: Option<&str> = None;
    PySyntaxError::new_err((error.message.clone(), (nothing, error.line, nothing, nothing)))
}
