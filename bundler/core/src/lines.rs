//! Where a byte offset stands: lines from 1, columns in code points from 0.

use std::cell::Cell;

use ruff_text_size::TextSize;

/// Offsets at which lines start; they end at `\n` (`decode` leaves no `\r`).
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<u32>,
    is_ascii: bool,
    /// The last place asked for, as offset and column: what stands further on in its line is counted from there.
    last: Cell<(u32, u32)>,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 1);
        starts.push(0);
        starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| at as u32 + 1));
        Self { text, starts, is_ascii: text.is_ascii(), last: Cell::new((0, 0)) }
    }

    pub fn line(&self, offset: TextSize) -> u32 {
        self.starts.partition_point(|start| *start <= offset.to_u32()) as u32
    }

    pub fn line_and_column(&self, offset: TextSize) -> (u32, u32) {
        let line = self.line(offset);
        let (start, offset) = (self.starts[line as usize - 1], offset.to_u32());
        if self.is_ascii {
            return (line, offset - start);
        }
        let (known, columns) = self.last.get();
        let (known, columns) = if (start..=offset).contains(&known) { (known, columns) } else { (start, 0) };
        let between = &self.text.as_bytes()[known as usize..offset as usize];
        let continuation = between.iter().filter(|byte| **byte & 0xC0 == 0x80).count();
        let column = columns + (between.len() - continuation) as u32;
        self.last.set((offset, column));
        (line, column)
    }

    /// Offset just past the end of the 1-based line (its newline included).
    pub fn end_of(&self, line: usize) -> usize {
        self.starts.get(line).map_or(self.text.len(), |start| *start as usize)
    }

    /// How many lines the text has.
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_code_points_and_a_form_feed_ends_no_line() {
        let lines = Lines::new("a\nb\n\u{e4}\x0cd");
        assert_eq!(lines.count(), 3);
        assert_eq!(lines.line_and_column(TextSize::new(2)), (2, 0));
        assert_eq!(lines.line_and_column(TextSize::new(7)), (3, 2));
    }

    #[test]
    fn columns_are_the_same_in_any_order_of_asking() {
        let text = "\u{e4}b\u{1F600}c\nd\u{e4}e\n\nf";
        let lines = Lines::new(text);
        let places: Vec<u32> = text.char_indices().map(|(at, _)| at as u32).collect();
        for &first in &places {
            for &second in &places {
                for at in [first, second] {
                    let before = &text[..at as usize];
                    let start = before.rfind('\n').map_or(0, |end| end + 1);
                    let expected = (before.matches('\n').count() as u32 + 1, before[start..].chars().count() as u32);
                    assert_eq!(lines.line_and_column(TextSize::new(at)), expected);
                }
            }
        }
    }
}
