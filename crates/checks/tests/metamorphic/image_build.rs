//! Dockerfiles that build the same image.

use ringwall_input::dockerfile::{self, Dockerfile, Instruction, InstructionKind};

use crate::{Comparison, names::Names};

/// Names that mean something to the builder, and parts of names that say for which platform a stage is.
const STAGES_WITH_MEANING: [&str; 6] = ["amd64", "arm64", "context", "linux", "scratch", "windows"];

/// Changes a Dockerfile in every way.
pub(crate) fn change(text: &str, comparison: &mut Comparison<'_>) {
    let (dockerfile, _) = dockerfile::parse(text);
    let mut holds = |change, text: &str| comparison.holds(change, text, &Names::default());
    holds("line ends of Windows", &text.replace('\n', "\r\n"));
    holds("keywords in lower case", &lower_case(text, &dockerfile));
    holds("comments and blank lines", &spaced(text, &dockerfile));
    holds("other stage names", &other_stages(text, &dockerfile));
    holds("one command a line", &one_command_a_line(text, &dockerfile));
}

/// Replaces ranges of a text; they come in any order and do not overlap.
fn replaced(text: &str, mut ranges: Vec<(std::ops::Range<usize>, String)>) -> String {
    ranges.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for (range, new) in ranges {
        text.replace_range(range, &new);
    }
    text
}

fn lower_case(text: &str, dockerfile: &Dockerfile) -> String {
    let keywords = dockerfile.instructions().map(|instruction| {
        let range = instruction.keyword.span.range();
        let lower = text[range.clone()].to_lowercase();
        (range, lower)
    });
    replaced(text, keywords.collect())
}

/// A comment and a blank line before each instruction but the first, where directives may stand.
fn spaced(text: &str, dockerfile: &Dockerfile) -> String {
    let starts = dockerfile.instructions().skip(1).map(|instruction| {
        let start = instruction.span.start as usize;
        (start..start, "\n# What comes next.\n".to_owned())
    });
    replaced(text, starts.collect())
}

fn other_stages(text: &str, dockerfile: &Dockerfile) -> String {
    let names: Vec<&str> = dockerfile
        .stages
        .iter()
        .filter_map(|stage| stage.name.as_ref())
        .map(|name| name.value.as_str())
        .filter(|name| !STAGES_WITH_MEANING.iter().any(|part| name.contains(part)))
        .collect();
    let new = |name: &str| {
        let at = names
            .iter()
            .position(|other| other.eq_ignore_ascii_case(name))?;
        Some(format!("juniper{at}"))
    };
    let mut ranges = Vec::new();
    for instruction in dockerfile.instructions() {
        if let InstructionKind::From(from) = &instruction.kind {
            for word in [Some(&from.image), from.name.as_ref()]
                .into_iter()
                .flatten()
            {
                if text[word.span.range()] == *word.value
                    && let Some(new) = new(&word.value)
                {
                    ranges.push((word.span.range(), new));
                }
            }
        }
        for flag in &instruction.flags {
            let written = &text[flag.span.range()];
            for name in &names {
                let stage = format!("from={name}");
                // `--from=build`, `--mount=type=bind,from=build,target=/x`.
                let Some(at) = written.find(&stage) else {
                    continue;
                };
                let rest = &written[at + stage.len()..];
                if rest.is_empty() || rest.starts_with(',') {
                    let start = flag.span.start as usize + at + "from=".len();
                    let new = new(name).expect("it is one of the names");
                    ranges.push((start..start + name.len(), new));
                    break;
                }
            }
        }
    }
    replaced(text, ranges)
}

/// Breaks the line behind each `&&` of a RUN in shell form.
fn one_command_a_line(text: &str, dockerfile: &Dockerfile) -> String {
    let continuation = format!(" && {}\n    ", dockerfile.escape);
    let is_chain = |instruction: &&Instruction| match &instruction.kind {
        InstructionKind::Run(run) => run.form.is_shell() && run.heredocs.is_empty(),
        _ => false,
    };
    let chains = dockerfile.instructions().filter(is_chain);
    let ranges = chains.flat_map(|instruction| {
        let start = instruction.span.start as usize;
        let written = &text[instruction.span.range()];
        // Between quotes a line break would not stay the same text to every reader.
        let has_quotes = written.contains(['\'', '"']);
        written
            .match_indices(" && ")
            .filter(move |_| !has_quotes)
            .map(move |(at, found)| start + at..start + at + found.len())
    });
    replaced(
        text,
        ranges.map(|range| (range, continuation.clone())).collect(),
    )
}
