//! What a module calls, by the look of each call: what its callee is as far as imports tell, how many arguments it has.
//!
//! The texts (`docs/facts.md`, "The store") are read by `bundler/evidence/callees.py`. There may be one too many, none is missing.

use ruff_python_ast::{Arguments, Expr, Parameters};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::expr::essence;
use crate::walk::{ImportRow, ScopeRow};

/// The callee of one call, or what stands for one.
struct Callee<'a> {
    /// The name that it begins with; none where it begins with anything else.
    root: Option<&'a str>,
    /// The attributes after it, the last one first.
    attributes: Vec<&'a str>,
    positional: usize,
    flags: &'static str,
    /// Where the first argument is a parameter without a default: its name, and the function's.
    parameter: Option<(&'a str, &'a str)>,
}

/// The calls of one module while it is walked.
#[derive(Default)]
pub struct Callees<'a> {
    /// Whether they are wanted at all.
    pub wanted: bool,
    calls: Vec<Callee<'a>>,
    /// Names that something else than imports, parameters and module-level definitions binds, in any scope.
    values: FxHashSet<&'a str>,
    parameters: FxHashSet<&'a str>,
    definitions: FxHashSet<&'a str>,
    /// Names that are bound to another name or attribute.
    renamed: FxHashSet<&'a str>,
}

/// Texts in the order in which they were first met.
#[derive(Default)]
struct Found {
    known: FxHashSet<String>,
    texts: Vec<String>,
    next: String,
}

impl Found {
    /// A start, attributes (the last one first), and an end.
    fn add(&mut self, start: [&str; 2], attributes: &[&str], end: &str) {
        self.next.clear();
        self.next.extend(start);
        for name in attributes.iter().rev() {
            self.next.extend([".", name]);
        }
        self.next.push_str(end);
        if !self.known.contains(&self.next) {
            self.known.insert(self.next.clone());
            self.texts.push(self.next.clone());
        }
    }
}

impl<'a> Callees<'a> {
    pub fn call(&mut self, callee: &'a Expr, arguments: &'a Arguments, scope: Option<&ScopeRow<'a>>) {
        if !self.wanted {
            return;
        }
        let starred = arguments.args.iter().any(Expr::is_starred_expr) || arguments.keywords.iter().any(|one| one.arg.is_none());
        let textual = arguments.args.iter().any(may_be_text) || arguments.keywords.iter().any(|one| may_be_text(&one.value));
        let flags = match (!arguments.keywords.is_empty(), starred, textual) {
            (false, false, false) => "",
            (false, false, true) => "t",
            (false, true, _) => "st",
            (true, false, false) => "k",
            (true, false, true) => "kt",
            (true, true, _) => "kst",
        };
        let parameter = match (arguments.args.first(), scope) {
            (Some(Expr::Name(name)), Some(scope)) => parameter_of(scope, name.id.as_str()),
            _ => None,
        };
        let (root, attributes) = chain(callee);
        self.calls.push(Callee { root, attributes, positional: arguments.args.len().min(2), flags, parameter });
    }

    /// A target that stands for what is assigned to it: whoever calls it calls that.
    pub fn rename(&mut self, target: &'a Expr, value: &'a Expr) {
        if !self.wanted || !matches!(target, Expr::Name(_) | Expr::Attribute(_)) {
            return;
        }
        let value = essence(value);
        if matches!(value, Expr::Name(_) | Expr::Attribute(_)) {
            if let Expr::Name(name) = target {
                self.renamed.insert(name.id.as_str());
            }
            let (root, attributes) = chain(value);
            self.calls.push(Callee { root, attributes, positional: 2, flags: "kst", parameter: None });
        }
    }

    #[inline]
    pub fn bind_value(&mut self, name: &'a str) {
        if self.wanted {
            self.values.insert(name);
        }
    }

    pub fn bind_parameter(&mut self, name: &'a str) {
        if self.wanted {
            self.parameters.insert(name);
        }
    }

    /// A function or class; what stands in a class body is no name for others.
    pub fn bind_definition(&mut self, name: &'a str, around: &'static str) {
        match around {
            "class" => {}
            "module" if self.wanted => drop(self.definitions.insert(name)),
            _ => self.bind_value(name),
        }
    }

    /// The texts, each once.
    pub fn texts(self, imports: &[ImportRow]) -> Vec<String> {
        let has_star = imports.iter().any(|one| one.name == Some("*"));
        let mut origins: FxHashMap<&str, Vec<String>> = FxHashMap::default();
        for import in imports {
            let (name, origin) = import_origin(import);
            origins.entry(name).or_default().push(origin);
        }
        let mut found = Found::default();
        let sure = |name: &&&str| !self.values.contains(**name) && !origins.contains_key(**name);
        for name in sorted(&self.definitions).iter().filter(sure) {
            found.add(["def ", name], &[], "");
        }
        let mut end = String::new();
        for call in &self.calls {
            end.clear();
            end.push_str([" 0", " 1", " 2"][call.positional.min(2)]);
            end.push_str(call.flags);
            if let Some((parameter, function)) = call.parameter
                && !self.values.contains(parameter)
            {
                end.push(' ');
                end.push_str(function);
            }
            self.add(&mut found, call, &origins, has_star, &end);
        }
        found.texts
    }

    fn add(&self, found: &mut Found, call: &Callee, origins: &FxHashMap<&str, Vec<String>>, has_star: bool, end: &str) {
        let last = call.attributes.first().copied();
        let Some(root) = call.root else {
            if let Some(last) = last {
                found.add(["?.", last], &[], end);
            }
            return;
        };
        let is_value = self.values.contains(root) || self.parameters.contains(root);
        let imported = origins.get(root);
        match (last, imported) {
            (None, _) if is_value => found.add([root, ""], &[], end),
            (Some(last), _) if is_value || self.definitions.contains(root) => {
                let may_be_module = imported.is_some() || has_star || self.renamed.contains(root);
                found.add([if may_be_module { "~." } else { "?." }, last], &[], end);
            }
            (_, Some(origins)) => {
                for origin in origins {
                    found.add([origin, ""], &call.attributes, end);
                }
            }
            (None, None) if self.definitions.contains(root) => {}
            (None, None) if has_star => found.add([root, ""], &[], end),
            (Some(last), None) if has_star => found.add(["~.", last], &[], end),
            (_, None) => found.add(["builtins.", root], &call.attributes, end),
        }
    }
}

/// The last name of the callee in one of the texts.
pub fn last_name(text: &str) -> &str {
    let callee = text.split(' ').next().unwrap_or_default();
    callee.rsplit('.').next().unwrap_or_default()
}

/// In the order of code points: a hash set has none.
fn sorted<'a>(names: &FxHashSet<&'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.iter().copied().collect();
    names.sort_unstable();
    names
}

/// The name that an import binds, and what it stands for; relative ones begin with their dots.
fn import_origin<'a>(import: &ImportRow<'a>) -> (&'a str, String) {
    let dots = ".".repeat(import.level as usize);
    match import.name {
        Some(name) => {
            let between = if import.module.is_empty() { "" } else { "." };
            (import.asname.unwrap_or(name), format!("{dots}{}{between}{name}", import.module))
        }
        None => {
            let first = import.module.split('.').next().unwrap_or_default();
            (import.asname.unwrap_or(first), import.asname.map_or(first, |_| import.module).to_owned())
        }
    }
}

/// `a.b.c` as its root and its attributes, the last one first.
fn chain(mut expr: &Expr) -> (Option<&str>, Vec<&str>) {
    let mut attributes = Vec::new();
    loop {
        expr = essence(expr);
        match expr {
            Expr::Attribute(attribute) => {
                attributes.push(attribute.attr.as_str());
                expr = &attribute.value;
            }
            Expr::Name(name) => return (Some(name.id.as_str()), attributes),
            _ => return (None, attributes),
        }
    }
}

fn may_be_text(expr: &Expr) -> bool {
    !matches!(
        expr,
        Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::UnaryOp(_)
            | Expr::Compare(_)
            | Expr::Lambda(_)
    )
}

/// The parameter that only callers give, and the function that has it; none where others than its callers call it.
fn parameter_of<'a>(scope: &ScopeRow<'a>, name: &'a str) -> Option<(&'a str, &'a str)> {
    let parameters: &Parameters = scope.parameters.filter(|_| scope.kind != "lambda" && !scope.name.starts_with("__"))?;
    let mut plain = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
    plain.any(|one| one.default.is_none() && one.parameter.name.as_str() == name).then_some((name, scope.name))
}
