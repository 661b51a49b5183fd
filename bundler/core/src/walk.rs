//! One walk over a module in source order, which collects every family of facts.
//!
//! `statements`, `definitions`, `expressions`, `bindings` and `patterns` extend the walker, each by the syntax it is named for.

use std::collections::BTreeSet;

use ruff_python_ast::token::Tokens;
use ruff_python_ast::{Expr, Parameters, Stmt};
use ruff_text_size::TextSize;

use crate::callees::Callees;
use crate::code::Family;
use crate::conditions::{self, Under};
use crate::expr::Writer;
use crate::features::Features;
use crate::json;
use crate::lines::Lines;
use crate::names::{self, Frame, FrameKind, Mark};
use crate::rows::Rows;
use crate::texts::Texts;
use crate::words::Mentioned;

/// What is known of the place in which the walk stands.
#[derive(Clone, Copy)]
pub struct Place {
    pub scope: u32,
    /// The innermost module-level statement; -1 outside.
    pub statement: i64,
    /// The enclosing compound statement of module level, for the next one; -1 at the top.
    pub parent: i64,
    pub branch: &'static str,
    pub under: Under,
    /// Whether statements stand at module level (not in a function or class body).
    pub at_module_level: bool,
}

pub struct ScopeRow<'a> {
    pub kind: &'static str,
    pub name: &'a str,
    pub parent: i64,
    pub line: u32,
    pub first_line: u32,
    pub end_line: u32,
    pub parameters: Option<&'a Parameters>,
    pub decorators: Vec<&'a Expr>,
    pub arguments: Option<&'a ruff_python_ast::Arguments>,
    pub global_names: Vec<&'a str>,
    pub nonlocal_names: Vec<&'a str>,
    pub statement: i64,
    pub under: Under,
    pub generator: bool,
}

pub struct StatementRow<'a> {
    pub parent: i64,
    pub branch: &'static str,
    pub kind: &'static str,
    pub start: TextSize,
    pub end: TextSize,
    pub first: TextSize,
    pub under: Under,
    pub marks: Vec<(&'a str, Mark)>,
}

/// Families of facts that are asked for together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A family of the code, which is read as a whole.
    Code(Family),
    Statements,
    Texts,
}

/// An import as the graph grows by it.
pub struct ImportRow<'a> {
    pub module: &'a str,
    pub level: u32,
    pub name: Option<&'a str>,
    pub asname: Option<&'a str>,
    pub scope: u32,
    pub line: u32,
    pub under: Under,
}

pub struct Walker<'a> {
    pub source: &'a str,
    pub lines: &'a Lines<'a>,
    pub writer: Writer<'a>,
    pub features: Features<'a>,
    pub place: Place,
    /// Whether an exit stands before this point in the function around (or the module).
    pub exited: bool,
    /// Whether the target that is walked is a comprehension's: its names are the comprehension's own.
    pub in_comprehension_target: bool,
    /// What is noted of names: what nobody asks for is not.
    marked: Mark,
    pub frames: Vec<Frame<'a>>,
    pub scopes: Vec<ScopeRow<'a>>,
    pub statements: Vec<StatementRow<'a>>,
    pub imports: Rows,
    /// The same as `imports`, in the order in which they were met.
    pub import_rows: Vec<ImportRow<'a>>,
    pub bindings: Rows,
    pub calls: Rows,
    pub texts: Texts<'a>,
    pub words: Mentioned<'a>,
    pub callees: Callees<'a>,
    /// Last names of what the module's own statements call under no condition.
    pub runs: Vec<&'a str>,
    /// Names of attributes, and of keywords in calls, that stand outside of function bodies, and `|` for that operator.
    pub outside: Vec<&'a str>,
    /// Whether the expression that is walked is an annotation, or in one.
    pub in_annotation: bool,
    /// `|` and `[]` for unions and for subscripts of builtin types in annotations outside of function bodies.
    pub annotated: BTreeSet<&'static str>,
    /// What of `hooks` is changed, or bound to a name.
    pub hooks: Vec<&'a str>,
}

impl<'a> Walker<'a> {
    pub fn new(source: &'a str, lines: &'a Lines<'a>, tokens: &'a Tokens) -> Self {
        Self {
            source,
            lines,
            writer: Writer { source },
            features: Features::new(source, lines, tokens),
            place: Place { scope: 0, statement: -1, parent: -1, branch: "", under: 0, at_module_level: true },
            exited: false,
            in_comprehension_target: false,
            marked: Mark::MAX,
            frames: Vec::new(),
            scopes: vec![ScopeRow {
                kind: "module",
                name: "",
                parent: -1,
                line: 1,
                first_line: 1,
                end_line: 1,
                parameters: None,
                decorators: Vec::new(),
                arguments: None,
                global_names: Vec::new(),
                nonlocal_names: Vec::new(),
                statement: -1,
                under: 0,
                generator: false,
            }],
            statements: Vec::new(),
            imports: Rows::default(),
            import_rows: Vec::new(),
            bindings: Rows::default(),
            calls: Rows::default(),
            texts: Texts::default(),
            words: Mentioned::default(),
            callees: Callees::default(),
            runs: Vec::new(),
            outside: Vec::new(),
            in_annotation: false,
            annotated: BTreeSet::new(),
            hooks: Vec::new(),
        }
    }

    /// Leaves out what nobody asked for.
    pub fn only(&mut self, part: Part) {
        let is_code = matches!(part, Part::Code(_));
        self.bindings.muted = !is_code;
        self.calls.muted = !is_code;
        self.texts.muted = part != Part::Texts;
        self.marked = if part == Part::Statements { Mark::MAX } else { 0 };
    }

    /// Leaves out what an `outline` does not hold (but for `Part::Code` where that is asked for too), and takes the words instead.
    pub fn outline(&mut self, with_code: bool) {
        self.bindings.muted = !with_code;
        self.calls.muted = !with_code;
        self.texts.only_paths = true;
        self.words.wanted = true;
        self.marked = !(names::READ | names::MUTATED); // of names only what the module binds is asked for
        self.callees.wanted = true;
    }

    pub fn module(&mut self, body: &'a [Stmt]) {
        self.block(body);
        let count = self.lines.count() - usize::from(self.source.ends_with('\n'));
        self.scopes[0].end_line = count.max(1) as u32;
    }

    pub fn line(&self, offset: TextSize) -> u32 {
        self.lines.line(offset)
    }

    /// Conditions at this point of the walk.
    pub fn under(&self) -> Under {
        if self.exited { self.place.under | conditions::EXIT } else { self.place.under }
    }

    /// `scope,statement,line,[under]` and the closing bracket of a row.
    pub fn write_place(&self, out: &mut Vec<u8>, line: u32) {
        json::write_int(out, i64::from(self.place.scope));
        out.push(b',');
        json::write_int(out, self.place.statement);
        out.push(b',');
        json::write_int(out, i64::from(line));
        out.push(b',');
        conditions::write(out, self.under());
        out.push(b']');
    }

    /// Says something of a name in the innermost frame.
    pub fn mark(&mut self, name: &'a str, mark: Mark) {
        let mark = mark & self.marked;
        if mark == 0 {
            return;
        }
        let marks = match self.frames.last_mut() {
            Some(frame) => &mut frame.marks,
            None => match self.statements.get_mut(self.place.statement as usize) {
                Some(statement) => &mut statement.marks,
                None => return,
            },
        };
        marks.push((name, mark));
    }

    /// Binds a name where Python does: comprehensions and type parameter lists hold their own targets alone.
    pub fn bind_name(&mut self, name: &'a str) {
        self.mark_in_block(name, names::BOUND);
    }

    pub fn mark_in_block(&mut self, name: &'a str, mark: Mark) {
        let mark = mark & self.marked;
        if mark == 0 {
            return;
        }
        let block = self.frames.iter_mut().rev().find(|frame| matches!(frame.kind, FrameKind::Function | FrameKind::Class));
        match block {
            Some(frame) => frame.marks.push((name, mark)),
            None => {
                if let Some(statement) = self.statements.get_mut(self.place.statement as usize) {
                    statement.marks.push((name, mark));
                }
            }
        }
    }

    pub fn open_frame(&mut self, kind: FrameKind) {
        self.frames.push(Frame::new(kind));
    }

    pub fn close_frame(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        match self.frames.last_mut() {
            Some(outer) => frame.close(&mut outer.marks),
            None => {
                if let Some(statement) = self.statements.get_mut(self.place.statement as usize) {
                    frame.close(&mut statement.marks);
                }
            }
        }
    }
}
