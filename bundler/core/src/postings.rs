//! Of many numbers the files that have them, and how: chains of links, all in a few blocks.

/// So many links stand in a block, which need not move when more come.
const BLOCK: usize = 1 << 13;

/// Bits of a link that say how a file has a number.
pub const KIND_BITS: u32 = 3;

#[derive(Default)]
pub struct Postings {
    /// Of each number the place of its last link, counted from 1; 0 where it has none.
    last: Vec<u32>,
    /// A file and the kinds, and the place of the link before.
    links: Vec<Vec<[u32; 2]>>,
    count: u32,
}

impl Postings {
    /// Notes a file for a number; each pair once. `kinds` are `KIND_BITS` bits.
    pub fn add(&mut self, number: u32, file: u32, kinds: u32) {
        let number = number as usize;
        if self.last.len() <= number {
            self.last.resize(number + 1, 0);
        }
        if (self.count as usize).is_multiple_of(BLOCK) {
            self.links.push(Vec::with_capacity(BLOCK));
        }
        if let (Some(last), Some(block)) = (self.last.get_mut(number), self.links.last_mut()) {
            block.push([file << KIND_BITS | kinds, *last]);
            self.count += 1;
            *last = self.count;
        }
    }

    /// Files that have a number in one of these ways, the last one first.
    pub fn files(&self, number: u32, kinds: u32) -> impl Iterator<Item = u32> {
        let mut place = self.last.get(number as usize).copied().unwrap_or_default();
        let next = move || {
            let at = place.checked_sub(1)? as usize;
            let [file, before] = *self.links.get(at / BLOCK)?.get(at % BLOCK)?;
            place = before;
            Some(file)
        };
        std::iter::from_fn(next).filter(move |file| file & kinds != 0).map(|file| file >> KIND_BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_number_and_kind() {
        let mut postings = Postings::default();
        for file in 0..3 * BLOCK as u32 {
            postings.add(file % 7, file, 1 << (file % 3));
        }
        let found: Vec<u32> = postings.files(5, 0b101).collect();
        let wanted = (0..3 * BLOCK as u32).rev().filter(|file| file % 7 == 5 && file % 3 != 1);
        assert!(found.iter().copied().eq(wanted));
        assert_eq!(postings.files(7, 0b111).count(), 0);
    }
}
