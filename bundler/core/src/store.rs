//! Source files, each read once: their bytes and outlines, by path, read ahead on threads of their own.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::callees;
use crate::code::{Code, Packed};
use crate::error::SourceError;
use crate::listing::Listing;
use crate::module;
use crate::outline::{self, Has};
use crate::pool;
use crate::walk::Part;
use crate::words::Known;

/// From the bytes of a file to its text.
pub type Decode = fn(&[u8]) -> Result<Cow<'_, str>, SourceError>;

/// Why a file has no outline.
pub enum Failure {
    /// The system's error number.
    Unreadable(i32),
    Invalid(SourceError),
}

pub struct File {
    pub content: Vec<u8>,
    /// As `outline::Outline::json`.
    pub outline: Result<Vec<u8>, Failure>,
    /// As in the outline, by numbers of words.
    pub imports: Vec<Import>,
    /// As `outline::Outline::ignored`.
    pub ignored: Vec<u32>,
    pub has: Has,
    bound: Vec<u32>,
    /// Its code, where it was kept.
    code: Option<Packed>,
}

/// As `outline::Import`, texts by their numbers.
#[derive(Clone, Copy)]
pub struct Import {
    pub module: u32,
    pub level: u32,
    pub name: Option<u32>,
    pub asname: Option<u32>,
    pub line: u32,
    pub alive: bool,
    pub sure: bool,
}

impl File {
    fn failed(content: Vec<u8>, failure: Failure) -> Self {
        Self {
            content,
            outline: Err(failure),
            imports: Vec::new(),
            ignored: Vec::new(),
            has: Has::default(),
            bound: Vec::new(),
            code: None,
        }
    }
}

/// What the threads do: files to be read wait behind what somebody waits for.
enum Job {
    Read(usize, PathBuf),
    Run(Box<dyn FnOnce() + Send>),
}

enum Slot {
    /// In the queue, or being read.
    Due,
    Read(Arc<File>),
}

#[derive(Default)]
struct State {
    numbers: FxHashMap<PathBuf, usize>,
    paths: Vec<PathBuf>,
    slots: Vec<Slot>,
    /// Files without an outline.
    failed: Vec<u32>,
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

struct Shared {
    state: Mutex<State>,
    due: Condvar,
    read: Condvar,
    words: Mutex<Known>,
    listings: Mutex<FxHashMap<String, Arc<Listing>>>,
    /// Bytes of the packed code of the files read so far.
    size: AtomicUsize,
    open: Mutex<Open>,
    decode: Decode,
}

/// Packed code of so many bytes is kept from the first reading (of 200 MB of sources and more); that of other files is read anew.
const MAX_CODE: usize = 128 << 20;

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

/// What is asked for is read on as many threads as there are processors; they end with the store.
pub struct Store {
    shared: Arc<Shared>,
}

impl Store {
    pub fn new(decode: Decode) -> Self {
        let shared = Shared {
            state: Mutex::default(),
            due: Condvar::new(),
            read: Condvar::new(),
            words: Mutex::default(),
            listings: Mutex::default(),
            size: AtomicUsize::new(0),
            open: Mutex::default(),
            decode,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Begins to read files that nobody has asked for yet.
    pub fn request(&self, paths: impl IntoIterator<Item = PathBuf>) {
        let mut state = self.shared.lock();
        for path in paths {
            state.enqueue(path);
        }
        self.wake(state);
    }

    /// A file as it was when it was first asked for; waits until it is read.
    pub fn file(&self, path: &Path) -> Result<Arc<File>, SourceError> {
        let mut state = self.shared.lock();
        let number = state.enqueue(path.to_owned());
        if let Some(Slot::Read(file)) = state.slots.get(number) {
            return Ok(Arc::clone(file));
        }
        if let Some(at) = state.queue.iter().position(|job| job.reads(number))
            && let Some(due) = state.queue.remove(at)
        {
            state.queue.push_front(due);
        }
        self.wake(state);
        let mut state = self.shared.lock();
        loop {
            if let Some(Slot::Read(file)) = state.slots.get(number) {
                return Ok(Arc::clone(file));
            }
            if state.threads == 0 {
                return Err(SourceError::new("no thread to read it on", 0));
            }
            state = self.shared.read.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Runs `work` on one of the threads, whose stacks are large, and waits for it.
    pub fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, SourceError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let mut state = self.shared.lock();
        state.queue.push_front(Job::Run(Box::new(move || drop(sender.send(work())))));
        self.wake(state);
        let state = self.shared.lock();
        if state.threads == 0 {
            return Err(SourceError::new("no thread to read it on", 0));
        }
        drop(state);
        receiver.recv().map_err(|_| pool::failed())
    }

    /// A part of the facts of a file that was read.
    pub fn facts(&self, path: &Path, part: Part) -> Result<Vec<u8>, SourceError> {
        if let Part::Code(family) = part {
            return Ok(self.code(self.number(path))?.json(family));
        }
        let file = self.file(path)?;
        let decode = self.shared.decode;
        self.run(move || module::extract_part(&decode(&file.content)?, part))?
    }

    /// The number of a file, which is read from now on.
    pub fn number(&self, path: &Path) -> usize {
        self.shared.lock().enqueue(path.to_owned())
    }

    /// The code of a file if it was asked for of late: then it takes no time.
    pub fn open_code(&self, number: usize) -> Option<Arc<Code>> {
        self.shared.open().get(number)
    }

    /// The code of a file by its number.
    pub fn code(&self, number: usize) -> Result<Arc<Code>, SourceError> {
        if let Some(known) = self.open_code(number) {
            return Ok(known);
        }
        let path = self.shared.lock().paths.get(number).cloned().unwrap_or_default();
        let file = self.file(&path)?;
        let code = match file.code.as_ref().and_then(Code::unpack) {
            Some(code) => code,
            None => {
                let decode = self.shared.decode;
                self.run(move || module::code(&decode(&file.content)?))??
            }
        };
        let code = Arc::new(code);
        self.shared.open().insert(number, Arc::clone(&code));
        Ok(code)
    }

    /// Takes a file's content from the caller: it stands for the file from now on.
    pub fn add(&self, path: PathBuf, content: Vec<u8>) {
        let shared = Arc::clone(&self.shared);
        let given = content.clone();
        let number = self.shared.lock().number(path);
        let file = self.run(move || shared.outlined(number, given));
        let file = file.unwrap_or_else(|error| File::failed(content, Failure::Invalid(error)));
        *self.shared.open() = Open::default();
        let mut state = self.shared.lock();
        state.take(number, file);
        state.queue.retain(|job| !job.reads(number));
    }

    /// The words of these numbers.
    pub fn texts(&self, numbers: impl IntoIterator<Item = Option<u32>>) -> Vec<Option<Arc<str>>> {
        let words = self.shared.words();
        numbers.into_iter().map(|number| number.and_then(|number| words.text(number))).collect()
    }

    /// What stands in a folder; each is read once.
    pub fn listing(&self, folder: &str) -> Arc<Listing> {
        let mut listings = self.shared.listings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = listings.get(folder) {
            return Arc::clone(known);
        }
        let listing = Arc::new(Listing::read(folder));
        listings.insert(folder.to_owned(), Arc::clone(&listing));
        listing
    }

    /// Whether a file binds a name for its importers; false where it cannot be read.
    pub fn binds(&self, path: &Path, name: &str) -> bool {
        let number = |store: &Self| store.shared.words().number(name);
        self.file(path).is_ok_and(|file| number(self).is_some_and(|number| file.bound.binary_search(&number).is_ok()))
    }

    /// Files read so far whose outline has something that `wanted` asks for; in the order in which they were asked for.
    pub fn having(&self, wanted: impl Fn(Has) -> bool) -> Vec<PathBuf> {
        self.matching(|file| wanted(file.has))
    }

    /// All names met so far from this number on.
    pub fn words_since(&self, first: usize) -> Vec<String> {
        self.shared.words().since(first).iter().map(|word| String::from(&**word)).collect()
    }

    /// Files read so far that mention one of these names, or have no outline; in the order in which they were asked for.
    pub fn mentioning<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<PathBuf> {
        self.noted(names, |words, name| words.mentioning(name))
    }

    /// As `words_since`, of callees (`callees::Callees`).
    pub fn callees_since(&self, first: usize) -> Vec<String> {
        self.shared.words().callees.since(first).iter().map(|callee| String::from(&**callee)).collect()
    }

    /// Distinct last names of the callees from this number on, and how many callees there are.
    pub fn callee_names(&self, first: usize) -> (Vec<String>, usize) {
        let words = self.shared.words();
        let callees = words.callees.since(first);
        let mut known = FxHashSet::default();
        let names = callees.iter().map(|callee| callees::last_name(callee)).filter(|name| known.insert(*name));
        (names.map(str::to_owned).collect(), first + callees.len())
    }

    /// Callees from this number on whose last name is one of these.
    pub fn callees_named<'a>(&self, names: impl IntoIterator<Item = &'a str>, first: usize) -> Vec<String> {
        let names: FxHashSet<&str> = names.into_iter().collect();
        let words = self.shared.words();
        let callees = words.callees.since(first).iter().filter(|callee| names.contains(callees::last_name(callee)));
        callees.map(|callee| String::from(&**callee)).collect()
    }

    /// The same for files that call one of these callees.
    pub fn using<'a>(&self, callees: impl IntoIterator<Item = &'a str>) -> Vec<PathBuf> {
        self.noted(callees, |words, callee| words.callees.mentioning(callee))
    }

    /// The same for files that call something of one of these names, or import it under another.
    pub fn calling<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<PathBuf> {
        self.noted(names, |words, name| words.calling(name))
    }

    /// The same for files that read one of these names as a value, or import it under another.
    pub fn reading<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<PathBuf> {
        self.noted(names, |words, name| words.reading(name))
    }

    fn noted<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
        files: for<'b> fn(&'b Known, &str) -> &'b [u32],
    ) -> Vec<PathBuf> {
        let mut files: Vec<u32> = {
            let words = self.shared.words();
            names.into_iter().flat_map(|name| files(&words, name)).copied().collect()
        };
        let state = self.shared.lock();
        files.extend(&state.failed);
        files.sort_unstable();
        files.dedup();
        files.into_iter().filter_map(|number| state.read_path(number as usize)).cloned().collect()
    }

    /// Files read so far that hold these bytes; in the order in which they were asked for.
    pub fn containing(&self, text: &[u8]) -> Vec<PathBuf> {
        let finder = memchr::memmem::Finder::new(text);
        self.matching(|file| finder.find(&file.content).is_some())
    }

    fn matching(&self, wanted: impl Fn(&File) -> bool) -> Vec<PathBuf> {
        let files = self.shared.lock().read_files();
        files.into_iter().filter(|(_, file)| wanted(file)).map(|(path, _)| path).collect()
    }

    /// Wakes threads for what is due, and starts those that are still wanting.
    fn wake(&self, mut state: MutexGuard<State>) {
        let missing = state.queue.len().saturating_sub(state.idle).min(pool::processors().saturating_sub(state.threads));
        for _ in 0..missing {
            let shared = Arc::clone(&self.shared);
            if pool::spawn_with_large_stack(move || shared.run()) {
                state.threads += 1;
            }
        }
        drop(state);
        self.shared.due.notify_all();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.due.notify_all();
    }
}

impl Job {
    fn reads(&self, file: usize) -> bool {
        matches!(self, Self::Read(number, _) if *number == file)
    }
}

impl State {
    fn number(&mut self, path: PathBuf) -> usize {
        if let Some(number) = self.numbers.get(&path) {
            return *number;
        }
        let number = self.slots.len();
        self.numbers.insert(path.clone(), number);
        self.paths.push(path);
        self.slots.push(Slot::Due);
        number
    }

    fn take(&mut self, number: usize, file: File) {
        if file.outline.is_err() {
            self.failed.push(number as u32);
        }
        if let Some(slot) = self.slots.get_mut(number) {
            *slot = Slot::Read(Arc::new(file));
        }
    }

    fn read_path(&self, number: usize) -> Option<&PathBuf> {
        self.paths.get(number).filter(|_| matches!(self.slots.get(number), Some(Slot::Read(_))))
    }

    fn enqueue(&mut self, path: PathBuf) -> usize {
        if let Some(number) = self.numbers.get(&path) {
            return *number;
        }
        let number = self.number(path.clone());
        self.queue.push_back(Job::Read(number, path));
        number
    }

    fn read_files(&self) -> Vec<(PathBuf, Arc<File>)> {
        let files = self.paths.iter().zip(&self.slots);
        let read = files.filter_map(|(path, slot)| match slot {
            Slot::Read(file) => Some((path.clone(), Arc::clone(file))),
            Slot::Due => None,
        });
        read.collect()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn words(&self) -> MutexGuard<'_, Known> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is due until the store is gone.
    fn run(&self) {
        let mut state = self.lock();
        while !state.closed {
            let Some(job) = state.queue.pop_front() else {
                state.idle += 1;
                state = self.due.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
                continue;
            };
            drop(state);
            match job {
                Job::Run(work) => {
                    // A panic drops the sender of the result, which its receiver notices.
                    let _ = catch_unwind(AssertUnwindSafe(work));
                    state = self.lock();
                }
                Job::Read(number, path) => {
                    let file = self.read_file(number, &path);
                    state = self.lock();
                    if let Some(Slot::Due) = state.slots.get(number) {
                        state.take(number, file);
                    }
                    self.read.notify_all();
                }
            }
        }
    }

    fn read_file(&self, number: usize, path: &Path) -> File {
        match fs::read(path) {
            Ok(content) => self.outlined(number, content),
            Err(error) => File::failed(Vec::new(), Failure::Unreadable(error.raw_os_error().unwrap_or_default())),
        }
    }

    fn outlined(&self, number: usize, content: Vec<u8>) -> File {
        let keeps_code = self.size.load(Ordering::Relaxed) < MAX_CODE;
        let read = || outline::read(&(self.decode)(&content)?, keeps_code);
        let outline = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(pool::failed()));
        match outline {
            Ok(outline) => {
                let code = outline.code.as_ref().map(Code::pack);
                self.size.fetch_add(code.as_ref().map_or(0, Packed::size), Ordering::Relaxed);
                let mut words = self.words();
                let imports = outline.imports.iter().map(|import| Import {
                    module: words.add(&import.module),
                    level: import.level,
                    name: import.name.as_ref().map(|name| words.add(name)),
                    asname: import.asname.as_ref().map(|name| words.add(name)),
                    line: import.line,
                    alive: import.alive,
                    sure: import.sure,
                });
                let imports = imports.collect();
                let mut bound: Vec<u32> = outline.bound.iter().map(|name| words.add(name)).collect();
                bound.sort_unstable();
                for word in &outline.words {
                    words.mention(word, number as u32);
                }
                for callee in &outline.callees {
                    words.callees.mention(callee, number as u32);
                }
                for word in &outline.read {
                    words.read(word, number as u32);
                }
                for word in &outline.called {
                    words.call(word, number as u32);
                }
                File { content, outline: Ok(outline.json), imports, ignored: outline.ignored, has: outline.has, bound, code }
            }
            Err(error) => File::failed(content, Failure::Invalid(error)),
        }
    }
}
