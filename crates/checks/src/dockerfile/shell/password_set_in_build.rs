use ringwall_input::dockerfile::Command;

use crate::{Check, Findings, check, dockerfile::run_step::steps, judge::Build};

check! {
    /// ## What it finds
    /// Passwords of users that a RUN sets or removes: `chpasswd`, `passwd -d`, `passwd --stdin`, `useradd -p`, `usermod -p`.
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
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN useradd -m app && echo "app:example" | tee /note
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN passwd -l root && usermod -p '!' app && useradd -m other && echo chpasswd
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
                if let Some(what) = change(command) {
                    let place = command.word.as_ref().map_or(command.span, |word| word.span);
                    findings
                        .add(Self::META)
                        .span(step.source, place)
                        .note(format!("{} {what}", command.program()));
                }
            }
        }
    }
}

fn change(command: &Command) -> Option<&'static str> {
    let sets = Some("sets a password");
    match command.program() {
        "chpasswd" => sets,
        "passwd" if command.has_flag(&["-d", "--delete"]) => Some("removes a password"),
        "passwd" if command.has_flag(&["--stdin"]) => sets,
        "useradd" | "usermod" => {
            let hash = command
                .flag_value("--password")
                .or_else(|| command.flag_value("-p"))?;
            match hash {
                "" => Some("removes a password"),
                hash if hash.starts_with(['!', '*']) || hash == "x" => None,
                _ => sets,
            }
        }
        _ => None,
    }
}
