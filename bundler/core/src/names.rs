//! Which names of the module a piece of code reads, binds and changes: Python's own scoping.
//!
//! Each function, class, comprehension and type parameter list has a `Frame` of marks, one per mention of a name. When it
//! ends, its marks are merged by name, what it binds itself is taken out, and the rest moves to the frame around it, until
//! it reaches the module-level statement.

/// What is said of a name, one bit each.
pub type Mark = u32;

/// Read here: a class looks such a name up in its own body first.
pub const READ: Mark = 1;
/// Read while the code around runs, but not looked up in a class around (comprehensions and class bodies inside it).
const READ_BENEATH: Mark = 1 << 1;
/// Read when a function inside is called.
const READ_LATER: Mark = 1 << 2;
/// The module's name, whatever is bound around, read while the code around runs.
const READ_GLOBAL: Mark = 1 << 3;
/// The module's name, whatever is bound around, read when a function inside is called.
const READ_GLOBAL_LATER: Mark = 1 << 4;
/// The same five for what is changed.
pub const MUTATED: Mark = READ << MUTATION;
pub const BOUND: Mark = 1 << 10;
pub const DELETED: Mark = 1 << 11;
pub const GLOBAL: Mark = 1 << 12;
pub const NONLOCAL: Mark = 1 << 13;
/// Bound in the module by a class body inside.
const BINDS_GLOBAL: Mark = 1 << 14;
/// Bound in the module by a function inside, when it is called.
const BINDS_GLOBAL_LATER: Mark = 1 << 15;
/// Local without being bound: `x: int` in a function.
pub const DECLARED: Mark = 1 << 16;

const MUTATION: u32 = 5;
const LOOKED_UP: Mark = READ | READ_BENEATH | READ_LATER;
const ALL_READS: Mark = LOOKED_UP | READ_GLOBAL | READ_GLOBAL_LATER;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// A function or lambda.
    Function,
    Class,
    Comprehension,
    TypeParameters,
}

pub struct Frame<'a> {
    pub kind: FrameKind,
    pub marks: Vec<(&'a str, Mark)>,
}

impl<'a> Frame<'a> {
    pub fn new(kind: FrameKind) -> Self {
        Self { kind, marks: Vec::new() }
    }

    /// Moves what the frame does not settle itself to `outer`.
    pub fn close(mut self, outer: &mut Vec<(&'a str, Mark)>) {
        for (name, marks) in merged(&mut self.marks) {
            let left = self.kind.left(marks);
            if left != 0 {
                outer.push((name, left));
            }
        }
    }
}

impl FrameKind {
    /// What is left of a name's marks for the frame around.
    fn left(self, marks: Mark) -> Mark {
        let is_global = marks & GLOBAL != 0;
        let is_local = marks & (BOUND | DELETED | DECLARED | NONLOCAL) != 0 && !is_global;
        let uses = |lookup: fn(Mark, bool, bool) -> Mark| {
            let reads = lookup(marks & ALL_READS, is_global, is_local);
            let mutations = lookup(marks >> MUTATION & ALL_READS, is_global, is_local);
            reads | mutations << MUTATION
        };
        match self {
            Self::Function => {
                let binds = if is_global && marks & BOUND != 0 || marks & (BINDS_GLOBAL | BINDS_GLOBAL_LATER) != 0 {
                    BINDS_GLOBAL_LATER
                } else {
                    0
                };
                binds | uses(in_function)
            }
            Self::Class => {
                let binds = if is_global && marks & BOUND != 0 { BINDS_GLOBAL } else { 0 };
                let uses = if marks & NONLOCAL == 0 { uses(in_class) } else { uses(in_nonlocal_class) };
                binds | marks & (BINDS_GLOBAL | BINDS_GLOBAL_LATER) | uses
            }
            Self::Comprehension => marks & (BINDS_GLOBAL | BINDS_GLOBAL_LATER) | uses(in_comprehension),
            Self::TypeParameters => marks & (BINDS_GLOBAL | BINDS_GLOBAL_LATER) | uses(in_type_parameters),
        }
    }
}

fn when(condition: bool, mark: Mark) -> Mark {
    if condition { mark } else { 0 }
}

fn in_function(reads: Mark, is_global: bool, is_local: bool) -> Mark {
    let looked_up = reads & LOOKED_UP != 0;
    when(looked_up && is_global, READ_GLOBAL_LATER)
        | when(looked_up && !is_global && !is_local, READ_LATER)
        | when(reads & (READ_GLOBAL | READ_GLOBAL_LATER) != 0, READ_GLOBAL_LATER)
}

/// A class body that binds a name reads the module's before it does so, never one of a function around.
fn in_class(reads: Mark, is_global: bool, is_local: bool) -> Mark {
    let directly = reads & READ != 0;
    reads & !READ
        | when(directly && (is_global || is_local), READ_GLOBAL)
        | when(directly && !is_global && !is_local, READ_BENEATH)
}

/// What a class body declares `nonlocal` is a function's.
fn in_nonlocal_class(reads: Mark, _: bool, _: bool) -> Mark {
    reads & !READ
}

fn in_comprehension(reads: Mark, _: bool, is_local: bool) -> Mark {
    let globals = reads & (READ_GLOBAL | READ_GLOBAL_LATER);
    if is_local {
        return globals;
    }
    globals | reads & READ_LATER | when(reads & (READ | READ_BENEATH) != 0, READ_BENEATH)
}

fn in_type_parameters(reads: Mark, _: bool, is_local: bool) -> Mark {
    when(is_local, reads & (READ_GLOBAL | READ_GLOBAL_LATER)) | when(!is_local, reads)
}

/// Sorts by name and joins the marks of each.
fn merged<'a>(marks: &mut Vec<(&'a str, Mark)>) -> impl Iterator<Item = (&'a str, Mark)> {
    marks.sort_unstable_by(|a, b| a.0.cmp(b.0));
    marks.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 |= next.1;
        }
        same
    });
    marks.iter().copied()
}

/// What a module-level statement says of names, each list sorted.
#[derive(Default)]
pub struct StatementNames<'a> {
    pub binds: Vec<&'a str>,
    pub deletes: Vec<&'a str>,
    pub uses: Vec<&'a str>,
    pub deferred: Vec<&'a str>,
    pub mutates: Vec<&'a str>,
    pub deferred_mutates: Vec<&'a str>,
    pub global_binds: Vec<&'a str>,
}

impl<'a> StatementNames<'a> {
    pub fn new(mut marks: Vec<(&'a str, Mark)>) -> Self {
        const NOW: Mark = READ | READ_BENEATH | READ_GLOBAL;
        const LATER: Mark = READ_LATER | READ_GLOBAL_LATER;
        let mut names = Self::default();
        for (name, marks) in merged(&mut marks) {
            for (list, mask) in [
                (&mut names.binds, BOUND | BINDS_GLOBAL),
                (&mut names.deletes, DELETED),
                (&mut names.uses, NOW),
                (&mut names.deferred, LATER),
                (&mut names.mutates, NOW << MUTATION),
                (&mut names.deferred_mutates, LATER << MUTATION),
                (&mut names.global_binds, BINDS_GLOBAL_LATER),
            ] {
                if marks & mask != 0 {
                    list.push(name);
                }
            }
        }
        names
    }
}
