use ringwall_input::dockerfile::{Command, InstructionKind, Part, PartKind, ShellWord};
use ringwall_model::Span;

use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// A double quote in RUN, CMD or ENTRYPOINT that is never closed, and a text in double quotes that goes over several lines and ends right before a letter, which looks like a closing quote that is missing further up.
    ///
    /// ## Why it matters
    /// The shell takes commands for text and text for commands.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN echo "hello && make # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN echo "hello && \ # <-
    ///     echo "world && make
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN echo "hello" && \
    ///     echo "several \
    ///     lines" && echo 'a " b'
    /// ```
    ///
    /// ## Fix
    /// Close the quote, or escape it as `\"` where it is meant as text.
    UnclosedDoubleQuote {
        id: "unclosed-double-quote",
        title: "Double quote that is not closed",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnclosedDoubleQuote {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for instruction in build.dockerfile.instructions() {
            let innermost = instruction.innermost();
            let is_script = matches!(innermost.name(), "RUN" | "CMD" | "ENTRYPOINT");
            if !is_script || !matches!(innermost.kind, InstructionKind::Invalid) {
                continue;
            }
            for diagnostic in build.diagnostics {
                if instruction.span.contains(diagnostic.span)
                    && build.source.slice(diagnostic.span) == "\""
                {
                    findings
                        .add(Self::META)
                        .span(build.source, diagnostic.span)
                        .note("the double quote is not closed");
                }
            }
        }
        for step in steps(build) {
            let words = step.commands().iter().flat_map(words);
            let places = words.filter_map(|word| runaway(build, word));
            let mut last = None;
            for place in places {
                if last.replace(place) != Some(place) {
                    findings
                        .add(Self::META)
                        .span(build.source, place)
                        .note("the text in double quotes ends right before a letter, lines below");
                }
            }
        }
    }
}

fn words(command: &Command) -> impl Iterator<Item = &ShellWord> {
    let values = command
        .assignments
        .iter()
        .filter_map(|assignment| assignment.value.as_ref());
    command.word.iter().chain(&command.args).chain(values)
}

/// The quote where a text begins that goes over lines and ends right before a letter.
fn runaway(build: &Build<'_>, word: &ShellWord) -> Option<Span> {
    let is_runaway = |pair: &[Part]| match pair {
        [text, next] => {
            let before = build
                .source
                .text
                .get(..text.span.range().start)
                .unwrap_or("");
            let starts_with_letter = match &next.kind {
                PartKind::Literal(text) => {
                    text.starts_with(|first: char| first.is_ascii_alphanumeric())
                }
                _ => false,
            };
            text.quoted
                && before.ends_with('"')
                && build.source.slice(text.span).contains('\n')
                && !next.quoted
                && starts_with_letter
        }
        _ => false,
    };
    let pair = word.parts.windows(2).find(|pair| is_runaway(pair))?;
    let start = pair.first()?.span.range().start;
    Some(Span::new(start.saturating_sub(1), start))
}
