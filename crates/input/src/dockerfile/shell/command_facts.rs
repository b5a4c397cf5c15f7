//! What a simple command tells by its name and arguments.

use super::cursor::Parser;
use super::word_parser::PlacedWord;
use super::{FactKind, PartKind, bashism};

/// Commands whose `name=value` arguments are assignments.
pub(super) const DECLARATIONS: &[&str] = &["export", "readonly", "local", "declare", "typeset"];

impl Parser<'_> {
    pub(super) fn note_command(&mut self, name: &PlacedWord, args: &[PlacedWord]) {
        let value = name.word.value();
        if let Some(index) = args.iter().position(|arg| arg.word.value() == "--") {
            self.note_globs(value, args.get(..index).unwrap_or_default());
        } else {
            self.note_globs(value, args);
        }
        if matches!(value, "[" | "test")
            && value == "["
            && !args.iter().any(|arg| arg.word.value() == "]")
            && let Some(last) = args.last().filter(|arg| arg.word.value().ends_with(']'))
        {
            let end = last.range.end;
            self.note(end - 1..end, FactKind::MissingSpace { place: "before ]" });
        }
        for (range, feature) in bashism::of_command(value, args) {
            self.bashism(range.unwrap_or_else(|| name.range.clone()), feature);
        }
        self.note_assigning(value, args);
        match value {
            "set" => self.note_set(args),
            "shopt" if args.iter().any(|arg| arg.word.value() == "pipefail") => {
                self.output.script.pipefail = true;
            }
            _ => {}
        }
    }

    /// Remembers which variables a command writes.
    fn note_assigning(&mut self, name: &str, args: &[PlacedWord]) {
        let is_declaration = DECLARATIONS.contains(&name);
        let mut after_flag = "";
        for arg in args {
            let text = arg.word.text.clone();
            let before = std::mem::take(&mut after_flag);
            if text.starts_with('-') {
                after_flag = if text.ends_with('v') { "v" } else { "" };
                continue;
            }
            let variable = text.split(['=', '+']).next().unwrap_or("");
            let assigns = is_declaration && text.contains('=')
                || matches!(
                    name,
                    "read" | "mapfile" | "readarray" | "local" | "declare" | "typeset"
                )
                || name == "let"
                || name == "getopts" && !text.contains(':')
                || name == "printf" && before == "v";
            if assigns && !variable.is_empty() {
                let range = arg.range.start..arg.range.start + variable.len();
                let span = self.span(range);
                self.assigned(variable, span);
            }
            if is_declaration
                && text.contains('=')
                && arg
                    .word
                    .parts
                    .iter()
                    .any(|part| part.kind == PartKind::Substitution)
            {
                let declaration = name.to_owned();
                self.note(arg.range.clone(), FactKind::MaskedExitCode { declaration });
            }
        }
    }

    fn note_set(&mut self, args: &[PlacedWord]) {
        let values: Vec<&str> = args.iter().map(|arg| arg.word.value()).collect();
        for (index, value) in values.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| values.get(index));
            let on = before.is_some_and(|flag| flag.starts_with('-') && flag.ends_with('o'));
            match (value.strip_prefix('-'), value.strip_prefix('+')) {
                (Some(letters), _) if letters.contains('e') && !letters.starts_with('-') => {
                    self.errexit = true;
                }
                (_, Some(letters)) if letters.contains('e') => self.errexit = false,
                _ if *value == "errexit" => self.errexit = on,
                _ if *value == "pipefail" && on => self.output.script.pipefail = true,
                _ => {}
            }
        }
    }

    fn note_globs(&mut self, name: &str, args: &[PlacedWord]) {
        if matches!(name, "echo" | "printf" | "[" | "test") {
            return;
        }
        for arg in args {
            let starts_with_glob = arg.word.parts.first().is_some_and(|part| {
                !part.quoted
                    && matches!(&part.kind, PartKind::Literal(text) if text.starts_with(['*', '?']))
            });
            if starts_with_glob {
                self.note(arg.range.clone(), FactKind::DashProneGlob);
            }
        }
    }

    pub(super) fn note_missing_space(&mut self, name: &PlacedWord) {
        let text = &name.word.text;
        let rest = text.trim_start_matches(['!', '{', '[']);
        let place = if text.starts_with("[[") {
            (!rest.is_empty() && !rest.starts_with(':')).then_some("after [[")
        } else if text.starts_with('[') {
            (text.len() > 1).then_some("after [")
        } else if text.starts_with('{') {
            let is_expansion = text.contains([',', '}']);
            (text.len() > 1 && !is_expansion).then_some("after {")
        } else if text.starts_with('!') {
            (text.len() > 1).then_some("after !")
        } else {
            [
                ("if[", "after if"),
                ("elif[", "after elif"),
                ("while[", "after while"),
                ("until[", "after until"),
            ]
            .iter()
            .find(|(start, _)| text.starts_with(start))
            .map(|&(_, place)| place)
        };
        if let Some(place) = place {
            self.note(name.range.clone(), FactKind::MissingSpace { place });
        }
    }
}
