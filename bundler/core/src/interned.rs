//! Texts that are each kept once and have a number, one after the other in a few blocks: a box of its own would cost most of them more than they are long.

use std::hash::{BuildHasher, BuildHasherDefault};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

const OFFSET_BITS: u32 = 16;

/// A block takes texts that begin before this many bytes; a longer text makes it longer.
const BLOCK: usize = 1 << OFFSET_BITS;

/// Texts by number, in the order in which they were first met.
#[derive(Default)]
pub struct Interned {
    blocks: Vec<String>,
    /// Where each text begins: its block, and the offset in it. It ends where the next one begins, or with its block.
    starts: Vec<u32>,
    numbers: HashTable<u32>,
}

impl Interned {
    /// The number of a text, which it has from now on.
    pub fn add(&mut self, text: &str) -> u32 {
        if let Some(number) = self.number(text) {
            return number;
        }
        let fits = self.blocks.last().is_some_and(|block| block.len() < BLOCK && block.len() + text.len() <= block.capacity());
        if !fits {
            if let Some(full) = self.blocks.last_mut() {
                full.shrink_to_fit();
            }
            self.blocks.push(String::with_capacity(BLOCK.max(text.len())));
        }
        let block = self.blocks.len() - 1;
        let number = self.starts.len() as u32;
        if let Some(open) = self.blocks.last_mut() {
            self.starts.push((block << OFFSET_BITS | open.len()) as u32);
            open.push_str(text);
        }
        let Self { blocks, starts, numbers } = self;
        numbers.insert_unique(hash(text), number, |number| hash(text_at(blocks, starts, *number)));
        number
    }

    pub fn number(&self, text: &str) -> Option<u32> {
        self.numbers.find(hash(text), |number| self.text(*number) == text).copied()
    }

    /// The text of a number; empty where it has none.
    pub fn text(&self, number: u32) -> &str {
        text_at(&self.blocks, &self.starts, number)
    }

    /// The texts from this number on.
    pub fn since(&self, first: usize) -> impl ExactSizeIterator<Item = &str> {
        (first.min(self.starts.len())..self.starts.len()).map(|number| self.text(number as u32))
    }
}

fn text_at<'a>(blocks: &'a [String], starts: &[u32], number: u32) -> &'a str {
    let place = |number: usize| starts.get(number).map(|start| ((start >> OFFSET_BITS) as usize, *start as usize & (BLOCK - 1)));
    let Some((block, start)) = place(number as usize) else {
        return "";
    };
    let end = place(number as usize + 1).filter(|next| next.0 == block).map(|next| next.1);
    let text = blocks.get(block).map_or("", String::as_str);
    text.get(start..end.unwrap_or(text.len())).unwrap_or_default()
}

fn hash(text: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_once_whatever_their_length() {
        let mut known = Interned::default();
        let long = "x".repeat(BLOCK + 1);
        let texts: Vec<String> =
            (0..20_000).map(|number| format!("name_{number}")).chain([long, String::new(), "é".into()]).collect();
        for _ in 0..2 {
            for (number, text) in texts.iter().enumerate() {
                assert_eq!(known.add(text), number as u32);
            }
        }
        assert!(texts.iter().enumerate().all(|(number, text)| known.text(number as u32) == text));
        assert_eq!(known.number("name"), None);
        assert!(known.since(19_999).eq(texts[19_999..].iter().map(String::as_str)));
        assert_eq!(known.since(texts.len() + 1).len(), 0);
    }
}
