//! The commands that a build runs, and what surrounds them.

use std::borrow::Cow;

use ringwall_input::dockerfile::{
    Command, Dockerfile, Instruction, InstructionKind, Part, PartKind, Run, Script, ShellScript,
    ShellWord, Stage,
};
use ringwall_model::{Edit, Source, Span};

use super::word_edit;
use crate::judge::Build;

/// A RUN instruction, also behind ONBUILD, in its stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) source: &'a Source,
    pub(super) file: &'a Dockerfile,
    pub(super) stage: &'a Stage,
    /// The instruction as the stage lists it: RUN, or ONBUILD around it.
    pub(super) instruction: &'a Instruction,
    pub(super) run: &'a Run,
}

/// Every RUN of a Dockerfile, in the order of the file.
pub(super) fn steps<'a>(build: &Build<'a>) -> impl Iterator<Item = Step<'a>> + use<'a> {
    let (source, file) = (build.source, build.dockerfile);
    file.stages.iter().flat_map(move |stage| {
        stage.instructions.iter().filter_map(move |instruction| {
            match &instruction.innermost().kind {
                InstructionKind::Run(run) => Some(Step {
                    source,
                    file,
                    stage,
                    instruction,
                    run,
                }),
                _ => None,
            }
        })
    })
}

/// Every script of a Dockerfile: of RUN, CMD, ENTRYPOINT and HEALTHCHECK.
pub(super) fn scripts<'a>(build: &Build<'a>) -> impl Iterator<Item = &'a ShellScript> + use<'a> {
    let instructions = build.dockerfile.instructions();
    instructions.filter_map(|instruction| instruction.script().and_then(Script::posix))
}

/// The commands of RUN, CMD, ENTRYPOINT and HEALTHCHECK that are `wanted`; what is known of variables stands in the place of
/// those that a RUN has.
pub(super) fn commands<'a>(
    build: &Build<'a>,
    wanted: fn(&Command) -> bool,
) -> impl Iterator<Item = Cow<'a, Command>> + use<'a> {
    let others = build
        .dockerfile
        .instructions()
        .filter(|instruction| !matches!(instruction.innermost().kind, InstructionKind::Run(_)));
    let others = others
        .filter_map(Instruction::script)
        .flat_map(Script::commands)
        .filter(move |command| wanted(command))
        .map(Cow::Borrowed);
    steps(build)
        .flat_map(move |step| step.expanded(wanted))
        .chain(others)
}

impl<'a> Step<'a> {
    /// Every command that the shell runs here.
    pub(super) fn commands(&self) -> &'a [Command] {
        self.run.script.commands()
    }

    /// The commands that are `wanted`, with what is known of their variables in the place of these.
    pub(super) fn expanded(&self, wanted: impl Fn(&Command) -> bool) -> Vec<Cow<'a, Command>> {
        let commands = self.commands().iter();
        commands
            .filter(|command| wanted(command))
            .map(|command| self.expand(command))
            .collect()
    }

    /// A command with the words that the shell makes of its variables, as far as all of a word is known.
    ///
    /// Such a word stands where the variable does, and no edit takes it for what is written there.
    fn expand(&self, command: &'a Command) -> Cow<'a, Command> {
        let mut args = Vec::with_capacity(command.args.len());
        let mut is_changed = false;
        for word in &command.args {
            match self.values(word).filter(|_| self.is_known(word)) {
                Some(values) => {
                    is_changed = true;
                    args.extend(values.into_iter().map(|value| constant(word.span, &value)));
                }
                None => args.push(word.clone()),
            }
        }
        if !is_changed {
            return Cow::Borrowed(command);
        }
        let mut command = command.clone();
        command.args = args;
        Cow::Owned(command)
    }

    /// Whether a word has variables, and all of them are known.
    fn is_known(&self, word: &ShellWord) -> bool {
        word.literal.is_none()
            && word.parts.iter().all(|part| match &part.kind {
                PartKind::Literal(_) => true,
                PartKind::Variable { name, modifier } => {
                    modifier.is_empty() && self.value_of(name).is_some()
                }
                _ => false,
            })
    }

    /// The script; `None` if it is not for a POSIX shell.
    pub(super) fn script(&self) -> Option<&'a ShellScript> {
        self.run.script.posix()
    }

    /// Whether what the step leaves behind ends in the image: the stage is the last one or one that it is based on.
    pub(super) fn ships(&self) -> bool {
        self.file.final_stage().is_some_and(|last| {
            let mut stages = self.file.ancestors(last);
            stages.any(|stage| stage.index == self.stage.index)
        })
    }

    /// Whether `path` lies on a mount, so that nothing of it ends in the layer.
    pub(super) fn mounts(&self, path: &str) -> bool {
        self.run.mounts.iter().any(|mount| {
            mount.target().is_some_and(|target| {
                let target = target.trim_end_matches('/');
                path == target
                    || path
                        .strip_prefix(target)
                        .is_some_and(|rest| rest.starts_with('/'))
            })
        })
    }

    /// Whether a command behind `from`, or one that runs at the end, removes the content of one of `folders`.
    pub(super) fn removes_after(&self, from: &Command, folders: &[&str]) -> bool {
        self.commands()
            .iter()
            .filter(|command| command.span.start > from.span.start || command.is_under("trap"))
            .any(|command| removes(command, folders))
    }

    /// What is known of a variable: the one constant that the script or an ENV or ARG before it gives.
    pub(super) fn value_of(&self, name: &str) -> Option<&'a str> {
        let script = self.script()?;
        if !script.assigns(name) {
            let pair = self.file.variable(self.stage, self.instruction, name)?;
            let value = pair.value.as_ref()?;
            return value.resolved.then_some(value.value.as_str());
        }
        let mut writes = script.assigned.iter().filter(|write| write.name == name);
        let assignments = script
            .commands
            .iter()
            .flat_map(|command| &command.assignments);
        let mut given = assignments.filter(|assignment| assignment.name == name);
        match (writes.next(), writes.next(), given.next()) {
            (Some(_), None, Some(assignment)) if !assignment.append => {
                assignment.value.as_ref()?.literal.as_deref()
            }
            (Some(_), None, None) => script
                .commands
                .iter()
                .filter(|command| command.is_any(&["export", "readonly"]))
                .flat_map(|command| &command.args)
                .filter_map(|word| word.literal.as_deref()?.split_once('='))
                .find_map(|(variable, value)| (variable == name).then_some(value)),
            _ => None,
        }
    }

    /// What a word becomes, split as the shell does; `None` if that cannot be known.
    ///
    /// A variable within a longer word stands as written where its value is not known.
    pub(super) fn values<'w>(&self, word: &'w ShellWord) -> Option<Vec<Cow<'w, str>>>
    where
        'a: 'w,
    {
        if let Some(literal) = &word.literal {
            return Some(vec![Cow::Borrowed(literal)]);
        }
        if let [part] = word.parts.as_slice() {
            let PartKind::Variable { name, modifier } = &part.kind else {
                return None;
            };
            let value = self.value_of(name).filter(|_| modifier.is_empty())?;
            if part.quoted {
                return Some(vec![Cow::Borrowed(value)]);
            }
            return Some(value.split_ascii_whitespace().map(Cow::Borrowed).collect());
        }
        let text = word.parts.iter().map(|part| match &part.kind {
            PartKind::Literal(text) => text.as_str(),
            PartKind::Variable { name, modifier } if modifier.is_empty() => self
                .value_of(name)
                .unwrap_or_else(|| self.source.slice(part.span)),
            _ => self.source.slice(part.span),
        });
        Some(vec![Cow::Owned(text.collect())])
    }

    /// Whether something before the command in its pipe answers its questions.
    pub(super) fn is_answered(&self, command: &Command) -> bool {
        self.script().is_some_and(|script| {
            script.pipeline(command.pipeline.id).any(|other| {
                other.pipeline.index < command.pipeline.index
                    && other.is_any(&["yes", "echo", "printf"])
            })
        })
    }

    /// Puts `text` behind a word; none in exec forms.
    pub(super) fn insert_behind(&self, word: &ShellWord, text: &str) -> Option<Vec<Edit>> {
        word_edit::insert_behind(self.source, word, text)
    }

    /// Puts `text` in the place of a word; none in exec forms.
    pub(super) fn replace_word(&self, word: &ShellWord, text: &str) -> Option<Vec<Edit>> {
        word_edit::replace(self.source, word, text)
    }

    /// Takes words out that follow each other; none in exec forms.
    pub(super) fn remove_words(&self, first: &ShellWord, last: &ShellWord) -> Option<Vec<Edit>> {
        word_edit::remove(self.source, first, last)
    }

    /// Runs a further command at the end of the script; none where the end is not plain to see.
    pub(super) fn append(&self, command: &str) -> Option<Vec<Edit>> {
        let script = self.script()?;
        let text = self.source.slice(self.run.span).trim_end();
        let ends_elsewhere = script
            .commands
            .last()
            .is_none_or(|last| last.is_any(&["exit", "exec", "return"]));
        let last_line = text.lines().next_back().unwrap_or("");
        if !self.run.form.is_shell()
            || !self.run.heredocs.is_empty()
            || ends_elsewhere
            || last_line.contains('#')
            || text.ends_with(['&', '|', self.file.escape])
        {
            return None;
        }
        let joint = if text.ends_with(';') { "" } else { "&& " };
        let blank = if text.contains('\n') {
            format!(" {}\n    ", self.file.escape)
        } else {
            " ".to_owned()
        };
        let end = self.run.span.range().start + text.len();
        Some(vec![word_edit::edit(
            self.source,
            Span::at(end),
            format!("{blank}{joint}{command}"),
        )])
    }
}

/// A word that says what it says, in the place of another.
fn constant(span: Span, value: &str) -> ShellWord {
    ShellWord {
        span,
        text: value.to_owned(),
        literal: Some(value.to_owned()),
        parts: vec![Part {
            span,
            kind: PartKind::Literal(value.to_owned()),
            quoted: true,
        }],
    }
}

/// Whether a command removes the content of one of `folders`, or of a folder around it.
fn removes(command: &Command, folders: &[&str]) -> bool {
    let is_recursive = command.is("rm") && command.has_flag(&["-r", "-R", "--recursive"]);
    let is_find = command.is("find")
        && (command.has_arg("-delete") || command.args.iter().any(|arg| arg.value() == "rm"));
    if !is_recursive && !is_find {
        return false;
    }
    command
        .args
        .iter()
        .filter(|arg| !arg.is_flag())
        .any(|arg| folders.iter().any(|folder| covers(arg.value(), folder)))
}

/// Whether a path or pattern means a folder, its content, or a folder around it.
pub(super) fn covers(pattern: &str, folder: &str) -> bool {
    if let Some((before, rest)) = pattern.split_once('{')
        && let Some((names, after)) = rest.split_once('}')
    {
        let mut names = names.split(',');
        return names.any(|name| covers(&format!("{before}{name}{after}"), folder));
    }
    let path = pattern.trim_end_matches(['*', '/', '.', '?']);
    let is_around = folder
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // A pattern such as /var/cache/dnf* names the folder by its beginning.
    let is_beginning = pattern.ends_with('*')
        && !pattern.ends_with("/*")
        && folder.starts_with(path)
        && folder.rfind('/') == path.rfind('/');
    !path.is_empty() && (is_around || is_beginning)
}

/// The arguments that are neither flags nor values of `with_value`; flags behind `--` are arguments.
pub(super) fn operands<'w>(args: &'w [ShellWord], with_value: &[&str]) -> Vec<&'w ShellWord> {
    let mut found = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let text = word.value();
        if text == "--" {
            found.extend(words);
            break;
        }
        if !word.is_flag() {
            found.push(word);
        } else if with_value.contains(&text) {
            words.next();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_covered_by_itself_its_content_and_what_is_around_it() {
        let lists = "/var/lib/apt/lists";
        for pattern in [
            "/var/lib/apt/lists",
            "/var/lib/apt/lists/",
            "/var/lib/apt/lists/*",
            "/var/lib/apt/*",
            "/var/lib/{apt,dpkg}/",
        ] {
            assert!(covers(pattern, lists), "{pattern}");
        }
        for pattern in [
            "/var/lib/apt/lists/partial",
            "/var/cache/*",
            "/tmp/*",
            "/var/li",
            "*",
            "",
        ] {
            assert!(!covers(pattern, lists), "{pattern}");
        }
        assert!(covers("/var/cache/dnf*", "/var/cache/dnf"));
        assert!(covers("/var/cache/libdnf*", "/var/cache/libdnf5"));
    }
}
