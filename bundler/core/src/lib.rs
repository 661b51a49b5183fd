//! Facts about Python source, as `docs/facts.md` says. Python's view of them is `_core.pyi`.

pub mod bindings;
pub mod callees;
pub mod code;
pub mod conditions;
pub mod decode;
pub mod definitions;
pub mod directives;
pub mod error;
pub mod expr;
pub mod expressions;
pub mod features;
pub mod file;
pub mod follow;
pub mod hooks;
pub mod interned;
pub mod json;
pub mod limits;
pub mod lines;
pub mod listing;
pub mod literals;
pub mod module;
pub mod names;
pub mod outline;
pub mod packed;
pub mod patterns;
pub mod pool;
pub mod postings;
pub mod queue;
pub mod resolve;
pub mod rows;
pub mod signs;
pub mod statements;
pub mod store;
pub mod texts;
pub mod walk;
pub mod words;

/// The parser makes many small boxes on several threads at once: the system's allocator costs a third more time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(feature = "python")]
mod import_walk;
#[cfg(feature = "python")]
mod python;
#[cfg(feature = "python")]
mod tuples;

#[cfg(feature = "python")]
#[pyo3::pymodule]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::import_walk::ImportWalk;
    use crate::pool;
    #[pymodule_export]
    use crate::python::{FactsStore, ModuleRows};
    use crate::python::{Source, decoded, syntax_error};
    use crate::tuples::Reader;

    /// Rows in canonical JSON as tuples.
    #[pyfunction]
    fn tuples<'py>(py: Python<'py>, json: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        Reader::new(py, json).value()
    }

    /// Canonical JSON of the facts of one source file; see `_core.pyi`.
    #[pyfunction]
    fn extract_facts(py: Python<'_>, source: &[u8]) -> PyResult<Vec<u8>> {
        let source = decoded(py, source);
        py.detach(|| pool::with_large_stack(|| source.extract()).and_then(|facts| facts)).map_err(|error| syntax_error(&error))
    }

    /// The same for many files at once, on all processors; an error takes the place of its file's facts.
    #[pyfunction]
    fn extract_many<'py>(py: Python<'py>, sources: Vec<Bound<'py, pyo3::types::PyBytes>>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let sources: Vec<Source> = sources.iter().map(|source| decoded(py, source.as_bytes())).collect();
        let results = py.detach(|| pool::map(&sources, Source::extract));
        results
            .into_iter()
            .map(|result| match result {
                Ok(facts) => Ok(pyo3::types::PyBytes::new(py, &facts).into_any()),
                Err(error) => Ok(syntax_error(&error).into_value(py).into_bound(py).into_any()),
            })
            .collect()
    }
}
