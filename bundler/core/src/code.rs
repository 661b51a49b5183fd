//! The code of a module: its bindings, calls and scopes as rows in canonical JSON, packed until somebody asks, and found by names.

use std::ops::Range;

use rustc_hash::FxHashSet;

use crate::expr::Writer;
use crate::json;
use crate::module;
use crate::rows::Rows;
use crate::walk::ScopeRow;

/// A family of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Bindings,
    Calls,
    Scopes,
}

impl Family {
    const ALL: [(Self, &str); 3] = [(Self::Bindings, "bindings"), (Self::Calls, "calls"), (Self::Scopes, "scopes")];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|one| one.1 == name).map(|one| one.0)
    }
}

/// What rows are asked for by; `KEYS` in `bundler/facts/keyed.py` says the same in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Calls by the last name of the callee, and by that of what it is a method of.
    Callee,
    Receiver,
    /// Calls of a scope.
    CallsWithin,
    /// Calls in whose callee or arguments a name or attribute stands.
    CallMentions,
    /// Bindings by the name, attribute or collection that is given something.
    Target,
    Attribute,
    Items,
    /// What a scope returns and yields; all bindings of a scope.
    Gives,
    Within,
    /// Bindings of a name or attribute, by its last name; those in which a name or attribute stands.
    Value,
    BindingMentions,
    /// Scopes by their name, a parameter, the last name of a base, the scope around.
    Name,
    Parameter,
    Base,
    Parent,
    /// Scopes in whose defaults, decorators or bases a name or attribute stands.
    ScopeMentions,
}

impl By {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "callee" => Self::Callee,
            "receiver" => Self::Receiver,
            "target" => Self::Target,
            "attribute" => Self::Attribute,
            "items" => Self::Items,
            "gives" => Self::Gives,
            "within" => Self::Within,
            "calls within" => Self::CallsWithin,
            "name" => Self::Name,
            "parameter" => Self::Parameter,
            "base" => Self::Base,
            "parent" => Self::Parent,
            "value" => Self::Value,
            "call mentions" => Self::CallMentions,
            "binding mentions" => Self::BindingMentions,
            "scope mentions" => Self::ScopeMentions,
            _ => return None,
        })
    }

    pub fn family(self) -> Family {
        match self {
            Self::Callee | Self::Receiver | Self::CallsWithin | Self::CallMentions => Family::Calls,
            Self::Target | Self::Attribute | Self::Items | Self::Gives | Self::Within | Self::Value | Self::BindingMentions => {
                Family::Bindings
            }
            Self::Name | Self::Parameter | Self::Base | Self::Parent | Self::ScopeMentions => Family::Scopes,
        }
    }

    /// The key of a row, as JSON; of kinds that have one at most.
    fn key(self, row: &[u8]) -> Option<&[u8]> {
        let mut row = Cursor(row);
        row.open();
        match self {
            Self::Callee => row.last_name(),
            Self::Value => {
                row.value();
                row.comma();
                row.last_name()
            }
            _ => None,
        }
    }

    /// Whether a row has this key, which is JSON.
    fn matches(self, row: &[u8], key: &[u8]) -> bool {
        if matches!(self, Self::CallMentions | Self::BindingMentions | Self::ScopeMentions) {
            return mentions(row, key);
        }
        if matches!(self, Self::Callee | Self::Value) {
            return self.key(row) == Some(key);
        }
        if matches!(self, Self::Gives | Self::Within | Self::CallsWithin) {
            let is_wanted = self != Self::Gives || row.starts_with(br#"[["return"],"#) || row.starts_with(br#"[["yield"],"#);
            return is_wanted && scope_of(row) == Some(key);
        }
        let mut row = Cursor(row);
        row.open();
        let is_key = |found: Option<&[u8]>| found == Some(key);
        match self {
            Self::Receiver => row.inside("attr") && is_key(row.last_name()),
            Self::Target => row.inside("name") && row.value() == key,
            Self::Attribute => {
                row.inside("attr") && {
                    row.value();
                    row.comma();
                    row.value() == key
                }
            }
            Self::Items => row.inside("index") && is_key(row.last_name()),
            Self::Name => row.nth(1) == key,
            Self::Parent => row.nth(2) == key,
            Self::Parameter => {
                row.nth(5);
                row.comma();
                row.any(|item| {
                    item.open();
                    item.value() == key
                })
            }
            Self::Base => {
                row.nth(7);
                row.comma();
                row.any(|item| is_key(item.last_name()))
            }
            _ => false, // told above
        }
    }
}

/// The scope of a call or binding, whose row ends with `scope,statement,line,[under]]`.
fn scope_of(row: &[u8]) -> Option<&[u8]> {
    let under = memchr::memrchr(b'[', row)?;
    let before = row.get(..under)?.strip_suffix(b",")?;
    before.rsplitn(4, |byte| *byte == b',').nth(2)
}

/// Whether an expression in the row is this name, or an attribute of this name.
fn mentions(row: &[u8], key: &[u8]) -> bool {
    memchr::memmem::find_iter(row, key).any(|at| {
        let before = row.get(..at).unwrap_or_default();
        let is_last = row.get(at + key.len()) == Some(&b']');
        is_last && (before.ends_with(br#"["name","#) || before.ends_with(b"],")) // only in attributes a text ends an array after an array
    })
}

/// Reads canonical JSON that this crate wrote.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(length).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    fn open(&mut self) {
        self.take(1);
    }

    fn comma(&mut self) {
        self.take(1);
    }

    /// The next value.
    fn value(&mut self) -> &'a [u8] {
        self.take(length_of(self.0))
    }

    /// The value that many values after the next one.
    fn nth(&mut self, number: usize) -> &'a [u8] {
        for _ in 0..number {
            self.value();
            self.comma();
        }
        self.value()
    }

    /// Steps behind the tag of the next array, if it has this one.
    fn inside(&mut self, tag: &str) -> bool {
        let rest = self.0.strip_prefix(b"[\"").and_then(|rest| rest.strip_prefix(tag.as_bytes()));
        match rest.and_then(|rest| rest.strip_prefix(b"\",")) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// Of the next expression the last name of `a.b.c` or `a`; none for anything else.
    fn last_name(&mut self) -> Option<&'a [u8]> {
        let mut inner = Cursor(self.value());
        if inner.inside("name") {
            return Some(inner.value());
        }
        inner.inside("attr").then(|| inner.nth(1))
    }

    /// Whether `wanted` is true of an item of the next array.
    fn any(&mut self, mut wanted: impl FnMut(&mut Cursor<'a>) -> bool) -> bool {
        let mut items = Cursor(self.value());
        items.open();
        while !matches!(items.0, [] | [b']']) {
            if wanted(&mut Cursor(items.value())) {
                return true;
            }
            items.comma();
        }
        false
    }
}

/// How many bytes the value has that a text begins with.
fn length_of(text: &[u8]) -> usize {
    match text.first() {
        Some(b'"') => string_length(text),
        Some(b'[') => {
            let mut depth = 0_usize;
            let mut at = 0;
            while let Some(byte) = text.get(at) {
                match byte {
                    b'"' => {
                        at += string_length(&text[at..]);
                        continue;
                    }
                    b'[' => depth += 1,
                    b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return at + 1;
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
            text.len()
        }
        _ => text.iter().position(|byte| matches!(byte, b',' | b']')).unwrap_or(text.len()),
    }
}

fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    loop {
        match text.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') => return at + 1,
            Some(_) => at += 1,
            None => return text.len(),
        }
    }
}

/// Rows one after the other.
pub struct Code {
    rows: Vec<u8>,
    /// Where the first row begins.
    first: u32,
    /// Where each row ends, by family; the first begins where the last of the family before ends.
    ends: [Vec<u32>; 3],
}

impl Code {
    pub fn new(writer: Writer, bindings: Rows, calls: Rows, scopes: Vec<ScopeRow>) -> Self {
        let mut rows = Vec::with_capacity(writer.source.len() * 2);
        let bindings = bindings.write_bare(&mut rows);
        let calls = calls.write_bare(&mut rows);
        let ends = scopes.into_iter().map(|row| {
            module::write_scope(&mut rows, writer, row);
            rows.len() as u32
        });
        let scopes = ends.collect();
        Self { rows, first: 0, ends: [bindings, calls, scopes] }
    }

    fn start(&self, family: Family) -> u32 {
        self.ends[..family as usize].iter().rev().find_map(|ends| ends.last()).copied().unwrap_or(self.first)
    }

    fn ranges(&self, family: Family) -> impl Iterator<Item = Range<usize>> {
        let mut start = self.start(family) as usize;
        self.ends[family as usize].iter().map(move |end| {
            let range = start..*end as usize;
            start = range.end;
            range
        })
    }

    fn rows(&self, family: Family) -> impl Iterator<Item = &[u8]> {
        self.ranges(family).map(|range| self.rows.get(range).unwrap_or_default())
    }

    pub fn count(&self, family: Family) -> usize {
        self.ends[family as usize].len()
    }

    pub fn row(&self, family: Family, number: usize) -> Option<&[u8]> {
        let ends = &self.ends[family as usize];
        let start = if number == 0 { self.start(family) } else { *ends.get(number - 1)? };
        self.rows.get(start as usize..*ends.get(number)? as usize)
    }

    /// Rows that have one of some keys, with their numbers.
    pub fn find(&self, by: By, keys: &[Vec<u8>]) -> Vec<(usize, &[u8])> {
        let family = by.family();
        let key = match keys {
            [key] if key.starts_with(b"\"") => key,
            _ => return self.rows(family).enumerate().filter(|(_, row)| keys.iter().any(|key| by.matches(row, key))).collect(),
        };
        let start = self.start(family) as usize;
        let ends = &self.ends[family as usize];
        let text = self.rows.get(start..ends.last().copied().map_or(start, |end| end as usize)).unwrap_or_default();
        let mut found: Vec<(usize, &[u8])> = Vec::new();
        let mut tried = None;
        for at in memchr::memmem::find_iter(text, key) {
            let number = ends.partition_point(|end| *end as usize <= start + at);
            if tried != Some(number) {
                tried = Some(number);
                found.extend(self.row(family, number).filter(|row| by.matches(row, key)).map(|row| (number, row)));
            }
        }
        found
    }

    /// The distinct keys of rows, for kinds of which a row has one at most; in the order of the rows.
    pub fn keys(&self, by: By) -> Vec<&[u8]> {
        let mut known = FxHashSet::default();
        self.rows(by.family()).filter_map(|row| by.key(row)).filter(|key| known.insert(*key)).collect()
    }

    /// All rows of a family as JSON.
    pub fn json(&self, family: Family) -> Vec<u8> {
        let mut out = Vec::new();
        json::write_array(&mut out, self.rows(family), |out, row| out.extend_from_slice(row));
        out
    }

    /// In one piece, which `of_plain` reads.
    pub fn plain(&self) -> Vec<u8> {
        let mut plain = Vec::with_capacity(self.rows.len() + self.rows.len() / 16);
        for (family, _) in Family::ALL {
            write_number(&mut plain, self.count(family));
            for range in self.ranges(family) {
                write_number(&mut plain, range.len());
            }
        }
        plain.extend_from_slice(self.rows.get(self.first as usize..).unwrap_or_default());
        plain
    }

    /// None where it was not written by `plain`.
    pub fn of_plain(plain: Vec<u8>) -> Option<Self> {
        let mut rest = &plain[..];
        let mut ends = [Vec::new(), Vec::new(), Vec::new()];
        let mut end = 0;
        for ends in &mut ends {
            let count = read_number(&mut rest)?;
            ends.reserve_exact(count.min(rest.len()));
            for _ in 0..count {
                end += read_number(&mut rest)?;
                ends.push(end as u32);
            }
        }
        let first = (plain.len() - rest.len()) as u32;
        ends.iter_mut().flatten().for_each(|end| *end += first);
        Some(Self { rows: plain, first, ends })
    }

    pub fn size(&self) -> usize {
        self.rows.len() + 4 * self.ends.iter().map(Vec::len).sum::<usize>()
    }
}

/// Seven bits a byte, the lowest first.
fn write_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read_number(text: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let (byte, rest) = text.split_first()?;
        *text = rest;
        number |= usize::from(byte & 0x7F) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outline;

    fn code(source: &str) -> Code {
        outline::read(source, true).unwrap().code.unwrap()
    }

    fn lines(code: &Code, by: By, key: &str) -> Vec<usize> {
        code.find(by, &[key.into()]).into_iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn rows_are_found_by_what_they_are_about() {
        let code = code(
            "import os\nclass A(m.B, C):\n  def f(self, \u{e4}=1): self.x = os.path.join(\"\\\"]\", f())\nf(A())\nxs = []\nxs.y.append(1)\nxs[0] = 2\nreturn_ = 1\n",
        );
        assert_eq!(lines(&code, By::Callee, r#""f""#).len(), 2);
        assert_eq!(lines(&code, By::Callee, r#""join""#).len(), 1);
        assert_eq!(lines(&code, By::Receiver, r#""path""#).len(), 1);
        assert_eq!(lines(&code, By::Receiver, r#""y""#).len(), 1);
        assert_eq!(lines(&code, By::Target, r#""xs""#).len(), 1);
        assert_eq!(lines(&code, By::Attribute, r#""x""#).len(), 1);
        assert_eq!(lines(&code, By::Items, r#""xs""#).len(), 1);
        assert_eq!(lines(&code, By::Within, "0").len(), 3);
        assert_eq!(lines(&code, By::Gives, "0").len(), 0);
        assert_eq!(lines(&code, By::Name, r#""f""#), [2]);
        assert_eq!(lines(&code, By::Parameter, r#""\u00e4""#), [2]);
        assert_eq!(lines(&code, By::Base, r#""B""#), [1]);
        assert_eq!(lines(&code, By::Base, r#""C""#), [1]);
        assert_eq!(lines(&code, By::Parent, "0"), [1]);
    }

    #[test]
    fn one_piece_holds_all() {
        for source in ["", "a = 1\n", "def f(x):\n  return g(x)\n  yield\n"] {
            let code = code(source);
            let again = Code::of_plain(code.plain()).unwrap();
            assert!(Family::ALL.iter().all(|(family, _)| code.json(*family) == again.json(*family)));
            assert_eq!(code.count(Family::Scopes), again.count(Family::Scopes));
            assert_eq!(code.row(Family::Scopes, 0), again.row(Family::Scopes, 0));
        }
    }
}
