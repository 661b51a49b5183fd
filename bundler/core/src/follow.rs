//! The walk over import statements, where nothing is unusual: `Walk` in `bundler/analysis/walk.py` says what it means.
//!
//! Modules are followed in the order in which they were reached, while what they import is read ahead on other threads. A
//! module with an import of a submodule that is not there, one that takes all names of a package, and one that is no Python are
//! left to the walk in Python: they are named, and nothing of them has been followed.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::file::{File, Import};
use crate::resolve::{Kind, Resolved, Resolver, SearchPath};
use crate::store::Store;

/// Why a file ships: `importer` and `imported` are numbers of names, `detail` the words of the import.
pub struct Edge {
    pub importer: usize,
    pub imported: usize,
    pub line: u32,
    pub detail: Arc<str>,
    pub sure: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shipped {
    Source,
    Compiled,
    /// A folder of a namespace package.
    Folder,
}

/// A file or folder that ships for a name.
pub struct ShippedFile {
    pub what: Shipped,
    pub name: usize,
    pub path: Arc<str>,
}

/// An import of what is not the user's own.
pub struct Use {
    pub importer: usize,
    pub module: Arc<str>,
    /// A name taken from it; empty for the module itself.
    pub attribute: Arc<str>,
    pub line: u32,
    pub sure: bool,
}

/// `from module import name`, of which it is not plain that the module has the name.
pub struct Check {
    pub module: usize,
    pub name: Arc<str>,
    pub importer: usize,
    pub line: u32,
    pub detail: Arc<str>,
    pub sure: bool,
}

/// An import of a top-level module that is nowhere.
pub struct Missing {
    pub importer: usize,
    pub module: Arc<str>,
    pub line: u32,
    pub detail: Arc<str>,
    pub sure: bool,
}

/// What was found since the walk was last asked, everything in the order in which it was met.
#[derive(Default)]
pub struct Batch {
    pub modules: Vec<usize>,
    pub edges: Vec<Edge>,
    pub files: Vec<ShippedFile>,
    pub standard: Vec<Use>,
    pub packages: Vec<Use>,
    pub missing: Vec<Missing>,
    pub checks: Vec<Check>,
    /// Folders from which modules are imported.
    pub folders: Vec<String>,
    /// Path and reason of what does not ship because the user says so.
    pub excluded: Vec<(Arc<str>, String)>,
    /// The module that is left to the caller.
    pub declined: Option<usize>,
}

/// Which glob of the user's keeps a path out.
pub type Excludes<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

pub struct Follower {
    pub resolver: Resolver,
    /// Dotted names of the standard library whose use limits the versions of Python.
    limiting: FxHashSet<String>,
    importers: FxHashMap<Arc<str>, usize>,
    /// Importer, package and sureness of what has been told of the packages on the way to a module.
    told: FxHashSet<(usize, usize, bool)>,
    shipped: FxHashSet<usize>,
    queue: VecDeque<usize>,
    folders: FxHashSet<String>,
}

/// A live import of a module: what it is about, and the words for it.
struct Step {
    import: Import,
    target: usize,
    name: Option<Arc<str>>,
    detail: Arc<str>,
}

/// The import that a step is about, and who wants it.
#[derive(Clone)]
struct Wish {
    /// Number of the importer's name, and of its file among `importers`.
    importer: usize,
    file: usize,
    line: u32,
    detail: Arc<str>,
    sure: bool,
}

impl Follower {
    pub fn new(search: SearchPath, limiting: FxHashSet<String>) -> Self {
        Self {
            resolver: Resolver::new(search),
            limiting,
            importers: FxHashMap::default(),
            told: FxHashSet::default(),
            shipped: FxHashSet::default(),
            queue: VecDeque::new(),
            folders: FxHashSet::default(),
        }
    }

    /// Notes that a name ships; false if it did before.
    pub fn ship(&mut self, store: &Store, name: &str) -> bool {
        let number = self.resolver.resolve(store, name);
        self.shipped.insert(number)
    }

    /// Notes that an importer told of a package on its way; false if it did before.
    pub fn tell(&mut self, store: &Store, importer: &str, package: &str, sure: bool) -> bool {
        let file = self.importer(importer);
        let package = self.resolver.resolve(store, package);
        self.told.insert((file, package, sure))
    }

    fn importer(&mut self, path: &str) -> usize {
        if let Some(number) = self.importers.get(path) {
            return *number;
        }
        let number = self.importers.len();
        self.importers.insert(path.into(), number);
        number
    }

    /// Follows what waits, then these modules and what they lead to, until nothing is left or a module is declined.
    pub fn follow(&mut self, store: &Store, names: &[String], excludes: Excludes) -> Batch {
        for name in names {
            let number = self.resolver.resolve(store, name);
            self.queue.push_back(number);
        }
        let mut batch = Batch::default();
        while let Some(module) = self.queue.pop_front() {
            if self.module(store, module, &mut batch, excludes).is_none() {
                batch.declined = Some(module);
                break;
            }
        }
        batch
    }

    /// One module; None if it is declined.
    fn module(&mut self, store: &Store, module: usize, batch: &mut Batch, excludes: Excludes) -> Option<()> {
        let resolved = self.resolver.get(module);
        let path = resolved.path.clone().filter(|_| resolved.kind == Kind::Local && is_plain(&resolved.name))?;
        let file = store.file(Path::new(&*path)).ok().filter(|file| file.outline.is_ok())?;
        let name = Arc::clone(&resolved.name);
        let package = if resolved.is_package { &*name } else { name.rsplit_once('.').map_or("", |(parent, _)| parent) };
        let steps = self.steps(store, &file, package)?;
        let number = self.importer(&path);
        batch.modules.push(module);
        let mut told = FxHashSet::default();
        for step in steps {
            let wish =
                Wish { importer: module, file: number, line: step.import.line, detail: step.detail, sure: step.import.sure };
            let mut told = Telling { batch: &mut *batch, edges: &mut told, excludes: &mut *excludes };
            self.step(store, step.target, step.name, wish, &mut told);
        }
        Some(())
    }

    /// The module's live imports; None if one is unusual.
    fn steps(&mut self, store: &Store, file: &File, package: &str) -> Option<Vec<Step>> {
        let live: Vec<Import> =
            file.imports.iter().filter(|one| one.alive && !file.ignored.contains(&one.line)).copied().collect();
        let texts = store.texts(live.iter().flat_map(|one| [Some(one.module), one.name, one.asname]));
        let mut steps = Vec::with_capacity(live.len());
        for (import, texts) in live.iter().zip(texts.chunks_exact(3)) {
            let [Some(module), name, asname] = texts else {
                return None;
            };
            let target = match absolute(module, import.level, package)? {
                Some(absolute) => self.resolver.resolve(store, &absolute),
                None => self.resolver.resolve(store, module),
            };
            let resolved = self.resolver.get(target);
            let takes_all = name.as_deref() == Some("*") && resolved.kind == Kind::Local && resolved.is_package;
            let is_unusual = resolved.kind == Kind::Missing && resolved.parent.is_some();
            if is_unusual || takes_all || name.is_some() && !is_read(store, resolved) {
                return None;
            }
            let detail = words(module, import.level, name.as_deref(), asname.as_deref()).into();
            steps.push(Step { import: *import, target, name: name.clone(), detail });
        }
        Some(steps)
    }

    fn step(&mut self, store: &Store, target: usize, name: Option<Arc<str>>, wish: Wish, told: &mut Telling) {
        self.reach(store, target, &wish, told);
        let resolved = self.resolver.get(target);
        let Some(name) = name else {
            return;
        };
        if &*name == "*" {
            return;
        }
        if resolved.kind == Kind::Standard {
            let module = Arc::clone(&resolved.name);
            self.standard(module, name, &wish, told);
        } else if resolved.is_package {
            self.member(store, target, name, wish, told);
        } else if resolved.kind == Kind::Local && resolved.is_source() {
            self.check(store, target, name, wish, told);
        }
    }

    /// `from package import name`: a submodule where there is one.
    fn member(&mut self, store: &Store, package: usize, name: Arc<str>, mut wish: Wish, told: &mut Telling) {
        let dotted = format!("{}.{name}", self.resolver.get(package).name);
        let submodule = self.resolver.resolve(store, &dotted);
        let is_local = self.resolver.get(package).kind == Kind::Local;
        if self.resolver.get(submodule).kind != Kind::Missing {
            wish.sure = wish.sure && !(is_local && self.binds(store, package, &name));
            self.reach(store, submodule, &wish, told);
        } else if is_local {
            self.check(store, package, name, wish, told);
        }
    }

    /// Whether a local module's own statements bind the name for sure.
    fn binds(&self, store: &Store, module: usize, name: &str) -> bool {
        let resolved = self.resolver.get(module);
        resolved.is_source() && resolved.path.as_deref().is_some_and(|path| store.binds(Path::new(path), name))
    }

    fn check(&self, store: &Store, module: usize, name: Arc<str>, wish: Wish, told: &mut Telling) {
        let is_special = name.starts_with("__") && name.ends_with("__");
        if is_special || self.binds(store, module, &name) {
            return;
        }
        let Wish { importer, line, detail, sure, .. } = wish;
        told.batch.checks.push(Check { module, name, importer, line, detail, sure });
    }

    /// Everything that importing a name loads.
    fn reach(&mut self, store: &Store, target: usize, wish: &Wish, told: &mut Telling) {
        let resolved = self.resolver.get(target);
        match resolved.kind {
            Kind::Local => {
                self.parents(store, target, wish, told);
                self.bring(store, target, wish, told);
            }
            Kind::Standard => self.standard(Arc::clone(&resolved.name), "".into(), wish, told),
            Kind::ThirdParty => {
                let module = Arc::clone(&resolved.name);
                self.parents(store, target, wish, told);
                told.batch.packages.push(wish.used(module, "".into()));
            }
            Kind::Missing => {
                let module = Arc::clone(&resolved.name);
                let Wish { importer, line, detail, sure, .. } = wish.clone();
                told.batch.missing.push(Missing { importer, module, line, detail, sure });
            }
            Kind::Runtime => {}
        }
    }

    fn standard(&self, module: Arc<str>, attribute: Arc<str>, wish: &Wish, told: &mut Telling) {
        let limits = |dotted: &str| {
            let ends = dotted.match_indices('.').map(|(end, _)| end).chain([dotted.len()]);
            ends.into_iter().any(|end| self.limiting.contains(&dotted[..end]))
        };
        let is_limiting = if attribute.is_empty() { limits(&module) } else { limits(&format!("{module}.{attribute}")) };
        if is_limiting {
            told.batch.standard.push(wish.used(module, attribute));
        }
    }

    /// The packages that a dotted name passes through; the first line of a module that does so is told.
    fn parents(&mut self, store: &Store, target: usize, wish: &Wish, told: &mut Telling) {
        let Some(parent) = self.resolver.get(target).parent else {
            return;
        };
        if !self.told.insert((wish.file, parent, wish.sure)) {
            return;
        }
        self.parents(store, parent, wish, told);
        if self.resolver.get(parent).kind == Kind::Local {
            self.bring(store, parent, wish, told);
        }
    }

    /// Ships what a local name leads to: a source file, a compiled module, or the folders of a namespace package.
    fn bring(&mut self, store: &Store, target: usize, wish: &Wish, told: &mut Telling) {
        if self.resolver.get(target).path.is_some() && told.edges.insert((target, wish.line, wish.sure)) {
            let Wish { importer, line, detail, sure, .. } = wish.clone();
            told.batch.edges.push(Edge { importer, imported: target, line, detail, sure });
        }
        if !self.shipped.insert(target) {
            return;
        }
        let resolved = self.resolver.get(target);
        let Some(path) = resolved.path.clone() else {
            for portion in resolved.portions.iter().filter(|portion| portion.kind == Kind::Local) {
                told.batch.files.push(ShippedFile { what: Shipped::Folder, name: target, path: Arc::clone(&portion.folder) });
                note_folder(&mut self.folders, told.batch, import_folder(resolved, &format!("{}/", portion.folder)));
            }
            return;
        };
        if let Some(pattern) = (told.excludes)(&path) {
            told.batch.excluded.push((path, pattern));
            return;
        }
        note_folder(&mut self.folders, told.batch, import_folder(resolved, &path));
        let what = if resolved.is_source() { Shipped::Source } else { Shipped::Compiled };
        if what == Shipped::Source {
            store.request([PathBuf::from(&*path)]);
            self.queue.push_back(target);
        }
        told.batch.files.push(ShippedFile { what, name: target, path });
    }
}

/// Where what a module brings is told; `edges` holds each (imported, line, sure) of it, since one line may name several things.
struct Telling<'a> {
    batch: &'a mut Batch,
    edges: &'a mut FxHashSet<(usize, u32, bool)>,
    excludes: Excludes<'a>,
}

impl Wish {
    fn used(&self, module: Arc<str>, attribute: Arc<str>) -> Use {
        Use { importer: self.importer, module, attribute, line: self.line, sure: self.sure }
    }
}

/// Whether a package can be asked for the names it binds: one that the parser refuses may still be Python to Python.
fn is_read(store: &Store, package: &Resolved) -> bool {
    let asked = package.kind == Kind::Local && package.is_package && package.is_source();
    let path = package.path.as_deref().filter(|_| asked);
    path.is_none_or(|path| store.file(Path::new(path)).is_ok_and(|file| file.outline.is_ok()))
}

fn note_folder(known: &mut FxHashSet<String>, batch: &mut Batch, folder: String) {
    if !known.contains(&folder) {
        known.insert(folder.clone());
        batch.folders.push(folder);
    }
}

/// The folder on the search path from which a file is imported by its dotted name.
fn import_folder(resolved: &Resolved, path: &str) -> String {
    let levels = resolved.name.matches('.').count() + 1 + usize::from(resolved.is_package);
    let mut folder = path;
    for _ in 0..levels {
        folder = dirname(folder);
    }
    folder.to_owned()
}

/// As `posixpath.dirname`.
fn dirname(path: &str) -> &str {
    let head = &path[..path.rfind('/').map_or(0, |slash| slash + 1)];
    let stripped = head.trim_end_matches('/');
    if stripped.is_empty() { head } else { stripped }
}

/// The module that a relative import names (None within for one that is not relative); None if it climbs out of its package.
pub fn absolute(module: &str, level: u32, package: &str) -> Option<Option<String>> {
    if level == 0 {
        return Some(None);
    }
    if package.is_empty() {
        return None;
    }
    let mut base = package;
    for _ in 1..level {
        base = base.rsplit_once('.')?.0;
    }
    Some(Some(if module.is_empty() { base.to_owned() } else { format!("{base}.{module}") }))
}

/// The words of one alias, for messages and edges.
fn words(module: &str, level: u32, name: Option<&str>, asname: Option<&str>) -> String {
    let dots = ".".repeat(level as usize);
    let alias = asname.map_or_else(String::new, |asname| format!(" as {asname}"));
    match name {
        None => format!("import {dots}{module}{alias}"),
        Some(name) => format!("from {dots}{module} import {name}{alias}"),
    }
}

/// Whether every part of a dotted name is an identifier that needs no look at Unicode's tables.
fn is_plain(name: &str) -> bool {
    name.split('.').all(|part| {
        part.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
            && part.bytes().next().is_some_and(|first| !first.is_ascii_digit())
    })
}
