//! The names that stand in modules, each text once: which modules mention a name is asked here, without their facts.

use std::ops::{Deref, DerefMut};

use rustc_hash::FxHashMap;

use crate::interned::Interned;
use crate::postings::Postings;

/// How a file has a name: it mentions it; it calls something of that name, or imports it under another; it reads it as a value, or
/// imports it under another.
pub const MENTIONS: u32 = 1;
pub const CALLS: u32 = 2;
pub const READS: u32 = 4;

/// Names by number, in the order in which they were first met, and the files that have them.
#[derive(Default)]
pub struct Words {
    texts: Interned,
    files: Postings,
}

impl Words {
    pub fn add(&mut self, text: &str) -> u32 {
        self.texts.add(text)
    }

    /// A name that a file has in these ways; each file and name once.
    pub fn note(&mut self, text: &str, file: u32, kinds: u32) {
        let word = self.texts.add(text);
        self.files.add(word, file, kinds);
    }

    /// Numbers of the files that have a name in one of these ways, the last one first.
    pub fn files(&self, text: &str, kinds: u32) -> impl Iterator<Item = u32> {
        self.number(text).into_iter().flat_map(move |word| self.files.files(word, kinds))
    }

    pub fn number(&self, text: &str) -> Option<u32> {
        self.texts.number(text)
    }

    pub fn text(&self, number: u32) -> &str {
        self.texts.text(number)
    }

    /// The names from this number on.
    pub fn since(&self, first: usize) -> impl ExactSizeIterator<Item = &str> {
        self.texts.since(first)
    }
}

/// Names and callees.
#[derive(Default)]
pub struct Known {
    words: Words,
    pub callees: Words,
}

impl Deref for Known {
    type Target = Words;

    fn deref(&self) -> &Words {
        &self.words
    }
}

impl DerefMut for Known {
    fn deref_mut(&mut self) -> &mut Words {
        &mut self.words
    }
}

/// The names of one module while it is walked.
#[derive(Default)]
pub struct Mentioned<'a> {
    /// Whether names are wanted at all.
    pub wanted: bool,
    known: FxHashMap<&'a str, usize>,
    names: Vec<(&'a str, u32)>,
}

impl<'a> Mentioned<'a> {
    #[inline]
    pub fn add(&mut self, name: &'a str) {
        self.note(name, MENTIONS);
    }

    pub fn call(&mut self, name: &'a str) {
        self.note(name, CALLS);
    }

    #[inline]
    pub fn read(&mut self, name: &'a str) {
        self.note(name, READS);
    }

    fn note(&mut self, name: &'a str, kind: u32) {
        if !self.wanted {
            return;
        }
        let number = *self.known.entry(name).or_insert(self.names.len());
        match self.names.get_mut(number) {
            Some((_, kinds)) => *kinds |= kind,
            None => self.names.push((name, kind)),
        }
    }

    /// The names and how each is had, in the order in which they were met.
    pub fn take(self) -> Vec<(&'a str, u32)> {
        self.names
    }
}
