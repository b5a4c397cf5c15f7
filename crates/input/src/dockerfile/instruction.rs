//! What one instruction says.

use ringwall_model::Span;

use super::{Heredoc, Script, Shell, Word};

/// One instruction, whole.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// The first word.
    pub keyword: Keyword,
    /// All bytes from the keyword to the end of the last line, with continuation lines and heredocs.
    ///
    /// The line break at its end is not part of it.
    pub span: Span,
    /// The words after the keyword that start with `--`.
    pub flags: Vec<Flag>,
    /// The arguments.
    pub kind: InstructionKind,
    /// Whether it stands behind ONBUILD and so runs in a later build.
    pub on_build: bool,
}

impl Instruction {
    /// The canonical keyword: `RUN`, `COPY`, ...; upper case also where it is unknown.
    pub fn name(&self) -> &str {
        &self.keyword.name
    }

    /// The first flag of a name, written without dashes.
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }

    /// The command of RUN, CMD, ENTRYPOINT and HEALTHCHECK CMD, also behind ONBUILD.
    pub fn script(&self) -> Option<&Script> {
        match &self.kind {
            InstructionKind::Run(run) => Some(&run.script),
            InstructionKind::Cmd(command)
            | InstructionKind::Entrypoint(command)
            | InstructionKind::Healthcheck(Healthcheck::Command(command)) => Some(&command.script),
            InstructionKind::OnBuild(inner) => inner.script(),
            _ => None,
        }
    }

    /// The instruction that has the effect: the one behind ONBUILD, or this one.
    pub fn innermost(&self) -> &Self {
        let mut instruction = self;
        while let InstructionKind::OnBuild(inner) = &instruction.kind {
            instruction = inner;
        }
        instruction
    }
}

/// The first word of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// In upper case.
    pub name: String,
    /// As written.
    pub span: Span,
}

/// A flag of the builder: `--from=build`.
#[derive(Clone, Debug)]
pub struct Flag {
    /// Without dashes, as written.
    pub name: String,
    /// What follows `=`; variables are substituted where `BuildKit` does so.
    pub value: Option<Word>,
    /// The whole word.
    pub span: Span,
}

/// The arguments of an instruction.
#[derive(Clone, Debug)]
pub enum InstructionKind {
    /// Starts a stage.
    From(FromClause),
    /// Runs a command in a new layer.
    Run(Run),
    /// What a container runs by default.
    Cmd(CommandLine),
    /// What a container always runs.
    Entrypoint(CommandLine),
    /// The shell of the shell forms that follow.
    Shell(Shell),
    /// Copies from the build context, another stage or an image.
    Copy(Copy),
    /// Copies like COPY, and fetches and unpacks.
    Add(Copy),
    /// Environment variables, in the image too.
    Env(Vec<Pair>),
    /// Build arguments; [`Pair::value`] is the default.
    Arg(Vec<Pair>),
    /// Labels of the image.
    Label(Vec<Pair>),
    /// Ports.
    Expose(Vec<Port>),
    /// The user of what follows and of the container.
    User(User),
    /// The working directory.
    Workdir(Word),
    /// Mount points.
    Volume(Vec<Word>),
    /// How to tell that a container works.
    Healthcheck(Healthcheck),
    /// The signal that ends a container.
    StopSignal(Word),
    /// The author; deprecated.
    Maintainer(Word),
    /// An instruction for builds on top of this image.
    ///
    /// `BuildKit` refuses FROM, MAINTAINER and ONBUILD here; the parser reads them without a diagnostic.
    OnBuild(Box<Instruction>),
    /// It does not parse; a diagnostic says why.
    Invalid,
}

/// The arguments of FROM.
#[derive(Clone, Debug)]
pub struct FromClause {
    /// The value of `--platform`.
    pub platform: Option<Word>,
    /// The image or the earlier stage.
    pub image: Word,
    /// The name behind AS.
    pub name: Option<Word>,
    /// From the first flag to the last argument.
    pub span: Span,
}

/// The arguments of RUN.
#[derive(Clone, Debug)]
pub struct Run {
    /// How the command is written.
    pub form: Form,
    /// The command, understood.
    pub script: Script,
    /// The `--mount` flags.
    pub mounts: Vec<Mount>,
    /// The value of `--network`.
    pub network: Option<Word>,
    /// The value of `--security`.
    pub security: Option<Word>,
    /// Files written inline.
    pub heredocs: Vec<Heredoc>,
    /// The arguments without flags and heredoc bodies.
    pub span: Span,
}

/// The arguments of CMD, ENTRYPOINT and HEALTHCHECK CMD.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// How it is written.
    pub form: Form,
    /// The command, understood.
    pub script: Script,
    /// The arguments.
    pub span: Span,
}

/// How a command is written.
#[derive(Clone, Debug)]
pub enum Form {
    /// Text for the shell.
    Shell {
        /// It starts with `[` but is no JSON array, so the shell gets it as it stands.
        broken_json: bool,
    },
    /// A JSON array; no shell is involved.
    Exec(Vec<Word>),
}

impl Form {
    /// Whether a shell runs the command.
    pub fn is_shell(&self) -> bool {
        matches!(self, Self::Shell { .. })
    }
}

/// A `--mount` flag of RUN.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The whole flag.
    pub span: Span,
    /// `bind` (also when not given), `cache`, `tmpfs`, `secret` or `ssh`.
    pub kind: String,
    /// All options in order, names in lower case.
    pub options: Vec<(String, Option<String>)>,
}

impl Mount {
    /// The value of the first option among `names`; an option without `=` has the empty value.
    pub fn option(&self, names: &[&str]) -> Option<&str> {
        self.options
            .iter()
            .find(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, value)| value.as_deref().unwrap_or(""))
    }

    /// The path inside the build container (`target`, `dst` or `destination`).
    pub fn target(&self) -> Option<&str> {
        self.option(&["target", "dst", "destination"])
    }
}

/// The arguments of COPY and ADD.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Files, patterns and URLs; heredocs are not among them.
    pub sources: Vec<Word>,
    /// The last argument.
    pub destination: Word,
    /// The value of `--from`; see [`super::Dockerfile::stage_by_name`].
    pub from: Option<Word>,
    /// The value of `--chown`.
    pub chown: Option<Word>,
    /// The value of `--chmod`.
    pub chmod: Option<Word>,
    /// The value of `--checksum` (ADD).
    pub checksum: Option<Word>,
    /// Whether `--link` is on.
    pub link: bool,
    /// Files written inline, which are sources too.
    pub heredocs: Vec<Heredoc>,
    /// The arguments without flags and heredoc bodies.
    pub span: Span,
}

/// A name and its value.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The name.
    pub name: Word,
    /// What follows `=`, or the second word of the old form `ENV name value`.
    pub value: Option<Word>,
    /// What the value is likely to be where it is not known: a variable that this file gives no value counts as empty.
    pub likely_value: Option<String>,
    /// Both.
    pub span: Span,
    /// Whether it is written without `=` (`ENV name value`, `LABEL name value`).
    pub legacy: bool,
}

/// An argument of EXPOSE.
#[derive(Clone, Debug)]
pub struct Port {
    /// As written: `8080`, `53/udp`, `7000-7010/tcp`, `127.0.0.1:80:8080`.
    pub word: Word,
    /// First and last container port, where they are numbers; may be above 65535.
    pub range: Option<(u64, u64)>,
    /// `tcp` when not given, in lower case.
    pub protocol: String,
}

/// The argument of USER.
#[derive(Clone, Debug)]
pub struct User {
    /// The whole argument.
    pub word: Word,
    /// The part before `:`; empty if nothing stands there.
    pub user: String,
    /// The part after `:`.
    pub group: Option<String>,
    /// The part before `:` where no build argument and no base image sets a variable that this file gives no value; `None` if it is not known even then.
    ///
    /// See [`Pair::likely_value`] for variables that hold others.
    pub likely_user: Option<String>,
}

impl User {
    /// Whether it is root by name or number; `None` when a variable hides it.
    pub fn is_root(&self) -> Option<bool> {
        if !self.word.resolved {
            return None;
        }
        Some(is_root_user(&self.user))
    }

    /// Whether it is root unless a build argument or the base image says otherwise.
    pub fn is_likely_root(&self) -> bool {
        self.likely_user.as_deref().is_some_and(is_root_user)
    }

    /// Whether the user is a number, which alone lets a kubelet verify `runAsNonRoot`.
    pub fn is_numeric(&self) -> bool {
        !self.user.is_empty() && self.user.bytes().all(|byte| byte.is_ascii_digit())
    }
}

/// Whether a user, without a group, is root by name or number, or because nobody is named.
pub fn is_root_user(user: &str) -> bool {
    // containerd reads a number with its sign, and before 2.0.4 kept the lower half of it only.
    // See: <https://github.com/containerd/containerd/security/advisories/GHSA-265r-hfxg-fhmg>
    let is_zero = |number: i64| number % (1 << 32) == 0;
    user.is_empty() || user == "root" || user.parse().is_ok_and(is_zero)
}

/// The arguments of HEALTHCHECK.
#[derive(Clone, Debug)]
pub enum Healthcheck {
    /// `HEALTHCHECK NONE`.
    None,
    /// `HEALTHCHECK CMD ...`.
    Command(CommandLine),
}
