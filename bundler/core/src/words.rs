//! The names that stand in modules, each text once: which modules mention a name is asked here, without their facts.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

/// Names by number, in the order in which they were first met.
#[derive(Default)]
pub struct Words {
    numbers: FxHashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
    /// Of each name the numbers of the files that mention it, in the order in which they were read.
    files: Vec<Vec<u32>>,
    /// The same for files that call something of that name, or import it under another.
    callers: Vec<Vec<u32>>,
    /// The same for files that read it as a value.
    readers: Vec<Vec<u32>>,
}

impl Words {
    pub fn add(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        let text: Arc<str> = text.into();
        self.numbers.insert(Arc::clone(&text), number);
        self.texts.push(text);
        number
    }

    /// A name that a file mentions.
    pub fn mention(&mut self, text: &str, file: u32) {
        let word = self.add(text) as usize;
        note(&mut self.files, word, file);
    }

    /// A name that a file calls.
    pub fn call(&mut self, text: &str, file: u32) {
        let word = self.add(text) as usize;
        note(&mut self.callers, word, file);
    }

    /// A name that a file reads.
    pub fn read(&mut self, text: &str, file: u32) {
        let word = self.add(text) as usize;
        note(&mut self.readers, word, file);
    }

    /// Numbers of the files that mention a name.
    pub fn mentioning(&self, text: &str) -> &[u32] {
        let word = self.number(text).and_then(|word| self.files.get(word as usize));
        word.map_or(&[], Vec::as_slice)
    }

    /// Numbers of the files that call a name.
    pub fn calling(&self, text: &str) -> &[u32] {
        let word = self.number(text).and_then(|word| self.callers.get(word as usize));
        word.map_or(&[], Vec::as_slice)
    }

    /// Numbers of the files that read a name.
    pub fn reading(&self, text: &str) -> &[u32] {
        let word = self.number(text).and_then(|word| self.readers.get(word as usize));
        word.map_or(&[], Vec::as_slice)
    }

    pub fn number(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    pub fn text(&self, number: u32) -> Option<Arc<str>> {
        self.texts.get(number as usize).map(Arc::clone)
    }

    /// The names from this number on.
    pub fn since(&self, first: usize) -> &[Arc<str>] {
        self.texts.get(first..).unwrap_or_default()
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
    names: Distinct<'a>,
    called: Distinct<'a>,
    read: Distinct<'a>,
}

/// Names in the order in which they were first met.
#[derive(Default)]
struct Distinct<'a> {
    known: FxHashSet<&'a str>,
    names: Vec<&'a str>,
}

impl<'a> Distinct<'a> {
    fn insert(&mut self, name: &'a str) {
        if self.known.insert(name) {
            self.names.push(name);
        }
    }
}

impl<'a> Mentioned<'a> {
    #[inline]
    pub fn add(&mut self, name: &'a str) {
        if self.wanted {
            self.names.insert(name);
        }
    }

    pub fn call(&mut self, name: &'a str) {
        if self.wanted {
            self.called.insert(name);
        }
    }

    #[inline]
    pub fn read(&mut self, name: &'a str) {
        if self.wanted {
            self.read.insert(name);
        }
    }

    /// What is mentioned, what is called and what is read, in the order in which it was met.
    pub fn take(self) -> [Vec<&'a str>; 3] {
        [self.names.names, self.called.names, self.read.names]
    }
}

fn note(files: &mut Vec<Vec<u32>>, word: usize, file: u32) {
    if files.len() <= word {
        files.resize_with(word + 1, Vec::new);
    }
    if let Some(files) = files.get_mut(word) {
        files.push(file);
    }
}
