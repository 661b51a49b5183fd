//! Rows of facts, written as JSON at once and sorted by (line, canonical JSON) at the end.

use crate::json;

#[derive(Default)]
pub struct Rows {
    /// Rows that nobody will read are not written.
    pub muted: bool,
    bytes: Vec<u8>,
    rows: Vec<(u32, usize, usize)>,
}

impl Rows {
    /// Adds the row that `write` appends to the buffer.
    pub fn add(&mut self, line: u32, write: impl FnOnce(&mut Vec<u8>)) {
        if self.muted {
            return;
        }
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.rows.push((line, start, self.bytes.len()));
    }

    pub fn write(mut self, out: &mut Vec<u8>) {
        self.sort();
        let bytes = &self.bytes;
        json::write_array(out, &self.rows, |out, row| out.extend_from_slice(&bytes[row.1..row.2]));
    }

    /// The rows without anything between them; where each ends.
    pub fn write_bare(mut self, out: &mut Vec<u8>) -> Vec<u32> {
        self.sort();
        let ends = self.rows.iter().map(|row| {
            out.extend_from_slice(&self.bytes[row.1..row.2]);
            out.len() as u32
        });
        ends.collect()
    }

    /// As `write`; the number of each row, in the order in which they are written: rows were numbered as they were added.
    pub fn write_numbered(mut self, out: &mut Vec<u8>) -> Vec<usize> {
        let starts: Vec<usize> = self.rows.iter().map(|row| row.1).collect();
        self.sort();
        let numbers = self.rows.iter().filter_map(|row| starts.binary_search(&row.1).ok()).collect();
        self.write(out);
        numbers
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.rows.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| bytes[a.1..a.2].cmp(&bytes[b.1..b.2])));
    }
}
