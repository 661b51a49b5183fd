//! Where a byte offset stands: lines from 1, columns in code points from 0.

use ruff_text_size::TextSize;

/// Offsets at which lines start; they end at `\n` (`decode` leaves no `\r`).
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<u32>,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 1);
        starts.push(0);
        starts.extend(memchr::memchr_iter(b'\n', bytes).map(|at| at as u32 + 1));
        Self { text, starts }
    }

    pub fn line(&self, offset: TextSize) -> u32 {
        self.starts.partition_point(|start| *start <= offset.to_u32()) as u32
    }

    pub fn line_and_column(&self, offset: TextSize) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.starts[line as usize - 1] as usize;
        let before = &self.text.as_bytes()[start..offset.to_usize()];
        let continuation = before.iter().filter(|byte| **byte & 0xC0 == 0x80).count();
        (line, (before.len() - continuation) as u32)
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
}
