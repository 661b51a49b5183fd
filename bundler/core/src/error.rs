//! Why a source cannot be read.

use std::fmt;

/// A source that is not Python: what is wrong, and where (line 0 means the whole file).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    pub message: String,
    pub line: u32,
}

impl SourceError {
    pub fn new(message: impl Into<String>, line: u32) -> Self {
        Self { message: message.into(), line }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for SourceError {}
