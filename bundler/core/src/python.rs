//! What the Python module needs beside the plain functions: errors, and codecs that only Python has.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pyo3::exceptions::{PySyntaxError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::code::{By, Code, Family};
use crate::decode::{self, Encoding};
use crate::error::SourceError;
use crate::json;
use crate::module;
use crate::outline::Has;
use crate::store::{Failure, File, Store};
use crate::tuples::{Reader, Shared};
use crate::walk::Part;

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

/// As `Source::extract` decodes, where no interpreter is attached: Python's codecs are asked only for what needs them.
fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, SourceError> {
    let text = match decode::declared(bytes)? {
        (Encoding::Other(name), bytes) => {
            match Python::attach(|py| by_codec(py, &name, bytes).map_err(|error| error.to_string())) {
                Ok(text) => Cow::Owned(text),
                Err(error) => return Err(SourceError::new(format!("cannot be read as {name}: {error}"), 1)),
            }
        }
        (encoding, bytes) => decode::decode(&encoding, bytes)?,
    };
    decode::normalised(text)
}

/// Source files, each read once; see `_core.pyi`.
#[pyclass(frozen)]
pub struct FactsStore {
    pub store: Store,
    shared: Mutex<Shared>,
}

#[pymethods]
impl FactsStore {
    #[new]
    fn new() -> Self {
        Self { store: Store::new(text_of), shared: Mutex::default() }
    }

    fn request(&self, py: Python<'_>, paths: Vec<PathBuf>) {
        py.detach(|| self.store.request(paths));
    }

    fn add(&self, py: Python<'_>, path: PathBuf, content: Vec<u8>) {
        py.detach(|| self.store.add(path, content));
    }

    fn content<'py>(&self, py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyBytes>> {
        let file = self.file(py, &path)?;
        if let Err(Failure::Unreadable(number)) = file.outline {
            return Err(os_error(number));
        }
        Ok(PyBytes::new(py, &file.content))
    }

    fn outline<'py>(&self, py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyAny>> {
        let file = self.file(py, &path)?;
        match &file.outline {
            Ok(json) => Reader::new(py, json).value(),
            Err(Failure::Unreadable(number)) => Err(os_error(*number)),
            Err(Failure::Invalid(error)) => Err(syntax_error(error)),
        }
    }

    fn facts<'py>(&self, py: Python<'py>, path: PathBuf, field: &str) -> PyResult<Bound<'py, PyDict>> {
        let part = match field {
            "texts" => Part::Texts,
            "statements" => Part::Statements,
            _ => Part::Code,
        };
        let read = py.detach(|| self.store.facts(&path, part));
        let (json, families) = read.map_err(|error| syntax_error(&error))?;
        let rows = PyDict::new(py);
        for (name, range) in families {
            rows.set_item(name, PyBytes::new(py, json.get(range).unwrap_or_default()))?;
        }
        Ok(rows)
    }

    fn tuples<'py>(&self, py: Python<'py>, json: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        // Whoever makes tuples has the interpreter to himself, but for a collection in between.
        match self.shared.try_lock() {
            Ok(mut shared) => Reader::sharing(py, json, &mut shared).value(),
            Err(_) => Reader::new(py, json).value(),
        }
    }

    fn row<'py>(&self, py: Python<'py>, path: PathBuf, family: &str, number: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        let family = Family::named(family).ok_or_else(|| PyValueError::new_err(format!("no family {family:?}")))?;
        let code = self.code(py, &path)?;
        code.row(family, number).map(|row| self.of_row(py, row)).transpose()
    }

    fn rows<'py>(
        &self,
        py: Python<'py>,
        path: PathBuf,
        by: Vec<PyBackedStr>,
        key: Bound<'py, PyAny>,
    ) -> PyResult<Vec<Numbered<'py>>> {
        let Some(key) = key_of(&key)? else {
            return Ok(by.iter().map(|_| Vec::new()).collect());
        };
        let code = self.code(py, &path)?;
        let find = |by: &PyBackedStr| {
            let by = By::named(by).ok_or_else(|| PyValueError::new_err(format!("nothing is found by {by:?}")))?;
            code.find(by, &key).into_iter().map(|(number, row)| Ok((number, self.of_row(py, row)?))).collect()
        };
        by.iter().map(find).collect()
    }

    fn keys<'py>(&self, py: Python<'py>, path: PathBuf, by: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let by = By::named(by).ok_or_else(|| PyValueError::new_err(format!("nothing is found by {by:?}")))?;
        let code = self.code(py, &path)?;
        code.keys(by).into_iter().map(|key| Reader::new(py, key).value()).collect()
    }

    fn words(&self, first: usize) -> Vec<String> {
        self.store.words_since(first)
    }

    fn mentioning(&self, py: Python<'_>, names: Vec<String>) -> Vec<OsString> {
        py.detach(|| os_strings(self.store.mentioning(names.iter().map(String::as_str))))
    }

    fn calling(&self, py: Python<'_>, names: Vec<String>) -> Vec<OsString> {
        py.detach(|| os_strings(self.store.calling(names.iter().map(String::as_str))))
    }

    fn reading(&self, py: Python<'_>, names: Vec<String>) -> Vec<OsString> {
        py.detach(|| os_strings(self.store.reading(names.iter().map(String::as_str))))
    }

    fn callees(&self, first: usize) -> Vec<String> {
        self.store.callees_since(first)
    }

    fn using(&self, py: Python<'_>, callees: Vec<String>) -> Vec<OsString> {
        py.detach(|| os_strings(self.store.using(callees.iter().map(String::as_str))))
    }

    fn having(&self, py: Python<'_>, family: &str) -> PyResult<Vec<OsString>> {
        let wanted: fn(Has) -> bool = match family {
            "directives" => |has| has.directives,
            "features" => |has| has.features,
            "hooks" => |has| has.hooks,
            other => return Err(PyValueError::new_err(format!("no family {other:?}"))),
        };
        Ok(py.detach(|| os_strings(self.store.having(wanted))))
    }

    fn containing(&self, py: Python<'_>, text: &[u8]) -> Vec<OsString> {
        py.detach(|| os_strings(self.store.containing(text)))
    }
}

/// Rows with their numbers.
type Numbered<'py> = Vec<(usize, Bound<'py, PyAny>)>;

/// JSON of what rows are asked for by, a name or the number of a scope; none for a name with surrogates, which no row has.
fn key_of(key: &Bound<PyAny>) -> PyResult<Option<Vec<u8>>> {
    let mut out = Vec::new();
    match key.cast::<PyString>() {
        Ok(name) => match name.to_cow() {
            Ok(name) => json::write_str(&mut out, &name),
            Err(_) => return Ok(None),
        },
        Err(_) => json::write_int(&mut out, key.extract()?),
    }
    Ok(Some(out))
}

impl FactsStore {
    fn code(&self, py: Python<'_>, path: &Path) -> PyResult<Arc<Code>> {
        py.detach(|| self.store.code(path)).map_err(|error| syntax_error(&error))
    }

    fn of_row<'py>(&self, py: Python<'py>, row: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        match self.shared.try_lock() {
            Ok(mut shared) => Reader::sharing(py, row, &mut shared).of_row().value(),
            Err(_) => Reader::new(py, row).value(),
        }
    }

    fn file(&self, py: Python<'_>, path: &Path) -> PyResult<Arc<File>> {
        py.detach(|| self.store.file(path)).map_err(|error| syntax_error(&error))
    }
}

fn os_error(number: i32) -> PyErr {
    std::io::Error::from_raw_os_error(number).into()
}

fn os_strings(paths: Vec<PathBuf>) -> Vec<OsString> {
    paths.into_iter().map(PathBuf::into_os_string).collect()
}
