//! The outline of a module: what the walk over all modules asks of each, its other facts left unwritten.

use std::collections::BTreeSet;

use crate::error::SourceError;
use crate::json;
use crate::module::{self, Parsed};
use crate::names::StatementNames;

/// What one module says at a glance.
pub struct Outline {
    /// An object of `bound` (names that the module binds), `defines` (names of its functions, nested ones and methods
    /// too), `runs` (last names of what its own statements call under no
    /// condition), `outside` (names of
    /// attributes outside of function bodies), all sorted, `paths` (texts with a dot or slash), `directives`, `features` and `imports`, as in the facts.
    pub json: Vec<u8>,
    /// The names that stand in its expressions and imports, sorted.
    pub words: Vec<String>,
}

/// The outline of a text (as `decode::normalised` gives it); recursion and errors as `module::extract`.
pub fn read(source: &str) -> Result<Outline, SourceError> {
    let parsed = Parsed::new(source)?;
    let mut walker = parsed.walker();
    walker.outline();
    walker.module(parsed.body());
    let words = std::mem::take(&mut walker.words).sorted().into_iter().map(str::to_owned).collect();
    let functions = walker.scopes.iter().filter(|scope| matches!(scope.kind, "function" | "async"));
    let defines: BTreeSet<&str> = functions.map(|scope| scope.name).collect();
    let mut bound = BTreeSet::new();
    for statement in std::mem::take(&mut walker.statements) {
        let names = StatementNames::new(statement.marks);
        bound.extend(names.binds);
        bound.extend(names.global_binds);
    }
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(b"{\"bound\":");
    json::write_array(&mut out, bound, json::write_str);
    out.extend_from_slice(b",\"defines\":");
    json::write_array(&mut out, defines, json::write_str);
    out.extend_from_slice(b",\"directives\":");
    module::directives(source, parsed.lines(), parsed.tokens()).write(&mut out);
    out.extend_from_slice(b",\"features\":");
    walker.features.write(&mut out);
    out.extend_from_slice(b",\"imports\":");
    walker.imports.write(&mut out);
    out.extend_from_slice(b",\"outside\":");
    json::write_array(&mut out, walker.outside.iter().copied().collect::<BTreeSet<&str>>(), json::write_str);
    out.extend_from_slice(b",\"paths\":");
    walker.texts.write(&mut out);
    out.extend_from_slice(b",\"runs\":");
    json::write_array(&mut out, walker.runs.iter().copied().collect::<BTreeSet<&str>>(), json::write_str);
    out.push(b'}');
    out.shrink_to_fit();
    Ok(Outline { json: out, words })
}
