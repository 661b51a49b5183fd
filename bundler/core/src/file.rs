//! What a store keeps of one source file: its bytes and its outline, both in little room.

use std::io;
use std::sync::{Mutex, PoisonError};

use crate::error::SourceError;
use crate::outline::{Has, Outline};
use crate::packed::{Kept, Packer};
use crate::signs::Signs;
use crate::words::{Known, MENTIONS};

/// Why a file has no outline.
#[derive(Clone)]
pub enum Failure {
    /// The system's error number.
    Unreadable(i32),
    Invalid(SourceError),
}

pub struct File {
    pub content: Kept,
    /// As `outline::Outline::json`.
    pub outline: Result<Kept, Failure>,
    /// As in the outline, by numbers of words.
    pub imports: Box<[Import]>,
    /// As `outline::Outline::ignored`.
    pub ignored: Box<[u32]>,
    pub has: Has,
    pub signs: Signs,
    /// Numbers of the names that it binds, sorted.
    pub bound: Box<[u32]>,
    /// Its code, where it was kept.
    pub code: Option<Kept>,
    /// Which of the store's watched texts stand in it: a bit for each.
    pub watched: u64,
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
    pub direct: bool,
}

/// What packs bytes, outlines and code.
#[derive(Default)]
pub struct Packers {
    pub contents: Packer,
    pub outlines: Packer,
    pub code: Packer,
}

impl File {
    pub fn unreadable(error: &io::Error) -> Self {
        Self::failed(Kept::Plain(Box::default()), Failure::Unreadable(error.raw_os_error().unwrap_or_default()))
    }

    pub fn failed(content: Kept, failure: Failure) -> Self {
        Self {
            content,
            outline: Err(failure),
            imports: Box::default(),
            ignored: Box::default(),
            has: Has::default(),
            signs: Signs::default(),
            bound: Box::default(),
            code: None,
            watched: 0,
        }
    }

    /// The file of this number, whose names the words learn.
    pub fn outlined(
        number: usize,
        content: Kept,
        outline: Outline,
        code: Option<Kept>,
        packers: &Packers,
        words: &Mutex<Known>,
    ) -> Self {
        let json = packers.outlines.keep(&outline.json);
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        let imports = outline.imports.iter().map(|import| Import {
            module: words.add(&import.module),
            level: import.level,
            name: import.name.as_ref().map(|name| words.add(name)),
            asname: import.asname.as_ref().map(|name| words.add(name)),
            line: import.line,
            alive: import.alive,
            sure: import.sure,
            direct: import.direct,
        });
        let imports = imports.collect();
        let mut bound: Box<[u32]> = outline.bound.iter().map(|name| words.add(name)).collect();
        bound.sort_unstable();
        for (word, kinds) in &outline.words {
            words.note(word, number as u32, *kinds);
        }
        for callee in &outline.callees {
            words.callees.note(callee, number as u32, MENTIONS);
        }
        drop(words); // what others wait for
        let ignored = outline.ignored.into_boxed_slice();
        let Outline { has, signs, .. } = outline;
        Self { content, outline: Ok(json), imports, ignored, has, signs, bound, code, watched: 0 }
    }
}
