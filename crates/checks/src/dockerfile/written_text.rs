//! Text that a build writes into files: configuration that later commands obey.

mod output;
mod sed;
mod setting;

use ringwall_input::dockerfile::{Command, Instruction, InstructionKind, Script, ShellWord};
use ringwall_model::Span;

pub(super) use self::output::outputs;
pub(super) use self::setting::{is_off, is_on, setting, setting_at};
use crate::judge::Build;

/// The files that a program reads its configuration from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Files {
    /// Whether a path in lower case is one of them.
    pub(super) is_one: fn(&str) -> bool,
    /// Whether what is looked for is so much the program's own that it counts in a file whose path is not known.
    pub(super) or_unknown: bool,
}

/// What apt reads.
pub(super) const APT: Files = Files {
    is_one: |path| path.contains("apt") || path.ends_with(".list") || path.ends_with(".sources"),
    or_unknown: true,
};

/// What yum, dnf and zypper read.
pub(super) const YUM: Files = Files {
    is_one: |path| {
        path.ends_with(".repo")
            || ["yum", "dnf", "zypp"]
                .iter()
                .any(|name| path.contains(name))
    },
    or_unknown: true,
};

/// What npm, yarn and pnpm read.
pub(super) const NPM: Files = Files {
    is_one: |path| path.contains("npmrc") || path.contains("yarnrc"),
    or_unknown: true,
};

/// What conda and mamba read.
pub(super) const CONDA: Files = Files {
    is_one: |path| path.ends_with("condarc") || path.ends_with("mambarc"),
    or_unknown: false,
};

/// What pip reads.
pub(super) const PIP: Files = Files {
    is_one: |path| path.ends_with("pip.conf") || path.ends_with("pip.ini"),
    or_unknown: false,
};

/// What wget reads.
pub(super) const WGET: Files = Files {
    is_one: |path| path.ends_with("wgetrc"),
    or_unknown: true,
};

/// What curl reads.
pub(super) const CURL: Files = Files {
    is_one: |path| path.ends_with("curlrc"),
    or_unknown: false,
};

/// What git reads.
pub(super) const GIT: Files = Files {
    is_one: |path| path.ends_with("gitconfig") || path.ends_with("git/config"),
    or_unknown: false,
};

impl Files {
    /// Whether a path as it is written may be one of these; `None` where nothing is known of it.
    fn have(&self, path: Option<&str>) -> bool {
        let Some(path) = path else {
            return self.or_unknown;
        };
        let path = path.trim_matches(['"', '\'']).to_ascii_lowercase();
        // Files made elsewhere are moved to where they count.
        let is_moved = ["/tmp/", "/var/tmp/"]
            .iter()
            .any(|folder| path.starts_with(folder));
        (self.is_one)(&path) || self.or_unknown && (is_moved || path.contains('$'))
    }
}

/// What is looked for in a text: where it stands.
pub(super) type Find = dyn Fn(&str) -> Option<(usize, usize)>;

/// Where the build writes what `find` looks for into `files`: with `echo`, `printf`, `sed`, here strings and heredocs.
pub(super) fn written(build: &Build<'_>, files: Files, find: &Find) -> Vec<Span> {
    let mut found = Vec::new();
    for instruction in build.dockerfile.instructions() {
        of_copy(build, instruction, files, find, &mut found);
        let Some(script) = instruction.script().and_then(Script::posix) else {
            continue;
        };
        for command in &script.commands {
            let place = of_arguments(command, find).or_else(|| of_input(build, command, find));
            if let Some(place) = place
                && outputs(script, command)
                    .iter()
                    .any(|&path| files.have(path))
            {
                found.push(place);
            }
        }
    }
    found
}

/// What a heredoc of COPY or ADD says.
fn of_copy(
    build: &Build<'_>,
    instruction: &Instruction,
    files: Files,
    find: &Find,
    found: &mut Vec<Span>,
) {
    let (InstructionKind::Copy(copy) | InstructionKind::Add(copy)) = &instruction.innermost().kind
    else {
        return;
    };
    let destination = copy.destination.value.as_str();
    for heredoc in &copy.heredocs {
        let inside = format!("{destination}{}", heredoc.name);
        let path = if destination.ends_with('/') {
            &inside
        } else {
            destination
        };
        if files.have(Some(path)) {
            found.extend(of_body(build, heredoc.body, find));
        }
    }
}

/// What the arguments of a command say that writes them.
fn of_arguments(command: &Command, find: &Find) -> Option<Span> {
    match command.program() {
        "echo" | "printf" => of_words(&command.args, find),
        "sed" => {
            let (scripts, _) = sed::arguments(command);
            let writes = |script: &&ShellWord| find(&sed::written(script.value())).is_some();
            scripts.into_iter().find(writes).map(|script| script.span)
        }
        // crudini --set FILE SECTION KEY VALUE
        "crudini" if command.has_flag(&["--set"]) => {
            let operands = command.operands(&[]);
            let [_, _, key, value] = operands.as_slice() else {
                return None;
            };
            let text = format!("{}={}", key.value(), value.value());
            find(&text).map(|_| Span {
                start: key.span.start,
                end: value.span.end,
            })
        }
        _ => None,
    }
}

/// What words say that are written with blanks between them; the one that says it begins with.
fn of_words(words: &[ShellWord], find: &Find) -> Option<Span> {
    let values: Vec<&str> = words.iter().map(ShellWord::value).collect();
    let (start, _) = find(&values.join(" "))?;
    let mut end = 0;
    words
        .iter()
        .find(|word| {
            end += word.value().len() + 1;
            start < end
        })
        .map(|word| word.span)
}

/// What a command reads from a here string or a heredoc; the commands of a script are looked at one by one.
fn of_input(build: &Build<'_>, command: &Command, find: &Find) -> Option<Span> {
    if command.reads_script() {
        return None;
    }
    command
        .redirects
        .iter()
        .find_map(|redirect| match redirect.body {
            Some(body) => of_body(build, body, find),
            None if redirect.operator == "<<<" => {
                of_words(std::slice::from_ref(&redirect.target), find)
            }
            None => None,
        })
}

fn of_body(build: &Build<'_>, body: Span, find: &Find) -> Option<Span> {
    let (start, end) = find(build.source.slice(body))?;
    let from = body.range().start;
    Some(Span::new(from + start, from + end))
}
