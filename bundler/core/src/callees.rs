//! What a module calls, told at a glance: `re.compile` where a name is a module for sure, else by the last name alone.

use std::collections::BTreeSet;

use ruff_python_ast::Expr;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::conditions::last_name;
use crate::expr::essence;
use crate::walk::ImportRow;

#[derive(Default)]
pub struct Callees<'a> {
    /// Whether they are wanted at all.
    pub wanted: bool,
    loose: FxHashSet<&'a str>,
    /// Root and name of `root.name(…)`.
    attributes: FxHashSet<(&'a str, &'a str)>,
    /// Names that anything but `import n` binds, in whatever scope.
    rebound: FxHashSet<&'a str>,
}

impl<'a> Callees<'a> {
    pub fn add(&mut self, callee: &'a Expr) {
        if !self.wanted {
            return;
        }
        if let Expr::Attribute(attribute) = callee
            && let Expr::Name(root) = essence(&attribute.value)
        {
            self.attributes.insert((root.id.as_str(), attribute.attr.as_str()));
        } else if let Some(name) = last_name(callee) {
            self.loose.insert(name);
        }
    }

    /// A name that goes by another one from here on.
    pub fn renamed(&mut self, name: &'a str) {
        if self.wanted {
            self.loose.insert(name);
        }
    }

    pub fn bound(&mut self, name: &'a str) {
        if self.wanted {
            self.rebound.insert(name);
        }
    }

    /// Dotted names (module and name) and last names, sorted.
    pub fn sorted(self, imports: &[ImportRow<'a>]) -> BTreeSet<String> {
        let mut modules: FxHashMap<&str, Option<&str>> = FxHashMap::default();
        for import in imports.iter().filter(|import| import.name.is_none()) {
            let top = import.module.split('.').next().unwrap_or_default();
            let (root, module) = import.asname.map_or((top, top), |asname| (asname, import.module));
            let known = modules.entry(root).or_insert(Some(module));
            if *known != Some(module) {
                *known = None;
            }
        }
        let mut names = BTreeSet::new();
        let mut loose = self.loose;
        let mut attributes: Vec<(&str, &str)> = self.attributes.into_iter().collect();
        attributes.sort_unstable();
        for (root, name) in attributes {
            match modules.get(root).copied().flatten() {
                Some(module) if !self.rebound.contains(root) => {
                    names.insert(format!("{module}.{name}"));
                }
                _ => {
                    loose.insert(name);
                }
            }
        }
        let mut loose: Vec<&str> = loose.into_iter().collect();
        loose.sort_unstable();
        names.extend(loose.into_iter().map(str::to_owned));
        names
    }
}
