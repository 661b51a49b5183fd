//! Patterns of `match`: captures are bindings, the rest are expressions.

use ruff_python_ast::Pattern;

use crate::walk::Walker;

impl<'a> Walker<'a> {
    pub fn pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchValue(inner) => self.expr(&inner.value),
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(inner) => self.patterns(&inner.patterns),
            Pattern::MatchMapping(inner) => {
                for (key, pattern) in inner.keys.iter().zip(&inner.patterns) {
                    self.expr(key);
                    self.pattern(pattern);
                }
                if let Some(name) = &inner.rest {
                    self.captured(name, "assign");
                }
            }
            Pattern::MatchClass(inner) => {
                self.expr(&inner.cls);
                self.patterns(&inner.arguments.patterns);
                for keyword in &inner.arguments.keywords {
                    self.pattern(&keyword.pattern);
                }
            }
            Pattern::MatchStar(inner) => {
                if let Some(name) = &inner.name {
                    self.captured(name, "assign");
                }
            }
            Pattern::MatchAs(inner) => {
                if let Some(pattern) = &inner.pattern {
                    self.pattern(pattern);
                }
                if let Some(name) = &inner.name {
                    self.captured(name, "assign");
                }
            }
            Pattern::MatchOr(inner) => self.patterns(&inner.patterns),
        }
    }

    fn patterns(&mut self, patterns: &'a [Pattern]) {
        for pattern in patterns {
            self.pattern(pattern);
        }
    }
}
