//! Source files, each read once: what is asked of one, and of all of them.

use std::borrow::Cow;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memchr::memmem::Finder;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::callees;
use crate::code::Code;
use crate::error::SourceError;
use crate::file::{Failure, File, Packers};
use crate::listing::Listing;
use crate::module;
use crate::outline::{self, Has};
use crate::packed::Kept;
use crate::pool;
use crate::queue::Queue;
use crate::signs::{self, Sign};
use crate::walk::Part;
use crate::words::{CALLS, Known, MENTIONS, READS, Words};

/// From the bytes of a file to its text.
pub type Decode = fn(&[u8]) -> Result<Cow<'_, str>, SourceError>;

/// Packed code of so many bytes is kept from the first reading (of 300 MB of sources and more); that of other files is read anew.
const MAX_CODE: usize = 96 << 20;

/// Code that was asked for of late stays unpacked, up to twice so many bytes.
const MAX_OPEN: usize = 8 << 20;

/// Code that was asked for of late, and that of before, by the number of the file.
#[derive(Default)]
struct Open {
    late: FxHashMap<usize, Arc<Code>>,
    size: usize,
    before: FxHashMap<usize, Arc<Code>>,
}

impl Open {
    fn get(&mut self, file: usize) -> Option<Arc<Code>> {
        if let Some(known) = self.late.get(&file) {
            return Some(Arc::clone(known));
        }
        let code = self.before.remove(&file)?;
        self.insert(file, Arc::clone(&code));
        Some(code)
    }

    fn insert(&mut self, file: usize, code: Arc<Code>) {
        if self.size > MAX_OPEN {
            self.before = std::mem::take(&mut self.late);
            self.size = 0;
        }
        self.size += code.size();
        self.late.insert(file, code);
    }
}

/// What the reading of files adds to.
struct Shelf {
    decode: Decode,
    /// Texts that are looked for in each file while it is read.
    watched: Vec<Finder<'static>>,
    packers: Packers,
    words: Mutex<Known>,
    /// Bytes of the code of the files read so far.
    size: AtomicUsize,
}

pub struct Store {
    queue: Queue,
    shelf: Arc<Shelf>,
    listings: Mutex<FxHashMap<String, Arc<Listing>>>,
    open: Mutex<Open>,
}

impl Store {
    /// `watched` are texts for which `containing` will be asked (of 64 at most): then it takes no time.
    pub fn new(decode: Decode, watched: &[Vec<u8>]) -> Self {
        let watched = watched.iter().take(u64::BITS as usize).map(|text| Finder::new(text).into_owned()).collect();
        let shelf = Shelf { decode, watched, packers: Packers::default(), words: Mutex::default(), size: AtomicUsize::new(0) };
        let shelf = Arc::new(shelf);
        let reading = Arc::clone(&shelf);
        let queue = Queue::new(move |number, path| match fs::read(path) {
            Ok(content) => reading.outlined(number, &content),
            Err(error) => File::unreadable(&error),
        });
        Self { queue, shelf, listings: Mutex::default(), open: Mutex::default() }
    }

    /// Begins to read files that nobody has asked for yet.
    pub fn request(&self, paths: impl IntoIterator<Item = PathBuf>) {
        self.queue.request(paths);
    }

    /// A file as it was when it was first asked for; waits until it is read.
    pub fn file(&self, path: &Path) -> Result<Arc<File>, SourceError> {
        self.queue.file(path)
    }

    /// The bytes of a file.
    pub fn content<'a>(&self, file: &'a File) -> Cow<'a, [u8]> {
        self.shelf.packers.contents.open(&file.content)
    }

    /// The outline of a file (`outline::Outline::json`), or why it has none.
    pub fn outline<'a>(&self, file: &'a File) -> Result<Cow<'a, [u8]>, &'a Failure> {
        file.outline.as_ref().map(|json| self.shelf.packers.outlines.open(json))
    }

    /// The number of a file, which is read from now on.
    pub fn number(&self, path: &Path) -> usize {
        self.queue.enqueue(path)
    }

    /// A file by its number.
    pub fn numbered(&self, number: usize) -> Result<Arc<File>, SourceError> {
        self.queue.numbered(number)
    }

    /// A part of the facts of a file by its number.
    pub fn facts(&self, number: usize, part: Part) -> Result<Vec<u8>, SourceError> {
        if let Part::Code(family) = part {
            return Ok(self.code(number)?.json(family));
        }
        let file = self.numbered(number)?;
        let shelf = Arc::clone(&self.shelf);
        self.queue.run(move || module::extract_part(&(shelf.decode)(&shelf.packers.contents.open(&file.content))?, part))?
    }

    /// The code of a file if it was asked for of late: then it takes no time.
    pub fn open_code(&self, number: usize) -> Option<Arc<Code>> {
        self.open().get(number)
    }

    /// The code of a file by its number.
    pub fn code(&self, number: usize) -> Result<Arc<Code>, SourceError> {
        if let Some(known) = self.open_code(number) {
            return Ok(known);
        }
        let file = self.numbered(number)?;
        let plain = file.code.as_ref().map(|code| self.shelf.packers.code.open(code).into_owned());
        let code = match plain.and_then(Code::of_plain) {
            Some(code) => code,
            None => {
                let shelf = Arc::clone(&self.shelf);
                self.queue.run(move || module::code(&(shelf.decode)(&shelf.packers.contents.open(&file.content))?))??
            }
        };
        let code = Arc::new(code);
        self.open().insert(number, Arc::clone(&code));
        Ok(code)
    }

    /// Takes a file's content from the caller: it stands for the file from now on.
    pub fn add(&self, path: &Path, content: Vec<u8>) {
        let number = self.queue.number(path);
        let shelf = Arc::clone(&self.shelf);
        let given = content.clone();
        let file = self.queue.run(move || shelf.outlined(number, &given));
        let file = file.unwrap_or_else(|error| File::failed(Kept::Plain(content.into()), Failure::Invalid(error)));
        *self.open() = Open::default();
        self.queue.take(number, file);
    }

    /// The words of these numbers.
    pub fn texts(&self, numbers: impl IntoIterator<Item = Option<u32>>) -> Vec<Option<Arc<str>>> {
        let words = self.words();
        numbers.into_iter().map(|number| number.map(|number| words.text(number).into())).collect()
    }

    /// What stands in a folder; each is read once.
    pub fn listing(&self, folder: &str) -> Arc<Listing> {
        let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = listings.get(folder) {
            return Arc::clone(known);
        }
        let listing = Arc::new(Listing::read(folder));
        listings.insert(folder.to_owned(), Arc::clone(&listing));
        listing
    }

    /// Whether a file binds a name for its importers; false where it cannot be read.
    pub fn binds(&self, path: &Path, name: &str) -> bool {
        let number = |store: &Self| store.words().number(name);
        self.file(path).is_ok_and(|file| number(self).is_some_and(|number| file.bound.binary_search(&number).is_ok()))
    }

    /// Files read so far whose outline has something that `wanted` asks for, or that have none; in the order in which they were asked for.
    pub fn having(&self, wanted: impl Fn(Has) -> bool) -> Vec<Arc<Path>> {
        self.matching(|file| wanted(file.has))
    }

    /// All names met so far from this number on.
    pub fn words_since(&self, first: usize) -> Vec<String> {
        self.words().since(first).map(str::to_owned).collect()
    }

    /// Files read so far that mention one of these names, or have no outline; in the order in which they were asked for.
    pub fn mentioning<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<Arc<Path>> {
        self.noted(names, |words| words, MENTIONS)
    }

    /// As `words_since`, of callees (`callees::Callees`).
    pub fn callees_since(&self, first: usize) -> Vec<String> {
        self.words().callees.since(first).map(str::to_owned).collect()
    }

    /// Distinct last names of the callees from this number on, and how many callees there are.
    pub fn callee_names(&self, first: usize) -> (Vec<String>, usize) {
        let words = self.words();
        let callees = words.callees.since(first);
        let count = first + callees.len();
        let mut known = FxHashSet::default();
        let names = callees.map(callees::last_name).filter(|name| known.insert(*name));
        (names.map(str::to_owned).collect(), count)
    }

    /// Callees from this number on whose last name is one of these.
    pub fn callees_named<'a>(&self, names: impl IntoIterator<Item = &'a str>, first: usize) -> Vec<String> {
        let names: FxHashSet<&str> = names.into_iter().collect();
        let words = self.words();
        let callees = words.callees.since(first).filter(|callee| names.contains(callees::last_name(callee)));
        callees.map(str::to_owned).collect()
    }

    /// The same for files that call one of these callees.
    pub fn using<'a>(&self, callees: impl IntoIterator<Item = &'a str>) -> Vec<Arc<Path>> {
        self.noted(callees, |words| &words.callees, MENTIONS)
    }

    /// The same for files that call something of one of these names, or import it under another.
    pub fn calling<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<Arc<Path>> {
        self.noted(names, |words| words, CALLS)
    }

    /// The same for files that read one of these names as a value, or import it under another.
    pub fn reading<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<Arc<Path>> {
        self.noted(names, |words| words, READS)
    }

    fn noted<'a>(&self, names: impl IntoIterator<Item = &'a str>, of: fn(&Known) -> &Words, kinds: u32) -> Vec<Arc<Path>> {
        let known = self.words();
        let words = of(&known);
        let files: Vec<u32> = names.into_iter().flat_map(|name| words.files(name, kinds)).collect();
        drop(known);
        self.queue.read_paths(files)
    }

    /// Files read so far that have one of these names outside of function bodies, or no outline.
    pub fn outside<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<Arc<Path>> {
        let names = names.into_iter().map(|name| signs::hash(name.as_bytes())).collect();
        self.matching(|file| file.signs.has_any(Sign::Outside, &names))
    }

    /// The same for files whose own statements may call, under no condition, what some file defines, or something of these names.
    pub fn running<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<Arc<Path>> {
        let mut defined: FxHashSet<u32> = names.into_iter().map(|name| signs::hash(name.as_bytes())).collect();
        for (_, file) in self.queue.read_files() {
            defined.extend(file.signs.of(Sign::Defines));
        }
        self.matching(|file| file.signs.has_any(Sign::Runs, &defined))
    }

    /// The same for files one of whose texts may be a path of what stands in these folders, or in the file's own.
    pub fn naming(&self, folders: &[String]) -> Vec<Arc<Path>> {
        let mut known: FxHashMap<PathBuf, FxHashSet<u32>> = FxHashMap::default();
        let mut above: FxHashSet<u32> = FxHashSet::from_iter([".", ".."].map(|name| signs::hash(name.as_bytes())));
        for folder in folders {
            above.extend(self.hashes_in(folder));
        }
        let files = self.queue.read_files().into_iter();
        let named = files.filter(|(path, file)| {
            let folder = path.parent().unwrap_or(path);
            let own = known
                .entry(folder.to_owned())
                .or_insert_with(|| folder.to_str().map(|one| self.hashes_in(one)).unwrap_or_default());
            file.outline.is_err() || file.signs.has_any(Sign::First, &above) || file.signs.has_any(Sign::First, own)
        });
        named.map(|(path, _)| path).collect()
    }

    fn hashes_in(&self, folder: &str) -> FxHashSet<u32> {
        let listing = self.listing(folder);
        listing.files.iter().chain(&listing.folders).map(|name| signs::hash(name.as_bytes())).collect()
    }

    /// The imports that are a file's own statements, under no condition, as module and level.
    pub fn direct_imports(&self, path: &Path) -> Vec<(Arc<str>, u32)> {
        let Ok(file) = self.file(path) else {
            return Vec::new();
        };
        let direct: FxHashSet<(u32, u32)> =
            file.imports.iter().filter(|one| one.direct).map(|one| (one.module, one.level)).collect();
        let mut direct: Vec<(u32, u32)> = direct.into_iter().collect();
        direct.sort_unstable();
        let texts = self.texts(direct.iter().map(|one| Some(one.0)));
        texts.into_iter().zip(direct).filter_map(|(text, (_, level))| Some((text?, level))).collect()
    }

    /// Files without an outline, and those of which `wanted` is true.
    fn matching(&self, wanted: impl Fn(&File) -> bool) -> Vec<Arc<Path>> {
        let files = self.queue.read_files().into_iter();
        files.filter(|(_, file)| file.outline.is_err() || wanted(file)).map(|(path, _)| path).collect()
    }

    /// Files read so far that hold one of these texts; in the order in which they were asked for.
    pub fn containing(&self, texts: &[Vec<u8>]) -> Vec<Arc<Path>> {
        let shelf = &self.shelf;
        let is_watched = |text: &[u8]| shelf.watched.iter().position(|finder| finder.needle() == text);
        let watched = texts.iter().filter_map(|text| is_watched(text)).fold(0, |all, at| all | 1_u64 << at);
        let others: Vec<Finder> = texts.iter().filter(|text| is_watched(text).is_none()).map(Finder::new).collect();
        let holds = |file: &File| {
            let content = self.content(file);
            others.iter().any(|finder| finder.find(&content).is_some())
        };
        let mut files = self.queue.read_files();
        if others.is_empty() {
            files.retain(|(_, file)| file.watched & watched != 0);
        } else {
            let found = pool::map(&files, |(_, file)| Ok(file.watched & watched != 0 || holds(file)));
            let mut found = found.into_iter();
            files.retain(|_| matches!(found.next(), Some(Ok(true))));
        }
        files.into_iter().map(|(path, _)| path).collect()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn words(&self) -> MutexGuard<'_, Known> {
        self.shelf.words()
    }
}

impl Shelf {
    fn words(&self) -> MutexGuard<'_, Known> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outlined(&self, number: usize, content: &[u8]) -> File {
        let keeps_code = self.size.load(Ordering::Relaxed) < MAX_CODE;
        let read = || outline::read(&(self.decode)(content)?, keeps_code);
        let outline = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(pool::failed()));
        let kept = self.packers.contents.keep(content);
        let mut file = match outline {
            Ok(outline) => {
                let code = outline.code.as_ref().map(|code| self.packers.code.keep(&code.plain()));
                self.size.fetch_add(code.as_ref().map_or(0, Kept::size), Ordering::Relaxed);
                File::outlined(number, kept, outline, code, &self.packers, &self.words)
            }
            Err(error) => File::failed(kept, Failure::Invalid(error)),
        };
        for (at, text) in self.watched.iter().enumerate() {
            file.watched |= u64::from(text.find(content).is_some()) << at;
        }
        file
    }
}
