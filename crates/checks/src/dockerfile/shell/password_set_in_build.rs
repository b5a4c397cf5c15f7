use ringwall_input::dockerfile::{Command, PipelinePlace, ShellWord};
use ringwall_model::Span;

use crate::{
    Check, Findings, check,
    dockerfile::{
        run_step::{Step, steps},
        written_text::{Files, outputs, written},
    },
    judge::Build,
};

check! {
    /// ## What it finds
    /// Passwords of users that a RUN sets or removes: `chpasswd`, `passwd -d`, `passwd` and `adduser` that are given a password to read, `useradd -p`, `usermod -p`, and lines with a hash or without a password written into `/etc/passwd` or `/etc/shadow`.
    ///
    /// Locking a user, as with `usermod -p '!'`, is left out.
    ///
    /// ## Why it matters
    /// Every container of the image has the same password, and whoever can pull the image can read it in its history or crack its hash.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN useradd -m app && echo "app:example" | chpasswd # <-
    /// ```
    /// ```dockerfile fail
    /// FROM debian:12
    /// RUN passwd -d root # <-
    /// RUN useradd -m -p example app # <-
    /// RUN useradd -mp example app # <-
    /// RUN echo -e "example\nexample" | passwd root # <-
    /// RUN (echo example; echo example) | passwd app # <-
    /// RUN yes example | adduser app # <-
    /// RUN echo root:example > /p && chpasswd < /p # <-
    /// RUN sed -i 's/^root:x:/root::/' /etc/passwd # <-
    /// RUN echo 'app:$6$example:19000:0:99999:7:::' >> /etc/shadow # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN useradd -m app && echo "app:example" | tee /note
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN passwd -l root && usermod -p '!' app && useradd -m other && echo chpasswd
    /// RUN yes '' | adduser --disabled-password app && useradd -g app -c -p app && passwd -S root
    /// RUN echo 'app:x:1000:1000::/home/app:/bin/sh' >> /etc/passwd && sed -i 's/^root::/root:!:/' /etc/shadow
    /// ```
    ///
    /// ## Fix
    /// Leave users without a password, and log in with keys or not at all.
    PasswordSetInBuild {
        id: "password-set-in-build",
        title: "Password of a user set or removed in the build",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for PasswordSetInBuild {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in step.commands() {
                let input = input(&step, command);
                if let Some(what) = change(&step, command, !input.is_empty()) {
                    let place = command.word.as_ref().map_or(command.span, |word| word.span);
                    let mut draft = findings
                        .add(Self::META)
                        .span(step.source, place)
                        .note(format!("{} {what}", command.program()));
                    for password in passwords(&step, command, input) {
                        draft = draft.secret(password);
                    }
                }
            }
        }
        for span in written(build, USERS, &password_field) {
            findings
                .add(Self::META)
                .span(build.source, span)
                .secret(span)
                .note("the password of a user is written into the file of users");
        }
    }
}

/// The files of users and their passwords.
const USERS: Files = Files {
    is_one: |path| path.ends_with("etc/passwd") || path.ends_with("etc/shadow"),
    or_unknown: false,
};

/// A line whose second field is a hash, or empty, which lets anyone in. See: passwd(5), shadow(5).
fn password_field(text: &str) -> Option<(usize, usize)> {
    let mut start = 0;
    for line in text.split('\n') {
        let entry = line.trim_matches([' ', '"', '\'', '^']);
        if let Some((name, rest)) = entry.split_once(':') {
            let is_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-.\\".contains(&byte));
            if is_name && rest.starts_with([':', '$']) {
                let at = start + line.find(entry)?;
                return Some((at, at + entry.len()));
            }
        }
        start += line.len() + 1;
    }
    None
}

/// Where the passwords stand that a command sets: among its own words, or in what it reads.
fn passwords(step: &Step<'_>, command: &Command, input: Vec<Span>) -> Vec<Span> {
    match command.program() {
        "useradd" | "usermod" => of_flag(step, command)
            .filter(|password| password.is_written)
            .map(|password| password.span)
            .into_iter()
            .collect(),
        program => {
            let names_users = program == "chpasswd";
            input
                .into_iter()
                .map(|span| match step.source.slice(span).find(':') {
                    Some(colon) if names_users => {
                        Span::new(span.range().start + colon + 1, span.range().end)
                    }
                    _ => span,
                })
                .collect()
        }
    }
}

/// What a flag gives as password.
struct Password<'a> {
    text: &'a str,
    span: Span,
    /// Whether it says something itself, and does not only name a variable.
    is_written: bool,
}

/// Short flags of useradd and usermod with a value.
const WITH_VALUE: &str = "bcdefgGkKlRPsuZvVwW";

/// The value of `-p X`, `-pX`, `-mp X` and `--password=X`.
fn of_flag<'a>(step: &Step<'a>, command: &'a Command) -> Option<Password<'a>> {
    let whole = |word: &'a ShellWord| Password {
        text: word.value(),
        span: word.span,
        is_written: is_written(word),
    };
    let mut words = command.args.iter();
    while let Some(word) = words.next() {
        let text = word.value();
        if text == "--password" {
            return words.next().map(whole);
        }
        let length = if text.starts_with("--password=") {
            "--password=".len()
        } else if let Some(letters) = text.strip_prefix('-')
            && let Some(at) =
                letters.find(|letter: char| letter == 'p' || WITH_VALUE.contains(letter))
        {
            let is_last = at + 1 == letters.len();
            if !letters.get(at..)?.starts_with('p') {
                if is_last {
                    words.next();
                }
                continue;
            }
            if is_last {
                return words.next().map(whole);
            }
            at + 2
        } else {
            continue;
        };
        // Quotes may stand anywhere in the word as it is written.
        let is_exact = step.source.slice(word.span).get(..length) == text.get(..length);
        let start = word.span.range().start + if is_exact { length } else { 0 };
        return Some(Password {
            text: text.get(length..)?,
            span: Span::new(start, word.span.range().end),
            is_written: true,
        });
    }
    None
}

/// What a command reads: what `echo` and its like pipe into it or write into the file, here documents and here strings.
fn input(step: &Step<'_>, command: &Command) -> Vec<Span> {
    if !command.is_any(&["chpasswd", "passwd", "adduser"]) {
        return Vec::new();
    }
    let files = command
        .redirects
        .iter()
        .filter(|redirect| redirect.operator == "<")
        .map(|redirect| redirect.target.value());
    let files: Vec<&str> = files.collect();
    let mut found = given(command);
    if let Some(script) = step.script() {
        for writer in &script.commands {
            let is_writer = writer.is_any(&["echo", "printf", "yes", "cat", "tee"]);
            let writes = |file: &&str| outputs(script, writer).contains(&Some(*file));
            if is_writer && (is_piped_into(writer, command) || files.iter().any(writes)) {
                let words = writer.args.iter().filter(|word| {
                    !writer.is_any(&["cat", "tee"]) && !word.is_flag() && is_written(word)
                });
                found.extend(words.map(|word| word.span));
                found.extend(given(writer));
            }
        }
    }
    found
}

/// Here documents and here strings of a command.
fn given(command: &Command) -> Vec<Span> {
    let texts = command.redirects.iter().filter_map(|redirect| {
        let word = Some(&redirect.target)
            .filter(|word| redirect.operator == "<<<" && is_written(word))
            .map(|word| word.span);
        redirect.body.or(word)
    });
    texts.collect()
}

/// Whether one command stands before another in a pipeline, itself or in a group.
fn is_piped_into(writer: &Command, reader: &Command) -> bool {
    let places = |command: &Command| {
        let own = PipelinePlace {
            id: command.pipeline.id,
            index: command.pipeline.index,
        };
        let around = command.around.iter().copied();
        around.chain([own]).collect::<Vec<_>>()
    };
    let before = places(writer);
    places(reader).iter().any(|place| {
        before
            .iter()
            .any(|other| other.id == place.id && other.index < place.index)
    })
}

/// Whether a word says something itself, and does not only name a variable.
fn is_written(word: &ShellWord) -> bool {
    let text = word.text.trim_matches(['"', '\'']);
    !text.is_empty() && (!text.starts_with('$') || text.starts_with("$("))
}

/// Whether a command reads what a pipe or a redirect gives it.
fn is_fed(command: &Command) -> bool {
    let mut redirects = command.redirects.iter();
    command.pipeline.index > 0
        || command.around.iter().any(|place| place.index > 0)
        || redirects.any(|redirect| redirect.operator.starts_with('<'))
}

fn change(step: &Step<'_>, command: &Command, has_words: bool) -> Option<&'static str> {
    let sets = Some("sets a password");
    match command.program() {
        "chpasswd" => sets,
        "passwd" if command.has_flag(&["-d", "--delete"]) => Some("removes a password"),
        "passwd" if command.has_flag(&["--stdin"]) => sets,
        "passwd" if is_fed(command) && !command.has_flag(&["-l", "--lock", "-S", "--status"]) => {
            sets
        }
        // Without a password it asks for one; answers to its other questions may be blank.
        "adduser"
            if has_words
                && !command.has_flag(&[
                    "-D",
                    "--disabled-password",
                    "--disabled-login",
                    "--system",
                ]) =>
        {
            sets
        }
        "useradd" | "usermod" => match of_flag(step, command)?.text {
            "" => Some("removes a password"),
            hash if hash.starts_with(['!', '*']) || hash == "x" => None,
            _ => sets,
        },
        _ => None,
    }
}
