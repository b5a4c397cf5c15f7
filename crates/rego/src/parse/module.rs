//! Modules: `package`, `import`, and where one statement ends and the next begins.

use std::sync::Arc;

use super::{Keywords, Kind, Parsed, Parser};
use crate::{
    Span,
    ast::{Import, Module, TermKind, Version},
};

impl Parser<'_> {
    /// The whole module. After a statement that is wrong, reading goes on with the next one.
    pub(super) fn module(&mut self, comments: &[Span]) -> Module {
        let mut module = Module {
            source: Arc::clone(self.source),
            version: self.version,
            package: Vec::new(),
            package_span: Span::default(),
            imports: Vec::new(),
            rules: Vec::new(),
            annotations: Vec::new(),
        };
        if self.kind() == Kind::End {
            self.error(
                self.span(),
                "an empty module; it needs at least `package` and a name",
            );
            return module;
        }
        let has_package = self.is_package();
        if has_package {
            if self.package(&mut module).is_err() {
                self.skip_statement();
            }
        } else if !matches!(self.kind(), Kind::Illegal(_)) {
            self.unexpected("`package` and a name: a module begins with it");
        }
        while self.kind() != Kind::End && self.errors.len() < super::MAX_ERRORS {
            let before = self.at;
            if self.statement(&mut module).is_err() {
                if self.at == before {
                    self.advance();
                }
                self.skip_statement();
            }
        }
        if module.version >= Version::V1 {
            self.errors.append(&mut self.only_in_v1);
            self.errors.sort_by_key(|error| error.span.start);
        }
        if self.errors.is_empty() {
            self.annotations(comments, &mut module);
        }
        module
    }

    fn statement(&mut self, module: &mut Module) -> Parsed<()> {
        if self.is_package() {
            return Err(self.error(self.span(), "a second `package`; a module has one"));
        }
        if self.kind() == Kind::Import && !self.is_reference_next() {
            return self.import(module);
        }
        self.rule(&mut module.rules)
    }

    fn is_package(&self) -> bool {
        self.kind() == Kind::Package && !self.is_reference_next()
    }

    fn is_reference_next(&self) -> bool {
        let next = self.token_at(self.at + 1);
        !next.spaced && matches!(next.kind, Kind::Dot | Kind::LeftBracket)
    }

    /// Goes to the next word at the beginning of a line, where a statement most likely begins.
    fn skip_statement(&mut self) {
        loop {
            let (token, kind) = (self.token(), self.kind());
            let is_word = kind == Kind::Ident || kind.is_keyword();
            let begins_line = self
                .source
                .text
                .as_bytes()
                .get((token.span.start as usize).wrapping_sub(1))
                .is_none_or(|before| *before == b'\n');
            if kind == Kind::End || (is_word && begins_line && kind != Kind::Else) {
                return;
            }
            self.advance();
        }
    }

    fn package(&mut self, module: &mut Module) -> Parsed<()> {
        module.package_span = self.span();
        self.advance();
        module.package = self.path("the name of the package")?;
        module.package_span = self.since(module.package_span);
        Ok(())
    }

    /// A reference of names and strings; its words may be keywords.
    fn path(&mut self, what: &str) -> Parsed<Vec<Arc<str>>> {
        let kind = self.kind();
        if kind != Kind::Ident && !kind.is_keyword() {
            return Err(self.unexpected(what));
        }
        let head = self.variable();
        let term = self.postfix(head)?;
        let parts = match term.kind {
            TermKind::Ref(parts) => parts,
            _ => vec![term],
        };
        let mut path = Vec::new();
        for part in parts {
            match part.kind {
                TermKind::Var(name) if path.is_empty() => path.push(name),
                TermKind::String(name) => path.push(name),
                _ => {
                    let message = format!("{what} consists of names and strings only");
                    return Err(self.error(part.span, message));
                }
            }
        }
        Ok(path)
    }

    fn import(&mut self, module: &mut Module) -> Parsed<()> {
        let start = self.span();
        self.advance();
        let path_start = self.span();
        let path = self.path("what to import")?;
        let path_span = self.since(path_start);
        let root = path.first().map_or("", |root| &**root);
        if !matches!(root, "data" | "input" | "future" | "rego") {
            return Err(self.error(
                path_span,
                format!(
                    "an import begins with `data`, `input`, `future` or `rego`, not with `{root}`"
                ),
            ));
        }
        let alias = if self.eat(Kind::As) {
            if self.kind() != Kind::Ident {
                return Err(self.unexpected("a name"));
            }
            let span = self.span();
            let name = self.text(span);
            if matches!(name, "input" | "data") {
                return Err(self.error(
                    span,
                    format!("`{name}` has a meaning already, import under another name"),
                ));
            }
            if matches!(root, "future" | "rego") {
                return Err(self.error(span, format!("an import of `{root}` cannot be renamed")));
            }
            self.advance();
            Some(Arc::from(name))
        } else {
            None
        };
        match root {
            "future" => self.import_keywords(&path, path_span)?,
            "rego" => self.import_version(&path, path_span, module)?,
            _ => {
                if let (None, Some(last)) = (&alias, path.last())
                    && self.is_keyword_of_version(last)
                {
                    return Err(self.error(
                        path_span,
                        format!("`{last}` is a keyword; give the import another name with `as`"),
                    ));
                }
            }
        }
        module.imports.push(Import {
            span: self.since(start),
            path,
            alias,
        });
        Ok(())
    }

    fn is_keyword_of_version(&self, word: &str) -> bool {
        match Kind::of_word(word) {
            Kind::In | Kind::Every | Kind::Contains | Kind::If => self.version >= Version::V1,
            kind => kind.is_keyword(),
        }
    }

    fn import_keywords(&mut self, path: &[Arc<str>], span: Span) -> Parsed<()> {
        let words: Vec<&str> = path.iter().skip(1).map(|part| &**part).collect();
        match *words.as_slice() {
            // The words of Rego 2 came to `import future.keywords` with OPA 1.22. Version 0 is what Gatekeeper and
            // older policies are written in, for which it means the four words that it meant before.
            ["keywords"] if self.version == Version::V0 => {
                self.keywords.0 |= Keywords::ALL.0;
                self.is_not_ambiguous = !self.keywords.has_not_bodies();
            }
            ["keywords"] => self.keywords = Keywords::V2,
            [
                "keywords",
                word @ ("in" | "every" | "contains" | "if" | "not" | "and" | "or"),
            ] => self.keywords.learn(Kind::of_word(word)),
            ["keywords", _, _, ..] => {
                return Err(self.error(span, "the import of a keyword ends with its word"));
            }
            ["keywords", word] => {
                return Err(self.error(
                    span,
                    format!("`{word}` is no keyword to import; there are `and`, `contains`, `every`, `if`, `in`, `not` and `or`"),
                ));
            }
            _ => {
                return Err(self.error(
                    span,
                    "from `future` only `future.keywords` and the words below it can be imported",
                ));
            }
        }
        Ok(())
    }

    fn import_version(&mut self, path: &[Arc<str>], span: Span, module: &mut Module) -> Parsed<()> {
        match path.get(1).map(|part| &**part) {
            Some("v1") if path.len() == 2 => {
                self.keywords.0 |= Keywords::ALL.0;
                module.version = Version::V1;
                Ok(())
            }
            Some("v2") if path.len() == 2 => {
                self.keywords = Keywords::V2;
                module.version = Version::V1;
                Ok(())
            }
            _ => Err(self.error(
                span,
                "from `rego` only `rego.v1` and `rego.v2` can be imported",
            )),
        }
    }
}
