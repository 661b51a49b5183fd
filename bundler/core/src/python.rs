//! What the Python module needs beside the plain functions: errors, and codecs that only Python has.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use pyo3::exceptions::{PySyntaxError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyString};

use crate::code::{By, Code, Family};
use crate::decode::{self, Encoding};
use crate::error::SourceError;
use crate::file::{Failure, File};
use crate::follow;
use crate::json;
use crate::module;
use crate::outline::Has;
use crate::store::Store;
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
    #[pyo3(signature = (watched=Vec::new()))]
    fn new(watched: Vec<Vec<u8>>) -> Self {
        Self { store: Store::new(text_of, &watched), shared: Mutex::default() }
    }

    fn request(&self, py: Python<'_>, paths: Vec<PathBuf>) {
        py.detach(|| self.store.request(paths));
    }

    fn add(&self, py: Python<'_>, path: PathBuf, content: Vec<u8>) {
        py.detach(|| self.store.add(&path, content));
    }

    fn content<'py>(&self, py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyBytes>> {
        let file = self.file(py, &path)?;
        if let Err(Failure::Unreadable(number)) = file.outline {
            return Err(os_error(number));
        }
        Ok(PyBytes::new(py, &self.store.content(&file)))
    }

    fn module(slf: Py<Self>, py: Python<'_>, path: PathBuf) -> PyResult<ModuleRows> {
        let store = &slf.get().store;
        let number = py.detach(|| {
            let number = store.number(&path);
            store.numbered(number).map(|file| file.outline.as_ref().map(|_| number).map_err(Failure::clone))
        });
        let number = number.map_err(|error| syntax_error(&error))?.map_err(|why| failure(&why))?;
        Ok(ModuleRows { store: slf, number })
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

    fn callee_names(&self, py: Python<'_>, first: usize) -> (Vec<String>, usize) {
        py.detach(|| self.store.callee_names(first))
    }

    fn callees_named(&self, py: Python<'_>, names: Vec<String>, first: usize) -> Vec<String> {
        py.detach(|| self.store.callees_named(names.iter().map(String::as_str), first))
    }

    fn using(&self, py: Python<'_>, callees: Vec<String>) -> Vec<OsString> {
        py.detach(|| os_strings(self.store.using(callees.iter().map(String::as_str))))
    }

    fn having(&self, py: Python<'_>, family: &str) -> PyResult<Vec<OsString>> {
        let wanted: fn(Has) -> bool = match family {
            "annotated" => |has| has.annotated,
            "directives" => |has| has.directives,
            "features" => |has| has.features,
            "hooks" => |has| has.hooks,
            other => return Err(PyValueError::new_err(format!("no family {other:?}"))),
        };
        Ok(py.detach(|| os_strings(self.store.having(wanted))))
    }

    fn outside(&self, py: Python<'_>, names: Vec<String>) -> Vec<OsString> {
        py.detach(|| os_strings(self.store.outside(names.iter().map(String::as_str))))
    }

    fn running(&self, py: Python<'_>, names: Vec<String>) -> Vec<OsString> {
        py.detach(|| os_strings(self.store.running(names.iter().map(String::as_str))))
    }

    fn naming(&self, py: Python<'_>, folders: Vec<String>) -> Vec<OsString> {
        py.detach(|| os_strings(self.store.naming(&folders)))
    }

    fn direct_imports(&self, py: Python<'_>, path: PathBuf, package: &str) -> Vec<String> {
        let imports = py.detach(|| self.store.direct_imports(&path));
        let absolute = |(module, level): &(Arc<str>, u32)| {
            let name = follow::absolute(module, *level, package)?;
            Some(name.unwrap_or_else(|| String::from(&**module)))
        };
        imports.iter().filter_map(absolute).collect()
    }

    fn containing(&self, py: Python<'_>, texts: Vec<Vec<u8>>) -> Vec<OsString> {
        py.detach(|| os_strings(self.store.containing(&texts)))
    }
}

/// Rows with their numbers.
type Numbered<'py> = Vec<(usize, Bound<'py, PyAny>)>;

/// JSON of what rows are asked for by, a name or numbers of scopes; none for a name with surrogates, which no row has.
fn keys_of(key: &Bound<PyAny>) -> PyResult<Vec<Vec<u8>>> {
    let Ok(name) = key.cast::<PyString>() else {
        let numbers = key.extract::<i64>().map_or_else(|_| key.extract(), |number| Ok(vec![number]))?;
        return Ok(numbers.into_iter().map(|number| written(|out| json::write_int(out, number))).collect());
    };
    Ok(name.to_cow().map_or_else(|_| Vec::new(), |name| vec![written(|out| json::write_str(out, &name))]))
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

/// The facts of one file; see `_core.pyi`.
#[pyclass(frozen)]
pub struct ModuleRows {
    store: Py<FactsStore>,
    number: usize,
}

#[pymethods]
impl ModuleRows {
    fn outline<'py>(&self, py: Python<'py>, field: &str) -> PyResult<Bound<'py, PyAny>> {
        let store = &self.store.get().store;
        let file = py.detach(|| store.numbered(self.number)).map_err(|error| syntax_error(&error))?;
        let json = store.outline(&file).map_err(failure)?;
        let key = format!("\"{field}\":");
        // A text in an outline has its quotes escaped and no colon after it: only a key reads so.
        let at = memchr::memmem::find(&json, key.as_bytes());
        let at = at.ok_or_else(|| PyValueError::new_err(format!("no field {field:?}")))?;
        Reader::new(py, &json[at + key.len()..]).value()
    }

    fn rows<'py>(&self, py: Python<'py>, field: &str) -> PyResult<Bound<'py, PyAny>> {
        let part = match (field, Family::named(field)) {
            (_, Some(family)) => Part::Code(family),
            ("texts", _) => Part::Texts,
            ("statements", _) => Part::Statements,
            _ => return Err(PyValueError::new_err(format!("no family {field:?}"))),
        };
        let store = self.store.get();
        let json = py.detach(|| store.store.facts(self.number, part)).map_err(|error| syntax_error(&error))?;
        // Whoever makes tuples has the interpreter to himself, but for a collection in between.
        match store.shared.try_lock() {
            Ok(mut shared) => Reader::sharing(py, &json, &mut shared).value(),
            Err(_) => Reader::new(py, &json).value(),
        }
    }

    fn row<'py>(&self, py: Python<'py>, family: &str, number: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        let family = Family::named(family).ok_or_else(|| PyValueError::new_err(format!("no family {family:?}")))?;
        self.code(py)?.row(family, number).map(|row| self.of_row(py, row)).transpose()
    }

    fn find<'py>(&self, py: Python<'py>, by: Vec<PyBackedStr>, key: Bound<'py, PyAny>) -> PyResult<Vec<Numbered<'py>>> {
        let keys = keys_of(&key)?;
        let code = self.code(py)?;
        let find = |by: &PyBackedStr| {
            let found = code.find(kind_of(by)?, &keys).into_iter();
            found.map(|(number, row)| Ok((number, self.of_row(py, row)?))).collect()
        };
        by.iter().map(find).collect()
    }

    fn keys<'py>(&self, py: Python<'py>, by: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.code(py)?.keys(kind_of(by)?).into_iter().map(|key| Reader::new(py, key).value()).collect()
    }
}

impl ModuleRows {
    fn code(&self, py: Python<'_>) -> PyResult<Arc<Code>> {
        let store = &self.store.get().store;
        match store.open_code(self.number) {
            Some(code) => Ok(code),
            None => py.detach(|| store.code(self.number)).map_err(|error| syntax_error(&error)),
        }
    }

    fn of_row<'py>(&self, py: Python<'py>, row: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        match self.store.get().shared.try_lock() {
            Ok(mut shared) => Reader::sharing(py, row, &mut shared).of_row().value(),
            Err(_) => Reader::new(py, row).value(),
        }
    }
}

fn kind_of(by: &str) -> PyResult<By> {
    By::named(by).ok_or_else(|| PyValueError::new_err(format!("nothing is found by {by:?}")))
}

impl FactsStore {
    fn file(&self, py: Python<'_>, path: &Path) -> PyResult<Arc<File>> {
        py.detach(|| self.store.file(path)).map_err(|error| syntax_error(&error))
    }
}

fn os_error(number: i32) -> PyErr {
    std::io::Error::from_raw_os_error(number).into()
}

fn failure(failure: &Failure) -> PyErr {
    match failure {
        Failure::Unreadable(number) => os_error(*number),
        Failure::Invalid(error) => syntax_error(error),
    }
}

fn os_strings(paths: Vec<Arc<Path>>) -> Vec<OsString> {
    paths.into_iter().map(|path| path.as_os_str().to_owned()).collect()
}
