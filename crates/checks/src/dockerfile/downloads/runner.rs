//! Which command runs what a download gives: through a pipe, a substitution, a variable.

use std::collections::BTreeMap;

use ringwall_input::dockerfile::{Command, Dialect, PartKind, PipelinePlace, ShellWord};
use ringwall_model::Span;

/// The commands of a script that run what they are given.
pub(super) struct Runners<'a> {
    commands: &'a [Command],
    /// Those that run what they read, by the pipelines that feed them; in the order of the pipeline.
    readers: BTreeMap<usize, Vec<(usize, &'a Command)>>,
    /// The calls of each function.
    calls: BTreeMap<&'a str, Vec<&'a Command>>,
    /// Those that run a variable, or pass it to something that does.
    variables: BTreeMap<&'a str, &'a Command>,
}

impl<'a> Runners<'a> {
    pub(super) fn of(commands: &'a [Command]) -> Self {
        let mut found = Self {
            commands,
            readers: BTreeMap::new(),
            calls: BTreeMap::new(),
            variables: BTreeMap::new(),
        };
        let functions: std::collections::BTreeSet<&str> = commands
            .iter()
            .filter_map(|command| command.function.as_deref())
            .collect();
        for command in commands {
            if functions.contains(command.name.as_str()) {
                found.calls.entry(&command.name).or_default().push(command);
            }
            if runs_what_it_reads(command) {
                for place in fed_by(command) {
                    let readers = found.readers.entry(place.id).or_default();
                    readers.push((place.index, command));
                }
            }
        }
        for readers in found.readers.values_mut() {
            readers.sort_by_key(|&(index, _)| index);
        }
        for command in commands {
            let reader = found.reader(command);
            for name in variables_run(command, reader.is_some()) {
                let runner = reader.unwrap_or(command);
                found.variables.entry(name).or_insert(runner);
            }
        }
        found
    }

    /// The command that runs what a download gives, and the place of both.
    pub(super) fn runner(&self, download: &Command) -> Option<(&'a Command, Span)> {
        if let Some(reader) = self.reader(download) {
            return Some((reader, download.span.to(reader.span)));
        }
        if let Some(name) = &download.function {
            let calls = self.calls.get(name.as_str())?.iter();
            let mut readers = calls.filter_map(|call| Some((*call, self.reader(call)?)));
            let (call, reader) = readers.next()?;
            return Some((reader, call.span.to(reader.span)));
        }
        if !download.in_substitution {
            return None;
        }
        let place = download.span;
        for around in self.commands {
            if around.span.start > place.start {
                break;
            }
            if runs_substitution(around, place) {
                return Some((around, around.span.to(place)));
            }
            if !around.span.contains(place) {
                continue;
            }
            // `echo "$(curl ...)" | sh`
            if writes_its_arguments(around)
                && holds(&around.args, &PartKind::Substitution, place)
                && let Some(reader) = self.reader(around)
            {
                return Some((reader, around.span.to(reader.span)));
            }
            if let Some(name) = variable_of(around, place)
                && let Some(runner) = self.variables.get(name)
                && runner.span.start > place.start
            {
                return Some((runner, around.span.to(runner.span)));
            }
        }
        None
    }

    /// The command that runs what another one writes into a pipe.
    fn reader(&self, writer: &Command) -> Option<&'a Command> {
        let own = PipelinePlace {
            id: writer.pipeline.id,
            index: writer.pipeline.index,
        };
        let places = std::iter::once(&own).chain(writer.around.iter().rev());
        for place in places {
            if let Some(readers) = self.readers.get(&place.id) {
                let behind = readers.partition_point(|&(index, _)| index <= place.index);
                if let Some(&(_, reader)) = readers.get(behind) {
                    return Some(reader);
                }
            }
        }
        None
    }
}

/// The places in pipelines that a command gets its standard input by, the nearest first.
fn fed_by(command: &Command) -> Vec<PipelinePlace> {
    let mut places = vec![PipelinePlace {
        id: command.pipeline.id,
        index: command.pipeline.index,
    }];
    let mut around = command.around.iter().rev();
    while let Some(PipelinePlace { index: 0, .. }) = places.last()
        && let Some(place) = around.next()
    {
        places.push(*place);
    }
    places
}

/// Whether a command runs what it has on its standard input, and has it from a pipe.
fn runs_what_it_reads(command: &Command) -> bool {
    let is_redirected = command.redirects.iter().any(|redirect| {
        redirect.operator.starts_with('<') && redirect.descriptor.unwrap_or(0) == 0
    });
    if is_redirected {
        return false;
    }
    if Dialect::of_program(&command.name).is_some() {
        return command.reads_script() || command.is_under("xargs") && lacks_its_string(command);
    }
    if matches!(command.name.as_str(), "." | "source") {
        let file = command.args.first().map(ShellWord::value);
        return matches!(file, Some("/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0"));
    }
    // `python3 -uI -`; other flags bring a program of their own: -c, -m, -e, -pe.
    let is_mere = |arg: &&ShellWord| {
        let letters = arg.value().strip_prefix('-').unwrap_or_default();
        !letters.is_empty() && letters.bytes().all(|it| b"uBIEsSwq".contains(&it))
    };
    let mut args = command.args.iter().filter(|arg| !is_mere(arg));
    is_interpreter(command)
        && args
            .next()
            .is_none_or(|arg| matches!(arg.value(), "-" | "--" | "/dev/stdin"))
}

/// `sh -c`, whose string comes from xargs.
fn lacks_its_string(command: &Command) -> bool {
    let mut words = command.args.iter().map(ShellWord::value);
    let takes_string = words.any(|word| {
        word.strip_prefix('-')
            .is_some_and(|letters| !letters.starts_with('-') && letters.contains('c'))
    });
    takes_string && matches!(words.next(), None | Some("{}" | "%"))
}

fn is_interpreter(command: &Command) -> bool {
    // Of `python${VERSION}` the version is not known, and does not matter.
    let program = command.program();
    let program = program.split('$').next().unwrap_or(program);
    let program = program.trim_end_matches(|last: char| last.is_ascii_digit() || last == '.');
    matches!(
        program,
        "python" | "perl" | "ruby" | "node" | "php" | "pwsh" | "fish" | "csh" | "tcsh"
    )
}

fn takes_text(command: &Command) -> bool {
    let is_runner = Dialect::of_program(&command.name).is_some() || is_interpreter(command);
    is_runner && command.has_flag(&["-c", "-e", "-r", "-E"])
}

fn writes_its_arguments(command: &Command) -> bool {
    matches!(command.name.as_str(), "echo" | "printf")
}

/// Whether one of the words has a part of a kind around a place.
fn holds<'w>(words: impl IntoIterator<Item = &'w ShellWord>, kind: &PartKind, place: Span) -> bool {
    words
        .into_iter()
        .flat_map(|word| &word.parts)
        .any(|part| part.kind == *kind && part.span.contains(place))
}

/// Whether a command runs the text that the substitution around `place` gives.
fn runs_substitution(command: &Command, place: Span) -> bool {
    let in_args = |kind: &PartKind| holds(&command.args, kind, place);
    let is_read = || {
        command.redirects.iter().any(|redirect| {
            let kind = match redirect.operator.as_str() {
                "<<<" => PartKind::Substitution,
                "<" => PartKind::ProcessSubstitution,
                _ => return false,
            };
            holds([&redirect.target], &kind, place)
        })
    };
    if Dialect::of_program(&command.name).is_some() || is_interpreter(command) {
        return takes_text(command) && in_args(&PartKind::Substitution)
            || in_args(&PartKind::ProcessSubstitution)
            || (command.reads_script() || command.args.is_empty()) && is_read();
    }
    match command.name.as_str() {
        "eval" => in_args(&PartKind::Substitution),
        "source" | "." => in_args(&PartKind::ProcessSubstitution) || is_read(),
        // `$(curl ...)` where a command stands: in a heredoc or string for a shell.
        _ => command.word.as_ref().is_some_and(|word| {
            let first = word.parts.first().into_iter();
            first
                .filter(|part| part.kind == PartKind::Substitution)
                .any(|part| part.span.contains(place))
        }),
    }
}

/// The variables whose text a command runs, or whose text it writes where that is run.
fn variables_run(command: &Command, is_piped_to_runner: bool) -> Vec<&str> {
    let is_run = takes_text(command)
        || command.name == "eval"
        || writes_its_arguments(command) && is_piped_to_runner;
    let args = command.args.iter().filter(|_| is_run);
    let here_strings = command
        .redirects
        .iter()
        .filter(|redirect| redirect.operator == "<<<" && command.reads_script())
        .map(|redirect| &redirect.target);
    // A script begins with the variable; behind anything else, it is an argument of that.
    args.chain(here_strings)
        .filter_map(|word| match &word.parts.first()?.kind {
            PartKind::Variable { name, modifier } if modifier.is_empty() => Some(name.as_str()),
            _ => None,
        })
        .collect()
}

/// The variable that a command gives the text of the substitution around `place`.
fn variable_of(command: &Command, place: Span) -> Option<&str> {
    let is_text = |word: &ShellWord| {
        let first = word.parts.iter().find(|part| {
            let text = match &part.kind {
                PartKind::Literal(text) => text.rsplit('=').next().unwrap_or(""),
                _ => return true,
            };
            !text.is_empty()
        });
        first.is_some_and(|part| part.kind == PartKind::Substitution && part.span.contains(place))
    };
    let assigned = command.assignments.iter().find(|assignment| {
        let value = assignment.value.as_ref();
        value.is_some_and(is_text)
    });
    if let Some(assignment) = assigned {
        return Some(&assignment.name);
    }
    let declares = ["export", "local", "declare", "readonly", "typeset"];
    let mut args = command.args.iter();
    let word = args.find(|arg| declares.contains(&command.name.as_str()) && is_text(arg))?;
    word.text.split_once('=').map(|(name, _)| name)
}
