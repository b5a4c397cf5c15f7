//! The commands that a build runs, and what surrounds them.

use std::borrow::Cow;

use ringwall_input::dockerfile::{
    Command, Dockerfile, Instruction, InstructionKind, Part, PartKind, Run, Script, ShellScript,
    ShellWord, Stage,
};
use ringwall_model::{Edit, Source, Span};

use super::image_path::{absolute, is_absolute, workdir};
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
            .filter_map(|command| match self.named(command) {
                Some(named) => wanted(&named).then(|| Cow::Owned(self.expand(&named).into_owned())),
                None => wanted(command).then(|| self.expand(command)),
            })
            .collect()
    }

    /// Every command that the shell runs here, those under their names that variables name.
    pub(super) fn named_commands(&self) -> Cow<'a, [Command]> {
        let commands = self.commands();
        let named: Vec<Option<Command>> =
            commands.iter().map(|command| self.named(command)).collect();
        if named.iter().all(Option::is_none) {
            return Cow::Borrowed(commands);
        }
        let commands = commands.iter().zip(named);
        Cow::Owned(
            commands
                .map(|(command, named)| named.unwrap_or_else(|| command.clone()))
                .collect(),
        )
    }

    /// A command whose name the shell makes of variables (`$FETCH -o a`), with what these are known to hold; `None` for all others.
    fn named(&self, command: &Command) -> Option<Command> {
        let word = command.word.as_ref().filter(|word| self.is_known(word))?;
        let words: Vec<ShellWord> = self
            .values(word)?
            .iter()
            .map(|value| constant(word.span, value))
            .chain(command.args.iter().cloned())
            .collect();
        let (name, args) = words.split_first()?;
        Some(Command {
            name: name.value().to_owned(),
            word: Some(name.clone()),
            args: args.to_vec(),
            ..command.clone()
        })
    }

    /// A command with the words that the shell makes of its variables, as far as all of a word is known.
    ///
    /// Such a word stands where the variable does, and no edit takes it for what is written there.
    fn expand<'c>(&self, command: &'c Command) -> Cow<'c, Command> {
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
                PartKind::Variable { name, modifier } => self.value_in(name, modifier).is_some(),
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
            .any(|command| self.removes(command, folders))
    }

    /// Whether a command removes the content of one of `folders`, or of a folder around it.
    fn removes(&self, command: &Command, folders: &[&str]) -> bool {
        if command.is("find") {
            let mut args = command.args.iter().map(ShellWord::value);
            return args.any(|arg| arg == "-delete" || arg == "rm") && self.finds(command, folders);
        }
        if !command.is("rm") {
            return false;
        }
        let is_given = |script: &ShellScript| {
            let mut pipeline = script.pipeline(command.pipeline.id);
            pipeline.any(|other| other.is("find") && self.finds(other, folders))
        };
        if command.is_under("xargs") && self.script().is_some_and(is_given) {
            return true;
        }
        let is_recursive = command.has_flag(&["-r", "-R", "--recursive"]);
        let operands = command.args.iter().filter(|arg| !arg.is_flag());
        let mut paths = operands.flat_map(|word| self.paths(word, command));
        paths.any(|path| {
            // Without `-r`, the files of the folder itself.
            let files = path.strip_suffix("/*");
            let of_files = files.is_some_and(|files| folders.contains(&files));
            of_files || is_recursive && folders.iter().any(|folder| covers(&path, folder))
        })
    }

    /// Whether `find` finds the content of one of `folders`.
    fn finds(&self, find: &Command, folders: &[&str]) -> bool {
        const NAMES: &[&str] = &[
            "-name",
            "-iname",
            "-path",
            "-ipath",
            "-wholename",
            "-iwholename",
            "-regex",
            "-iregex",
        ];
        // Names that are looked for around a folder are hardly those of its files.
        let is_chosen = find.args.iter().any(|arg| NAMES.contains(&arg.value()));
        let starts = find.args.iter().take_while(|arg| !arg.is_flag());
        let mut paths = starts.flat_map(|word| self.paths(word, find));
        paths.any(|path| {
            folders.iter().any(|folder| {
                covers(&path, folder) && (!is_chosen || path.trim_end_matches('/') == *folder)
            })
        })
    }

    /// The paths that a word may mean at a command, from the root on as far as the folder is known that they stand in.
    fn paths(&self, word: &ShellWord, command: &Command) -> Vec<String> {
        let mut paths: Vec<String> = self
            .all_values(word)
            .into_iter()
            .map(Cow::into_owned)
            .collect();
        if paths.iter().all(|path| is_absolute(path)) {
            return paths;
        }
        let mut folder = workdir(self.file, self.stage, self.instruction);
        if let Some(script) = self.script() {
            let changes = changes(script, folder.as_deref());
            let before = changes
                .into_iter()
                .take_while(|(start, _)| *start < command.span.range().start);
            folder = before.last().map(|(_, to)| to).or(folder);
        }
        for path in &mut paths {
            *path = absolute(path, folder.as_deref());
        }
        paths
    }

    /// What a word may become: the words that a loop goes through where it is the variable of one.
    pub(super) fn all_values<'w>(&self, word: &'w ShellWord) -> Vec<Cow<'w, str>>
    where
        'a: 'w,
    {
        if let Some(script) = self.script()
            && let Some((name, rest)) = first_variable(word)
            && let Some(round) = script.loops.iter().find(|round| round.name == name)
        {
            let words = round.words.iter();
            return words
                .map(|word| Cow::Owned(format!("{}{rest}", word.value())))
                .collect();
        }
        let values = self.values(word);
        values.unwrap_or_else(|| vec![Cow::Borrowed(word.value())])
    }

    /// What is known of a variable: the one constant that the script or an ENV or ARG before it gives.
    pub(super) fn value_of(&self, name: &str) -> Option<&'a str> {
        let script = self.script()?;
        if !script.assigns(name) {
            let pair = self.file.variable(self.stage, self.instruction, name)?;
            let value = pair.value.as_ref()?;
            return value.resolved.then_some(value.value.as_str());
        }
        let mut writes = script.writes(name);
        let mut given = script.assignments(name);
        match (writes.next(), writes.next(), given.next()) {
            (Some(_), None, Some(assignment)) if !assignment.append => {
                assignment.value.as_ref()?.literal.as_deref()
            }
            (Some(_), None, None) => script
                .exports(name)
                .find_map(|word| word.literal.as_deref()?.split_once('='))
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// What is known of a variable in an expansion that leaves its value as it is: `${name}`, `${name:?}`.
    fn value_in(&self, name: &str, modifier: &str) -> Option<&'a str> {
        let value = self.value_of(name)?;
        let is_guard = modifier
            .trim_start_matches(':')
            .starts_with(['?', '-', '=']);
        (modifier.is_empty() || is_guard && !value.is_empty()).then_some(value)
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
            let value = self.value_in(name, modifier)?;
            if part.quoted {
                return Some(vec![Cow::Borrowed(value)]);
            }
            return Some(value.split_ascii_whitespace().map(Cow::Borrowed).collect());
        }
        let text = word.parts.iter().map(|part| match &part.kind {
            PartKind::Literal(text) => text.as_str(),
            PartKind::Variable { name, modifier } => self
                .value_in(name, modifier)
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

/// The variable that a word begins with, and the constant text behind it.
fn first_variable(word: &ShellWord) -> Option<(&str, String)> {
    let (first, others) = word.parts.split_first()?;
    let PartKind::Variable { name, modifier } = &first.kind else {
        return None;
    };
    let mut rest = String::new();
    for part in others {
        match &part.kind {
            PartKind::Literal(text) => rest.push_str(text),
            _ => return None,
        }
    }
    modifier.is_empty().then_some((name.as_str(), rest))
}

/// Where a script changes its folder, and to which as far as that is known; in the order of the text.
pub(super) fn changes(script: &ShellScript, folder: Option<&str>) -> Vec<(usize, String)> {
    let commands = script.commands.iter();
    commands
        .filter(|command| command.is_any(&["cd", "pushd"]))
        .filter_map(|change| {
            let to = change.args.first()?.literal.as_deref()?;
            Some((change.span.range().start, absolute(to, folder)))
        })
        .collect()
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
