//! Limits of nesting, so that no input overflows a stack.
//!
//! The parser and everything after it recurse on the nesting of expressions. Brackets and indentation have CPython's own
//! limits; chains (`a + b + …`, `- - a`, `a.b.c`, `lambda: lambda: …`) nest without brackets and have one of ours.

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_parser::{Mode, lexer};
use ruff_text_size::{Ranged, TextSize};

use crate::error::SourceError;
use crate::lines::Lines;

/// More open brackets are refused, as CPython's tokenizer does (MAXLEVEL).
const MAX_BRACKETS: u32 = 200;
/// More levels of indentation are refused, as CPython's tokenizer does (MAXINDENT).
const MAX_INDENTATION: u32 = 99;
/// More nested operators are refused; CPython's compiler gives up long before.
const MAX_OPERATORS: u64 = 100_000;
/// More open brackets need Python 3.9, whose parser holds more than the old one's stack.
const DEEP_BRACKETS: u32 = 92;
/// Smaller texts are parsed first: their nesting cannot exhaust the memory that the parser's growing stack takes.
pub const SMALL_TEXT: usize = 256 * 1024;

/// What a token does to the nesting.
#[derive(Default)]
struct Nesting {
    levels: Vec<Level>,
    top: Level,
    operators: u64,
    brackets: u32,
    interpolated: u32,
    indentation: u32,
}

/// Operators at one level of brackets since the last comma; lambdas stay, as commas separate their parameters too.
#[derive(Clone, Copy, Default)]
struct Level {
    operators: u64,
    lambdas: u64,
    is_bracket: bool,
}

impl Nesting {
    fn open(&mut self, is_bracket: bool) {
        self.operator();
        if is_bracket {
            self.brackets += 1;
        }
        self.levels.push(std::mem::replace(&mut self.top, Level { is_bracket, ..Level::default() }));
    }

    fn close(&mut self) {
        self.operators -= self.top.operators;
        if self.top.is_bracket {
            self.brackets -= 1;
        }
        self.top = self.levels.pop().unwrap_or_default();
    }

    fn operator(&mut self) {
        self.operators += 1;
        self.top.operators += 1;
    }

    fn reset(&mut self, to: u64) {
        self.operators -= self.top.operators - to;
        self.top.operators = to;
    }

    fn take(&mut self, kind: TokenKind) -> Result<(), &'static str> {
        match kind {
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => self.open(true),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => self.close(),
            TokenKind::FStringStart | TokenKind::TStringStart => {
                self.open(false);
                self.interpolated += 1;
            }
            TokenKind::FStringEnd | TokenKind::TStringEnd => {
                self.interpolated = self.interpolated.saturating_sub(1);
                self.close();
            }
            TokenKind::Comma => self.reset(self.top.lambdas),
            TokenKind::Newline => {
                self.reset(0);
                self.top.lambdas = 0;
            }
            TokenKind::Lambda => {
                self.operator();
                self.top.lambdas += 1;
            }
            TokenKind::Indent => self.indentation += 1,
            TokenKind::Dedent => self.indentation = self.indentation.saturating_sub(1),
            TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringMiddle
            | TokenKind::TStringMiddle
            | TokenKind::Comment
            | TokenKind::NonLogicalNewline
            | TokenKind::EndOfFile
            | TokenKind::Equal => {}
            _ => self.operator(),
        }
        if self.brackets > MAX_BRACKETS {
            return Err("more than 200 brackets are open at once");
        }
        if self.indentation > MAX_INDENTATION {
            return Err("more than 99 levels of indentation");
        }
        if self.operators > MAX_OPERATORS {
            return Err("more than 100,000 operators nested in one expression");
        }
        Ok(())
    }
}

/// Checks a text before it is parsed.
///
/// The lexer does not tell where it is, so the line of an error is searched: a text cut after a line is refused if and
/// only if the offending token stands before the cut.
pub fn check_text(text: &str, lines: &Lines) -> Result<(), SourceError> {
    let Some(message) = refusal(text) else {
        return Ok(());
    };
    let (mut low, mut high) = (1, lines.count());
    while low < high {
        let middle = low.midpoint(high);
        if refusal(text.get(..lines.end_of(middle)).unwrap_or_default()).is_some() {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Err(SourceError::new(message, low as u32))
}

fn refusal(text: &str) -> Option<&'static str> {
    let mut nesting = Nesting::default();
    let mut lexer = lexer::lex(text, Mode::Module);
    loop {
        let kind = lexer.next_token();
        if let Err(message) = nesting.take(kind) {
            return Some(message);
        }
        if kind == TokenKind::EndOfFile {
            return None;
        }
    }
}

/// Checks a parsed text; gives the place of the first bracket that Python 3.8 does not read.
pub fn check_tokens(tokens: &Tokens, lines: &Lines) -> Result<Option<TextSize>, SourceError> {
    let mut nesting = Nesting::default();
    let mut deep = None;
    for token in tokens {
        nesting.take(token.kind()).map_err(|message| SourceError::new(message, lines.line(token.start())))?;
        if nesting.brackets > DEEP_BRACKETS && nesting.interpolated == 0 && deep.is_none() {
            deep = Some(token.start());
        }
    }
    Ok(deep)
}
