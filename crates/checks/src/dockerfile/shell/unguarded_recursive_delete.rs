use ringwall_input::dockerfile::{Command, Part, PartKind, ShellWord};
use ringwall_model::Edit;

use crate::{
    Check, Findings, Safety, check,
    dockerfile::{
        run_step::{Step, steps},
        word_edit::edit,
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// `rm -r` in a RUN of a path that becomes `/` or a directory of the system where its variables are empty: `rm -rf "$dir/"*`.
    ///
    /// Variables that the Dockerfile or the script gives a value, and expansions with `:?` or a default, are left out.
    ///
    /// ## Why it matters
    /// One misspelt name, and the command deletes the whole file system of the build.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN rm -rf "$BUILD_DIR/"* # <-
    /// RUN rm -rf "${PREFIX}/usr" # <-
    /// RUN rm -rf "/$PREFIX/lib" # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// ENV BUILD_DIR=/build
    /// RUN rm -rf "$BUILD_DIR/"* && rm -rf "${PREFIX:?}/usr" && rm -rf "$PREFIX/share/tool" "$PREFIX" && rm "$PREFIX/"*
    /// RUN for dir in /tmp /var/tmp; do rm -rf "$dir"/*; done
    /// ```
    ///
    /// ## Fix
    /// Write `"${name:?}"`, which stops the script where the variable is empty.
    UnguardedRecursiveDelete {
        id: "unguarded-recursive-delete",
        title: "rm -r below a variable that may be empty",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

/// Directories without which a system does not work.
const SYSTEM: &[&str] = &[
    "/",
    "/bin",
    "/boot",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/opt",
    "/root",
    "/sbin",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/lib",
];

impl Check for UnguardedRecursiveDelete {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in step
                .commands()
                .iter()
                .filter(|command| is_recursive(command))
            {
                for word in command.args.iter().filter(|word| !word.is_flag()) {
                    let open: Vec<&Part> = word
                        .parts
                        .iter()
                        .filter(|part| may_be_empty(&step, part))
                        .collect();
                    if let Some(first) = open.first()
                        && let Some(path) = path_if_empty(&step, word)
                    {
                        findings
                            .add(Self::META)
                            .span(step.source, word.span)
                            .note(format!(
                                "rm removes {path} where {} is empty",
                                step.source.slice(first.span)
                            ))
                            .fix(Safety::Unsafe, guarded(&step, first));
                    }
                }
            }
        }
    }
}

fn is_recursive(command: &Command) -> bool {
    command.is("rm") && command.has_flag(&["-r", "-R", "--recursive"])
}

fn may_be_empty(step: &Step<'_>, part: &Part) -> bool {
    match &part.kind {
        PartKind::Variable { name, modifier } => {
            let has_guard = modifier.starts_with([':', '-', '?', '=']);
            // A loop goes through words that are there.
            let is_from_loop = || {
                step.script().is_some_and(|script| {
                    let mut rounds = script.loops.iter().filter(|round| round.name == *name);
                    rounds.any(|round| {
                        let mut words = round.words.iter();
                        words.all(|word| word.literal.as_ref().is_some_and(|text| !text.is_empty()))
                    })
                })
            };
            !has_guard && step.value_of(name).is_none_or(str::is_empty) && !is_from_loop()
        }
        _ => false,
    }
}

/// The directory that a word means where its variables are empty, if the system needs it.
fn path_if_empty(step: &Step<'_>, word: &ShellWord) -> Option<&'static str> {
    let mut path = String::new();
    for part in &word.parts {
        match &part.kind {
            PartKind::Literal(text) => path.push_str(text),
            _ if may_be_empty(step, part) => {}
            _ => path.push('x'),
        }
    }
    let folder = path.trim_end_matches(['*', '/', '.']);
    let system = |folder: &str| SYSTEM.iter().copied().find(|system| *system == folder);
    if !path.starts_with('/') {
        return None;
    }
    // `/$dir/lib` leaves a second slash behind, which means nothing.
    let names = folder.split('/').filter(|name| !name.is_empty());
    system(&format!("/{}", names.collect::<Vec<_>>().join("/")))
}

fn guarded(step: &Step<'_>, part: &Part) -> Option<Vec<Edit>> {
    let PartKind::Variable { name, modifier } = &part.kind else {
        return None;
    };
    let text = step.source.slice(part.span);
    let is_plain = text == format!("${name}") || text == format!("${{{name}}}");
    (is_plain && modifier.is_empty())
        .then(|| vec![edit(step.source, part.span, format!("${{{name}:?}}"))])
}
