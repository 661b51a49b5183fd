//! Resolution: what a dotted module name means to the user's interpreter, found on disk alone.
//!
//! The rules are those of `bundler/resolve.py`, which says where they come from.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::listing::Listing;
use crate::store::Store;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Local,
    Standard,
    ThirdParty,
    Runtime,
    Missing,
}

/// A folder in which modules are sought, and whose it is.
#[derive(Clone, Debug)]
pub struct Portion {
    pub folder: Arc<str>,
    pub kind: Kind,
}

/// An entry of the search path; `package` where it holds just that package (an editable install's mapping).
#[derive(Clone, Debug)]
pub struct Place {
    pub folder: Arc<str>,
    pub kind: Kind,
    pub package: String,
}

/// Where a dotted name leads; `parent` is the number of the package that it lies in.
#[derive(Debug)]
pub struct Resolved {
    pub name: Arc<str>,
    pub kind: Kind,
    pub path: Option<Arc<str>>,
    pub is_package: bool,
    pub portions: Vec<Portion>,
    pub parent: Option<usize>,
}

impl Resolved {
    pub fn is_source(&self) -> bool {
        self.path.as_deref().is_some_and(|path| path.ends_with(".py"))
    }
}

/// What decides where names lead.
#[derive(Default)]
pub struct SearchPath {
    /// Searched before the standard library, and after it.
    pub before: Vec<Place>,
    pub after: Vec<Place>,
    /// Endings of files that hold modules, in the order in which they are tried.
    pub suffixes: Vec<String>,
    pub unshadowed: FxHashSet<String>,
    pub standard: FxHashSet<String>,
    /// Packages that the runtime stands in for, unless the project has its own.
    pub served: FxHashSet<String>,
}

/// Each distinct name is looked up once and has a number.
pub struct Resolver {
    search: SearchPath,
    known: FxHashMap<Arc<str>, usize>,
    resolved: Vec<Resolved>,
}

impl Resolver {
    pub fn new(search: SearchPath) -> Self {
        Self { search, known: FxHashMap::default(), resolved: Vec::new() }
    }

    pub fn get(&self, number: usize) -> &Resolved {
        &self.resolved[number]
    }

    /// What `import name` would find.
    pub fn resolve(&mut self, store: &Store, name: &str) -> usize {
        if let Some(number) = self.known.get(name) {
            return *number;
        }
        let found = match name.rsplit_once('.') {
            Some((parent, tail)) if !parent.is_empty() => self.submodule(store, parent, tail, name),
            _ => self.top_level(store, name),
        };
        let number = self.resolved.len();
        self.known.insert(Arc::clone(&found.name), number);
        self.resolved.push(found);
        number
    }

    fn top_level(&self, store: &Store, name: &str) -> Resolved {
        if self.search.unshadowed.contains(name) || name == "__main__" {
            return without_file(name, Kind::Standard);
        }
        let mut portions = Vec::new();
        if let Some(found) = self.search(store, name, name, &self.search.before, &mut portions) {
            return found;
        }
        if self.search.served.contains(name) && portions.is_empty() {
            return without_file(name, Kind::Runtime);
        }
        if self.search.standard.contains(name) {
            return without_file(name, Kind::Standard);
        }
        self.search(store, name, name, &self.search.after, &mut portions).unwrap_or_else(|| namespace(name, portions))
    }

    fn submodule(&mut self, store: &Store, parent_name: &str, tail: &str, name: &str) -> Resolved {
        let number = self.resolve(store, parent_name);
        let parent = self.get(number);
        let mut found = if matches!(parent.kind, Kind::Standard | Kind::Runtime) {
            without_file(name, parent.kind)
        } else {
            let place =
                |portion: &Portion| Place { folder: Arc::clone(&portion.folder), kind: portion.kind, package: String::new() };
            let places: Vec<Place> = parent.portions.iter().map(place).collect();
            let mut portions = Vec::new();
            let mut found = self.search(store, name, tail, &places, &mut portions);
            if found.is_none() && parent.kind != Kind::Missing {
                let mapped: Vec<Place> = self.places().filter(|place| place.package == name).cloned().collect();
                found = self.search(store, name, tail, &mapped, &mut portions);
            }
            found.unwrap_or_else(|| namespace(name, portions))
        };
        found.parent = Some(number);
        found
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        self.search.before.iter().chain(&self.search.after)
    }

    /// The first regular module or package; folders that may become a namespace package are added to `portions`.
    fn search(&self, store: &Store, name: &str, tail: &str, places: &[Place], portions: &mut Vec<Portion>) -> Option<Resolved> {
        for place in places {
            if !place.package.is_empty() {
                let found = if place.package == name { self.mapped(store, name, place) } else { None };
                if found.is_some() {
                    return found;
                }
                continue;
            }
            let listing = store.listing(&place.folder);
            let is_folder = listing.folders.contains(tail);
            let folder = join(&place.folder, tail);
            if is_folder && let Some(initial) = self.first("__init__", &store.listing(&folder)) {
                let own = Portion { folder: folder.as_str().into(), kind: place.kind };
                return Some(self.package(store, name, &join(&folder, &initial), own));
            }
            if let Some(file) = self.first(tail, &listing) {
                return Some(regular(name, place.kind, &join(&place.folder, &file)));
            }
            if is_folder {
                portions.push(Portion { folder: folder.into(), kind: place.kind });
            }
        }
        None
    }

    fn first(&self, stem: &str, listing: &Listing) -> Option<String> {
        self.search.suffixes.iter().map(|suffix| format!("{stem}{suffix}")).find(|name| listing.files.contains(name))
    }

    fn mapped(&self, store: &Store, name: &str, place: &Place) -> Option<Resolved> {
        if let Some(initial) = self.first("__init__", &store.listing(&place.folder)) {
            let own = Portion { folder: Arc::clone(&place.folder), kind: place.kind };
            return Some(self.package(store, name, &join(&place.folder, &initial), own));
        }
        let file = format!("{}.py", place.folder);
        Path::new(&file).is_file().then(|| regular(name, place.kind, &file))
    }

    /// A regular package; one whose `__init__.py` extends its `__path__` by `pkgutil` goes on in later folders.
    fn package(&self, store: &Store, name: &str, path: &str, own: Portion) -> Resolved {
        let mut portions = vec![own.clone()];
        if !name.contains('.') && own.kind == Kind::Local && path.ends_with(".py") && extends_path(path) {
            for place in self.places().filter(|place| place.package.is_empty()) {
                let folder = join(&place.folder, name);
                if store.listing(&place.folder).folders.contains(name) && *folder != *own.folder {
                    portions.push(Portion { folder: folder.into(), kind: place.kind });
                }
            }
        }
        Resolved { name: name.into(), kind: own.kind, path: Some(path.into()), is_package: true, portions, parent: None }
    }
}

fn without_file(name: &str, kind: Kind) -> Resolved {
    Resolved { name: name.into(), kind, path: None, is_package: false, portions: Vec::new(), parent: None }
}

fn regular(name: &str, kind: Kind, path: &str) -> Resolved {
    Resolved { path: Some(path.into()), ..without_file(name, kind) }
}

fn namespace(name: &str, portions: Vec<Portion>) -> Resolved {
    if portions.is_empty() {
        return without_file(name, Kind::Missing);
    }
    let is_local = portions.iter().any(|portion| portion.kind == Kind::Local);
    let kind = if is_local { Kind::Local } else { Kind::ThirdParty };
    Resolved { is_package: true, portions, ..without_file(name, kind) }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() || folder.ends_with('/') { format!("{folder}{name}") } else { format!("{folder}/{name}") }
}

/// Whether an `__init__.py` declares an old-style namespace package: a few lines that say so near their start.
fn extends_path(path: &str) -> bool {
    let mut head = Vec::with_capacity(4096);
    let read = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    let holds = |text: &[u8]| memchr::memmem::find(&head, text).is_some();
    read.is_ok() && (holds(b"extend_path(") || holds(b"declare_namespace("))
}
