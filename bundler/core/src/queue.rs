//! Reading ahead: files in the order in which they were asked for, read on threads of their own; what somebody waits for comes first.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use rustc_hash::FxHashMap;

use crate::error::SourceError;
use crate::file::File;
use crate::pool;

/// What the threads do: files to be read wait behind what somebody waits for.
enum Job {
    Read(usize),
    Run(Box<dyn FnOnce() + Send>),
}

enum Slot {
    /// In the queue.
    Due,
    Reading,
    Read(Arc<File>),
}

#[derive(Default)]
struct State {
    numbers: FxHashMap<Arc<Path>, usize>,
    paths: Vec<Arc<Path>>,
    slots: Vec<Slot>,
    /// Files without an outline.
    failed: Vec<u32>,
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
    /// Files that somebody waits for: whoever reads another one need not wake him.
    awaited: Vec<usize>,
    closed: bool,
}

/// Reads the file of a number.
type Read = Box<dyn Fn(usize, &Path) -> File + Send + Sync>;

struct Shared {
    state: Mutex<State>,
    due: Condvar,
    read: Condvar,
    read_file: Read,
}

/// What is asked for is read on as many threads as there are processors; they end with the queue.
pub struct Queue {
    shared: Arc<Shared>,
}

impl Queue {
    pub fn new(read_file: impl Fn(usize, &Path) -> File + Send + Sync + 'static) -> Self {
        let read_file = Box::new(read_file);
        Self { shared: Arc::new(Shared { state: Mutex::default(), due: Condvar::new(), read: Condvar::new(), read_file }) }
    }

    /// Begins to read files that nobody has asked for yet.
    pub fn request(&self, paths: impl IntoIterator<Item = PathBuf>) {
        let mut state = self.shared.lock();
        for path in paths {
            state.enqueue(&path);
        }
        self.wake(state);
    }

    /// The number of a file, which is read from now on.
    pub fn enqueue(&self, path: &Path) -> usize {
        self.shared.lock().enqueue(path)
    }

    /// The number of a file that is not read for it.
    pub fn number(&self, path: &Path) -> usize {
        self.shared.lock().number(path)
    }

    /// A file as it was when it was first asked for; waits until it is read.
    pub fn file(&self, path: &Path) -> Result<Arc<File>, SourceError> {
        let mut state = self.shared.lock();
        let number = state.enqueue(path);
        self.wait(state, number)
    }

    /// The same by its number.
    pub fn numbered(&self, number: usize) -> Result<Arc<File>, SourceError> {
        self.wait(self.shared.lock(), number)
    }

    fn wait(&self, mut state: MutexGuard<State>, number: usize) -> Result<Arc<File>, SourceError> {
        if let Some(Slot::Read(file)) = state.slots.get(number) {
            return Ok(Arc::clone(file));
        }
        if let Some(Slot::Due) = state.slots.get(number)
            && let Some(at) = state.queue.iter().position(|job| job.reads(number))
            && let Some(due) = state.queue.remove(at)
        {
            state.queue.push_front(due);
        }
        self.wake(state);
        let mut state = self.shared.lock();
        state.awaited.push(number);
        let found = loop {
            if let Some(Slot::Read(file)) = state.slots.get(number) {
                break Ok(Arc::clone(file));
            }
            if state.threads == 0 {
                break Err(SourceError::new("no thread to read it on", 0));
            }
            state = self.shared.read.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        if let Some(at) = state.awaited.iter().position(|awaited| *awaited == number) {
            state.awaited.swap_remove(at);
        }
        found
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

    /// Takes this for the file of a number, which need not be read any more.
    pub fn take(&self, number: usize, file: File) {
        let mut state = self.shared.lock();
        state.take(number, file);
        state.queue.retain(|job| !job.reads(number));
        self.shared.read.notify_all();
    }

    /// Those of some files that have been read, and all that have no outline, in the order in which they were asked for.
    pub fn read_paths(&self, mut files: Vec<u32>) -> Vec<Arc<Path>> {
        let state = self.shared.lock();
        files.extend(&state.failed);
        files.sort_unstable();
        files.dedup();
        files.into_iter().filter_map(|number| state.read_path(number as usize)).cloned().collect()
    }

    /// All files that have been read, in the order in which they were asked for.
    pub fn read_files(&self) -> Vec<(Arc<Path>, Arc<File>)> {
        let state = self.shared.lock();
        let files = state.paths.iter().zip(&state.slots);
        let read = files.filter_map(|(path, slot)| match slot {
            Slot::Read(file) => Some((Arc::clone(path), Arc::clone(file))),
            Slot::Due | Slot::Reading => None,
        });
        read.collect()
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
        let waits = state.idle > 0;
        drop(state);
        if waits {
            self.shared.due.notify_all();
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.due.notify_all();
    }
}

impl Job {
    fn reads(&self, file: usize) -> bool {
        matches!(self, Self::Read(number) if *number == file)
    }
}

impl State {
    fn number(&mut self, path: &Path) -> usize {
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        let number = self.slots.len();
        let path: Arc<Path> = path.into();
        self.numbers.insert(Arc::clone(&path), number);
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

    fn read_path(&self, number: usize) -> Option<&Arc<Path>> {
        self.paths.get(number).filter(|_| matches!(self.slots.get(number), Some(Slot::Read(_))))
    }

    fn enqueue(&mut self, path: &Path) -> usize {
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        let number = self.number(path);
        self.queue.push_back(Job::Read(number));
        number
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is due until the queue is gone.
    fn run(&self) {
        let mut state = self.lock();
        while !state.closed {
            let Some(job) = state.queue.pop_front() else {
                state.idle += 1;
                state = self.due.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
                continue;
            };
            match job {
                Job::Run(work) => {
                    drop(state);
                    // A panic drops the sender of the result, which its receiver notices.
                    let _ = catch_unwind(AssertUnwindSafe(work));
                    state = self.lock();
                }
                Job::Read(number) => {
                    let path = state.paths.get(number).cloned();
                    if let Some(slot @ Slot::Due) = state.slots.get_mut(number) {
                        *slot = Slot::Reading;
                    }
                    drop(state);
                    let file = path.map(|path| (self.read_file)(number, &path));
                    state = self.lock();
                    if let (Some(Slot::Reading), Some(file)) = (state.slots.get(number), file) {
                        state.take(number, file);
                    }
                    if state.awaited.contains(&number) {
                        self.read.notify_all();
                    }
                }
            }
        }
    }
}
