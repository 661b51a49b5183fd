//! The outline of a module: what the walk over all modules asks of each, its other facts left unwritten.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::conditions::{self, Under};
use crate::directives::directives;
use crate::error::SourceError;
use crate::json;
use crate::module::Parsed;
use crate::names::StatementNames;
use crate::signs::{Gathered, Sign, Signs};
use crate::walk::{ImportRow, ScopeRow, Walker};

/// What one module says at a glance.
pub struct Outline {
    /// An object of `annotated` (what newer annotations have), `bound` (names that the module binds), `defines` (names of its functions, nested ones and methods
    /// too), `runs` (last names of what its own statements call under no
    /// condition), `outside` (names of
    /// attributes and keywords, and `|`, outside of function bodies), `hooks` (what may change where modules are found), all sorted, `paths` (texts with a dot or slash), `directives`, `features` and `imports`, as in the facts.
    pub json: Vec<u8>,
    /// The names that stand in its expressions and imports, and how (`words::MENTIONS` and its kind).
    pub words: Vec<(String, u32)>,
    /// As `callees::Callees::texts`.
    pub callees: Vec<String>,
    /// As in `json`.
    pub bound: Vec<String>,
    /// Its imports as the graph grows by them, in the order of `json`.
    pub imports: Vec<Import>,
    /// Lines of `# clustrix: ignore`.
    pub ignored: Vec<u32>,
    /// What there is in `json`.
    pub has: Has,
    pub signs: Signs,
    /// As `module::code` gives it, if it was asked for.
    pub code: Option<Code>,
}

/// An import, seen from a module that is imported (`Liveness` in `bundler/analysis/liveness.py`).
pub struct Import {
    pub module: String,
    pub level: u32,
    pub name: Option<String>,
    pub asname: Option<String>,
    pub line: u32,
    /// Whether it can run at all.
    pub alive: bool,
    /// Whether it surely runs.
    pub sure: bool,
    /// Whether it is one of the module's own statements, under no condition.
    pub direct: bool,
}

/// Which families of an outline have rows.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Has {
    pub annotated: bool,
    pub directives: bool,
    pub features: bool,
    pub hooks: bool,
}

/// The outline of a text (as `decode::normalised` gives it), with its code or without; recursion and errors as `module::extract`.
pub fn read(source: &str, with_code: bool) -> Result<Outline, SourceError> {
    let parsed = Parsed::new(source)?;
    let mut walker = parsed.walker();
    walker.outline(with_code);
    walker.module(parsed.body());
    let words = std::mem::take(&mut walker.words).take();
    let words = words.into_iter().map(|(name, kinds)| (name.to_owned(), kinds)).collect();
    let callees = std::mem::take(&mut walker.callees).texts(&walker.import_rows);
    let functions = walker.scopes.iter().filter(|scope| matches!(scope.kind, "function" | "async"));
    let defines: BTreeSet<&str> = functions.map(|scope| scope.name).collect();
    let mut bound = BTreeSet::new();
    for statement in std::mem::take(&mut walker.statements) {
        let names = StatementNames::new(statement.marks);
        bound.extend(names.binds);
        bound.extend(names.global_binds);
    }
    let signs = signs(&walker, &defines, &bound);
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(b"{\"annotated\":");
    json::write_array(&mut out, walker.annotated.iter().copied(), json::write_str);
    out.extend_from_slice(b",\"bound\":");
    json::write_array(&mut out, &bound, |out, name| json::write_str(out, name));
    out.extend_from_slice(b",\"defines\":");
    json::write_array(&mut out, defines, json::write_str);
    out.extend_from_slice(b",\"directives\":");
    let directives = directives(source, parsed.lines(), parsed.tokens());
    directives.rows().write(&mut out);
    out.extend_from_slice(b",\"features\":");
    let before = out.len();
    walker.features.write(&mut out);
    let has = Has {
        annotated: !walker.annotated.is_empty(),
        directives: !directives.is_empty(),
        features: out.len() > before + 2,
        hooks: !walker.hooks.is_empty(),
    };
    out.extend_from_slice(b",\"hooks\":");
    json::write_array(&mut out, walker.hooks.iter().copied().collect::<BTreeSet<&str>>(), json::write_str);
    out.extend_from_slice(b",\"imports\":");
    let order = walker.imports.write_numbered(&mut out);
    let scopes = lives(&walker.scopes);
    let imports = order.into_iter().filter_map(|number| walker.import_rows.get(number)).map(|row| import(row, &scopes)).collect();
    out.extend_from_slice(b",\"outside\":");
    json::write_array(&mut out, walker.outside.iter().copied().collect::<BTreeSet<&str>>(), json::write_str);
    out.extend_from_slice(b",\"paths\":");
    walker.texts.write(&mut out);
    out.extend_from_slice(b",\"runs\":");
    json::write_array(&mut out, walker.runs.iter().copied().collect::<BTreeSet<&str>>(), json::write_str);
    out.push(b'}');
    out.shrink_to_fit();
    let bound = bound.into_iter().map(str::to_owned).collect();
    let code = with_code.then(|| Code::new(walker.writer, walker.bindings, walker.calls, walker.scopes));
    Ok(Outline { json: out, words, callees, bound, imports, ignored: directives.ignored(), has, signs, code })
}

/// What is asked of all modules at once.
fn signs<'a>(walker: &Walker<'a>, defines: &BTreeSet<&str>, bound: &BTreeSet<&str>) -> Signs {
    let mut gathered = Gathered::default();
    gathered.extend(Sign::Runs, walker.runs.iter().map(|name| name.as_bytes()));
    gathered.extend(Sign::Outside, walker.outside.iter().map(|name| name.as_bytes()));
    let relative = walker.texts.values().filter(|text| !matches!(text.first(), Some(b'/' | b'~')));
    gathered.extend(Sign::First, relative.filter_map(|text| text.split(|byte| *byte == b'/').next()));
    let imported = |row: &ImportRow<'a>| row.asname.or(row.name).or_else(|| row.module.split('.').next());
    let imported: BTreeSet<&str> = walker.import_rows.iter().filter_map(imported).collect();
    let own = bound.iter().filter(|name| !imported.contains(*name)).chain(defines).copied();
    let renamed = walker.import_rows.iter().filter(|row| row.name.is_some()).filter_map(|row| row.asname);
    gathered.extend(Sign::Defines, own.chain(renamed).map(str::as_bytes));
    gathered.signs()
}

/// What never runs in a module that is imported.
const DEAD: Under = conditions::TYPE_CHECKING | conditions::MAIN_GUARD;

/// Of each scope whether it never runs, and whether it surely does.
fn lives(scopes: &[ScopeRow]) -> Vec<(bool, bool)> {
    let mut found: Vec<(bool, bool)> = Vec::with_capacity(scopes.len());
    for scope in scopes {
        let parent = usize::try_from(scope.parent).ok().and_then(|parent| found.get(parent)).copied();
        let (dead_around, runs_around) = parent.unwrap_or((false, true));
        let runs = parent.is_none() || scope.kind == "class" && scope.under == 0 && runs_around;
        found.push((dead_around || scope.under & DEAD != 0, runs));
    }
    found
}

fn import(row: &ImportRow, scopes: &[(bool, bool)]) -> Import {
    let (dead, runs) = match row.scope {
        0 => (false, true),
        scope => scopes.get(scope as usize).copied().unwrap_or((false, false)),
    };
    Import {
        module: row.module.to_owned(),
        level: row.level,
        name: row.name.map(str::to_owned),
        asname: row.asname.map(str::to_owned),
        line: row.line,
        alive: !dead && row.under & DEAD == 0,
        sure: row.under == 0 && runs,
        direct: row.under == 0 && row.scope == 0,
    }
}
