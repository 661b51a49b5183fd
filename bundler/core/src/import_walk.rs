//! Python's view of `follow`; see `_core.pyi`.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};
use rustc_hash::FxHashSet;

use crate::follow::{Batch, Follower, Shipped};
use crate::python::FactsStore;
use crate::resolve::{Kind, Place, Resolver, SearchPath};

/// Folder, whether it is the user's own, and the package that it is mapped to.
type PlaceRow = (String, bool, String);

#[pyclass(frozen)]
pub struct ImportWalk {
    store: Py<FactsStore>,
    state: Mutex<State>,
}

struct State {
    follower: Follower,
    /// Name and path of what has a number, each made once.
    texts: Vec<Option<(Py<PyString>, Py<PyString>)>>,
}

#[pymethods]
impl ImportWalk {
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        store: Py<FactsStore>,
        before: Vec<PlaceRow>,
        after: Vec<PlaceRow>,
        suffixes: Vec<String>,
        unshadowed: Vec<String>,
        standard: Vec<String>,
        served: Vec<String>,
        limiting: Vec<String>,
    ) -> Self {
        let search = SearchPath {
            before: before.into_iter().map(place).collect(),
            after: after.into_iter().map(place).collect(),
            suffixes,
            unshadowed: unshadowed.into_iter().collect(),
            standard: standard.into_iter().collect(),
            served: served.into_iter().collect(),
        };
        let limiting: FxHashSet<String> = limiting.into_iter().collect();
        let state = State { follower: Follower::new(search, limiting), texts: Vec::new() };
        Self { store, state: Mutex::new(state) }
    }

    fn ship(&self, py: Python<'_>, name: &str) -> bool {
        self.with(py, |state, store| state.follower.ship(store, name))
    }

    fn tell(&self, py: Python<'_>, importer: &str, package: &str, sure: bool) -> bool {
        self.with(py, |state, store| state.follower.tell(store, importer, package, sure))
    }

    #[pyo3(signature = (names, excludes=None))]
    fn follow<'py>(&self, py: Python<'py>, names: Vec<String>, excludes: Option<Py<PyAny>>) -> PyResult<Bound<'py, PyTuple>> {
        let mut failed = None;
        let batch = self.with(py, |state, store| {
            let mut ask = |path: &str| -> Option<String> {
                let asked = Python::attach(|py| {
                    excludes.as_ref()?.call1(py, (path,)).and_then(|pattern| pattern.extract(py)).transpose()
                });
                asked.and_then(|pattern| pattern.map_err(|error| failed = Some(error)).ok())
            };
            state.follower.follow(store, &names, &mut ask)
        });
        match failed {
            Some(error) => Err(error),
            None => self.state.lock().unwrap_or_else(PoisonError::into_inner).told(py, batch),
        }
    }
}

impl ImportWalk {
    /// Works on the walk with no interpreter attached.
    fn with<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut State, &crate::store::Store) -> T + Send) -> T {
        let store = &self.store.get().store;
        py.detach(|| work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner), store))
    }
}

impl State {
    fn told<'py>(&mut self, py: Python<'py>, batch: Batch) -> PyResult<Bound<'py, PyTuple>> {
        let resolver = &self.follower.resolver;
        let texts = &mut self.texts;
        let import = PyString::intern(py, "import");
        let modules = PyList::empty(py);
        for module in batch.modules {
            let (name, path) = text(py, texts, resolver, module);
            modules.append((name, path, resolver.get(module).is_package))?;
        }
        let edges = PyList::empty(py);
        let mut last: Option<(std::sync::Arc<str>, Bound<'py, PyString>)> = None;
        for edge in batch.edges {
            let importer = text(py, texts, resolver, edge.importer).1;
            let imported = text(py, texts, resolver, edge.imported).1;
            let detail = match last {
                Some((known, text)) if std::sync::Arc::ptr_eq(&known, &edge.detail) => text,
                _ => PyString::new(py, &edge.detail),
            };
            edges.append((importer, imported, edge.line, &import, &detail, edge.sure))?;
            last = Some((edge.detail, detail));
        }
        let files = PyList::empty(py);
        for file in batch.files {
            let (name, path) = text(py, texts, resolver, file.name);
            let is_folder = file.what == Shipped::Folder;
            let path = if is_folder { PyString::new(py, &file.path) } else { path };
            files.append((name, path, is_folder, file.what == Shipped::Source))?;
        }
        let uses = |texts: &mut Vec<_>, uses: Vec<crate::follow::Use>| -> PyResult<Bound<'py, PyList>> {
            let rows = PyList::empty(py);
            for used in uses {
                let importer = text(py, texts, resolver, used.importer).1;
                rows.append((importer, &*used.module, &*used.attribute, used.line, used.sure))?;
            }
            Ok(rows)
        };
        let standard = uses(texts, batch.standard)?;
        let packages = uses(texts, batch.packages)?;
        let missing = PyList::empty(py);
        for one in batch.missing {
            let importer = text(py, texts, resolver, one.importer).1;
            missing.append((&*one.module, importer, one.line, &*one.detail, one.sure))?;
        }
        let checks = PyList::empty(py);
        for check in batch.checks {
            let module = text(py, texts, resolver, check.module).0;
            let importer = text(py, texts, resolver, check.importer).1;
            checks.append((module, &*check.name, importer, check.line, &*check.detail, check.sure))?;
        }
        let excluded: Vec<(&str, &str)> = batch.excluded.iter().map(|(path, pattern)| (&**path, pattern.as_str())).collect();
        let declined = batch.declined.map(|module| text(py, texts, resolver, module).0);
        (modules, edges, files, standard, packages, missing, checks, batch.folders, excluded, declined).into_pyobject(py)
    }
}

fn place((folder, is_local, package): PlaceRow) -> Place {
    Place { folder: folder.into(), kind: if is_local { Kind::Local } else { Kind::ThirdParty }, package }
}

/// Name and path (empty where there is none) of what has a number.
fn text<'py>(
    py: Python<'py>,
    texts: &mut Vec<Option<(Py<PyString>, Py<PyString>)>>,
    resolver: &Resolver,
    number: usize,
) -> (Bound<'py, PyString>, Bound<'py, PyString>) {
    if texts.len() <= number {
        texts.resize_with(number + 1, || None);
    }
    let made = texts[number].get_or_insert_with(|| {
        let resolved = resolver.get(number);
        let path = resolved.path.as_deref().unwrap_or_default();
        (PyString::new(py, &resolved.name).unbind(), PyString::new(py, path).unbind())
    });
    (made.0.bind(py).clone(), made.1.bind(py).clone())
}
