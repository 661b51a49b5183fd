//! What a module says at a glance, as short hashes of names: all modules are asked at once, and none of their outlines is looked at.
//!
//! Two names of one hash bring a file too many, never one too few.

use std::hash::Hasher;

use rustc_hash::{FxHashSet, FxHasher};

/// What a name is to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Its own statements call something of that last name under no condition.
    Runs,
    /// It defines or assigns the name, or imports something under it.
    Defines,
    /// An attribute or keyword outside of function bodies.
    Outside,
    /// The first part of a relative path that one of its texts may be.
    First,
}

const KINDS: usize = 4;

#[derive(Debug, Default)]
pub struct Signs {
    hashes: Box<[u32]>,
    /// Where the hashes of each kind end.
    ends: [u32; KINDS],
}

/// Names by what they are, as they are met.
#[derive(Default)]
pub struct Gathered([FxHashSet<u32>; KINDS]);

impl Gathered {
    pub fn extend<'a>(&mut self, sign: Sign, names: impl IntoIterator<Item = &'a [u8]>) {
        self.0[sign as usize].extend(names.into_iter().map(hash));
    }

    pub fn signs(self) -> Signs {
        let mut hashes = Vec::with_capacity(self.0.iter().map(FxHashSet::len).sum());
        let ends = self.0.map(|kind| {
            let first = hashes.len();
            hashes.extend(kind);
            hashes[first..].sort_unstable();
            hashes.len() as u32
        });
        Signs { hashes: hashes.into(), ends }
    }
}

impl Signs {
    pub fn of(&self, sign: Sign) -> &[u32] {
        let kind = sign as usize;
        let start = kind.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.hashes.get(start as usize..self.ends[kind] as usize).unwrap_or_default()
    }

    pub fn has_any(&self, sign: Sign, names: &FxHashSet<u32>) -> bool {
        self.of(sign).iter().any(|hash| names.contains(hash))
    }
}

pub fn hash(name: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    (hasher.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_found_as_what_it_is() {
        let mut gathered = Gathered::default();
        gathered.extend(Sign::Defines, [b"f", b"f"].map(<[u8; 1]>::as_slice));
        gathered.extend(Sign::First, [b"data".as_slice()]);
        let signs = gathered.signs();
        let is = |sign, name: &[u8]| signs.has_any(sign, &FxHashSet::from_iter([hash(name), hash(b"nothing")]));
        assert!(is(Sign::Defines, b"f") && is(Sign::First, b"data"));
        assert!(!is(Sign::Runs, b"f") && !is(Sign::Outside, b"data") && !is(Sign::Defines, b"data"));
        assert_eq!(signs.of(Sign::Defines).len(), 1);
        assert!(Signs::default().of(Sign::First).is_empty());
    }
}
