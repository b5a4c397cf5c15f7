//! The file from top to bottom: instructions into stages.

use std::collections::HashMap;
use std::ops::Range;

use ringwall_model::Span;

use super::arguments::Arguments;
use super::heredoc::{self, Announced};
use super::joined::Joined;
use super::lines::{Lines, Logical};
use super::substitution::{Expander, Scope, Scopes, Value, is_platform_argument};
use super::variables::Variables;
use super::{
    Base, Dockerfile, FromClause, Heredoc, ImageRef, Instruction, InstructionKind, Keyword, Pair,
    Shell, Stage, Word,
};
use crate::{Diagnostic, image_reference::ImageReference};

/// How deep ONBUILD may nest; `BuildKit` allows one.
const MAX_ON_BUILD: usize = 4;

pub(super) fn read(text: &str) -> (Dockerfile, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut lines = Lines::new(text);
    let directives = lines.directives(&mut diagnostics);
    let mut escape = '\\';
    for directive in &directives {
        if directive.name == "escape" {
            match directive.value.as_str() {
                "`" => escape = '`',
                "\\" => escape = '\\',
                _ => diagnostics.push(Diagnostic::new(
                    directive.value_span,
                    "the escape character is neither a backslash nor a backtick",
                )),
            }
        }
    }
    let mut reader = Reader {
        text,
        lines,
        file: Dockerfile {
            directives,
            global_args: Vec::new(),
            preamble: Vec::new(),
            stages: Vec::new(),
            comments: Vec::new(),
            escape,
            variables: Variables::default(),
        },
        diagnostics,
        scopes: Scopes::default(),
        stage_names: HashMap::new(),
        shells: Vec::new(),
        default_shell: Shell::default_for(false),
    };
    reader.run();
    reader.file.variables = Variables::of(&reader.file.stages);
    (reader.file, reader.diagnostics)
}

struct Reader<'t> {
    text: &'t str,
    lines: Lines<'t>,
    file: Dockerfile,
    diagnostics: Vec<Diagnostic>,
    scopes: Scopes,
    /// The last stage of each name, in lower case.
    stage_names: HashMap<String, usize>,
    /// The shell each stage has so far.
    shells: Vec<Shell>,
    /// The shell before the first FROM.
    default_shell: Shell,
}

impl Reader<'_> {
    fn run(&mut self) {
        let escape = self.file.escape;
        while let Some(logical) = self.lines.next_logical(escape, &mut self.file.comments) {
            // A lone escape character continues into nothing.
            if logical.joined.text().trim().is_empty() {
                continue;
            }
            let instruction = self.instruction(logical);
            self.take(instruction);
        }
        if self.file.stages.is_empty() {
            let whole = Span::new(0, self.text.len());
            let message = if self.file.preamble.is_empty() {
                "the file has no instructions"
            } else {
                "the file has no FROM, so there is nothing to build"
            };
            let at = self.file.preamble.first().map_or(whole, |first| first.span);
            self.diagnostics.push(Diagnostic::new(at, message));
        }
    }

    /// Reads one instruction, its heredocs included.
    fn instruction(&mut self, logical: Logical) -> Instruction {
        let Logical { joined, mut span } = logical;
        let end = joined.text().trim_end().len();
        let start = end - joined.get(0..end).trim_start().len();
        let mut heredocs = Vec::new();
        let all_announced = heredoc::announced(&joined, end, self.file.escape);
        if !all_announced.is_empty() {
            self.check_heredoc_line(&joined, start..end);
        }
        for announced in all_announced {
            let Announced {
                range,
                name,
                expands,
                chomp,
                is_spaced,
            } = announced;
            let place = joined.span(range);
            let Some((body, last)) = self.lines.heredoc_body(&name, chomp) else {
                // `$((1 << 2))` looks like one.
                if is_spaced {
                    continue;
                }
                self.diagnostics.push(Diagnostic::new(
                    place,
                    format!("the heredoc {name} is not closed by a line with only its name"),
                ));
                let (keyword, _) = keyword(&joined, start..end);
                return Instruction {
                    keyword,
                    span,
                    flags: Vec::new(),
                    kind: InstructionKind::Invalid,
                    on_build: false,
                };
            };
            span.end = Span::at(last).end;
            heredocs.push(Heredoc {
                span: place,
                name,
                expands,
                chomp,
                body,
            });
        }
        self.parse(&joined, start..end, span, &heredocs, 0)
    }

    /// Tells what keeps `BuildKit` from seeing any heredoc in a line: it takes the line apart as its own variables
    /// need, and so stumbles over those that only a shell replaces.
    fn check_heredoc_line(&mut self, joined: &Joined, range: Range<usize>) {
        let expander = Expander {
            joined,
            escape: '\\',
            scopes: &Scopes::default(),
            in_from: false,
            unset_is_empty: true,
        };
        if let Err(Diagnostic { span, message }) = expander.word(range) {
            let message = format!("the builder sees no heredoc in this line, because {message}");
            self.diagnostics.push(Diagnostic::new(span, message));
        }
    }

    fn parse(
        &mut self,
        joined: &Joined,
        range: Range<usize>,
        span: Span,
        heredocs: &[Heredoc],
        depth: usize,
    ) -> Instruction {
        let (keyword, rest) = keyword(joined, range.clone());
        let mut instruction = Instruction {
            keyword,
            span,
            flags: Vec::new(),
            kind: InstructionKind::Invalid,
            on_build: depth > 0,
        };
        if instruction.name() == "ONBUILD" && depth < MAX_ON_BUILD {
            if rest.is_empty() {
                self.diagnostics.push(Diagnostic::new(
                    instruction.keyword.span,
                    "ONBUILD needs an instruction behind it",
                ));
                return instruction;
            }
            let inner_span = Span {
                end: span.end,
                ..joined.span(rest.clone())
            };
            let inner = self.parse(joined, rest, inner_span, heredocs, depth + 1);
            instruction.kind = InstructionKind::OnBuild(Box::new(inner));
            return instruction;
        }
        let is_from = instruction.name() == "FROM";
        let arguments = Arguments {
            text: self.text,
            joined,
            heredocs,
            shell: self.shells.last().unwrap_or(&self.default_shell),
            expander: Expander {
                joined,
                escape: self.file.escape,
                scopes: &self.scopes,
                in_from: is_from,
                unset_is_empty: false,
            },
            keyword: &instruction.keyword,
        };
        let (flags, kind) = arguments.read(rest.clone());
        match flags {
            Ok(flags) => instruction.flags = flags,
            Err(diagnostic) => self.diagnostics.push(diagnostic),
        }
        match kind {
            Ok(kind) => instruction.kind = kind,
            Err(diagnostic) => {
                self.diagnostics.extend(diagnostic);
                if is_from && depth == 0 {
                    let clause = arguments_of_broken_from(joined, rest, &instruction);
                    self.start_stage(clause);
                }
            }
        }
        instruction
    }

    /// Puts an instruction where it belongs and remembers what it changes.
    fn take(&mut self, instruction: Instruction) {
        match &instruction.kind {
            InstructionKind::From(clause) => {
                self.start_stage(clause.clone());
                self.check_base(&clause.image);
            }
            InstructionKind::Env(pairs) => {
                if let Some(scope) = self.scopes.stages.last_mut() {
                    for pair in pairs {
                        let value = known(pair);
                        scope.env.insert(pair.name.value.clone(), value);
                    }
                }
            }
            InstructionKind::Arg(pairs) => self.declare(pairs),
            InstructionKind::Shell(shell) => {
                if let Some(last) = self.shells.last_mut() {
                    last.clone_from(shell);
                }
            }
            _ => {}
        }
        match self.file.stages.last_mut() {
            Some(stage) => stage.instructions.push(instruction),
            None => self.file.preamble.push(instruction),
        }
    }

    fn declare(&mut self, pairs: &[Pair]) {
        for pair in pairs {
            let name = &pair.name.value;
            let value = match (&pair.value, self.scopes.global.get(name)) {
                (None, _) if is_platform_argument(name) => Value::Unknown,
                (None, Some(global)) if !self.scopes.stages.is_empty() => global.clone(),
                (None, _) => Value::Unset,
                (Some(_), _) => known(pair),
            };
            if let Some(scope) = self.scopes.stages.last_mut() {
                scope.args.insert(name.clone(), value);
            } else {
                self.file.global_args.push(pair.clone());
                self.scopes.global.insert(name.clone(), value);
            }
        }
    }

    fn start_stage(&mut self, from: FromClause) {
        let index = self.file.stages.len();
        let base = self.base(&from.image);
        let parent = match base {
            Base::Stage(parent) => Some(parent),
            _ => None,
        };
        let on_windows = base.image().is_some_and(ImageRef::is_windows)
            || from
                .platform
                .as_ref()
                .is_some_and(|platform| platform.value.starts_with("windows"));
        let shell = parent
            .and_then(|parent| self.shells.get(parent).cloned())
            .unwrap_or_else(|| Shell::default_for(on_windows));
        self.scopes.stages.push(Scope {
            base: parent,
            ..Scope::default()
        });
        self.shells.push(shell.clone());
        if let Some(name) = &from.name {
            self.stage_names.insert(name.value.to_lowercase(), index);
        }
        self.file.stages.push(Stage {
            index,
            name: from.name.clone(),
            from,
            base,
            instructions: Vec::new(),
            shell,
        });
    }

    /// Tells where the image of the stage that begins is none.
    fn check_base(&mut self, image: &Word) {
        let name = &image.value;
        let message = match self.file.stages.last().map(|stage| &stage.base) {
            Some(Base::Image(_)) => match ImageReference::parse(name) {
                Ok(_) => return,
                Err(error) => format!("{name} is no image: {error}"),
            },
            // Its name is kept in lower case, and FROM, unlike COPY --from, looks for it as written.
            Some(Base::Stage(_)) if name.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                let lower = name.to_lowercase();
                format!("FROM knows the stage {name} in lower case only: {lower}")
            }
            _ => return,
        };
        self.diagnostics.push(Diagnostic::new(image.span, message));
    }

    fn base(&self, image: &Word) -> Base {
        if !image.resolved || image.value.is_empty() {
            let variables = image
                .references
                .iter()
                .map(|reference| reference.name.clone())
                .filter(|name| !matches!(self.scopes.value(name, true), Value::Known(_)))
                .collect();
            return Base::Unresolved { variables };
        }
        if image.value == "scratch" {
            return Base::Scratch;
        }
        match self.stage_names.get(&image.value.to_lowercase()) {
            Some(&index) => Base::Stage(index),
            None => Base::Image(ImageRef::parse(&image.value)),
        }
    }
}

/// The keyword at the start of a range, and the range behind it.
fn keyword(joined: &Joined, range: Range<usize>) -> (Keyword, Range<usize>) {
    let text = joined.get(range.clone());
    let length = text.find(is_blank).unwrap_or(text.len());
    let rest = text.get(length..).unwrap_or("");
    let rest_start = range.end - rest.trim_start().len();
    let keyword = Keyword {
        name: text.get(..length).unwrap_or("").to_ascii_uppercase(),
        span: joined.span(range.start..range.start + length),
    };
    (keyword, rest_start..range.end)
}

/// The blanks that separate words of an instruction.
pub(super) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{b}' | '\u{c}' | '\r')
}

/// What can be read of a FROM that is not valid: its first word.
fn arguments_of_broken_from(
    joined: &Joined,
    rest: Range<usize>,
    instruction: &Instruction,
) -> FromClause {
    let mut at = rest.start;
    let mut image = Word::default();
    for word in joined.get(rest.clone()).split(is_blank) {
        if !word.is_empty() && !word.starts_with("--") {
            image = Word::verbatim(joined, at..at + word.len());
            image.resolved = !word.contains('$');
            break;
        }
        at += word.len() + 1;
    }
    if image.raw.is_empty() {
        image.span = instruction.keyword.span;
    }
    FromClause {
        platform: None,
        image,
        name: None,
        span: joined.span(rest),
    }
}

fn known(pair: &Pair) -> Value {
    match (&pair.value, &pair.likely_value) {
        (Some(word), _) if word.resolved => Value::Known(word.value.clone()),
        (_, Some(likely)) => Value::Likely(likely.clone()),
        _ => Value::Unknown,
    }
}
