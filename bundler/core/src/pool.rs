//! Threads whose stacks hold whatever `limits` admits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use crate::error::SourceError;

/// Reserved, not used: pages are taken when they are touched. The second size serves where address space is limited.
const STACK_SIZES: [usize; 2] = [1 << 30, 1 << 28];

/// How many threads can run at once. The system is asked once: it reads a handful of files to answer.
pub fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Runs `work` on a thread with a large stack.
pub fn with_large_stack<T: Send>(work: impl Fn() -> T + Sync) -> Result<T, SourceError> {
    let mut failure = String::new();
    for size in STACK_SIZES {
        let result = thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(size).spawn_scoped(scope, &work);
            thread.map(|thread| thread.join())
        });
        match result {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(_)) => return Err(failed()),
            Err(error) => failure = error.to_string(),
        }
    }
    Err(SourceError::new(format!("no thread to read it on: {failure}"), 0))
}

/// Starts a thread with a large stack that nobody waits for; false if there can be none.
pub fn spawn_with_large_stack(work: impl FnOnce() + Send + Clone + 'static) -> bool {
    STACK_SIZES.into_iter().any(|size| thread::Builder::new().stack_size(size).spawn(work.clone()).is_ok())
}

/// A panic of the parser is its fault, but no reason to take the program down.
pub fn failed() -> SourceError {
    SourceError::new("the parser failed on this file", 0)
}

/// Applies `work` to every item on as many threads as there are processors; results are in the order of the items.
pub fn map<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> Result<T, SourceError> + Sync) -> Vec<Result<T, SourceError>> {
    let threads = processors().min(items.len());
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let run = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return };
            let result = catch_unwind(AssertUnwindSafe(|| work(item))).unwrap_or_else(|_| Err(failed()));
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| with_large_stack(run));
        }
    });
    let mut results: Vec<Option<_>> = items.iter().map(|_| None).collect();
    for (index, result) in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
        if let Some(slot) = results.get_mut(index) {
            *slot = Some(result);
        }
    }
    results.into_iter().map(|result| result.unwrap_or_else(|| Err(failed()))).collect()
}
