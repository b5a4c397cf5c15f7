use ringwall_input::dockerfile::Command;

use crate::{
    Check, Findings, Safety, check,
    dockerfile::run_step::{Step, steps},
    judge::Build,
};

check! {
    /// ## What it finds
    /// `useradd` with a user id of 100000 or more and without `-l`.
    ///
    /// ## Why it matters
    /// `useradd` writes an entry at the place of the id into `/var/log/lastlog` and `/var/log/faillog`; the hole before it becomes real bytes in the layer, gigabytes for the largest ids.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM debian:12
    /// ARG ID=1000620000
    /// RUN useradd -m -u 1000620000 app # <-
    /// RUN useradd --uid=$ID other # <-
    /// ```
    /// ```dockerfile pass
    /// FROM debian:12
    /// RUN useradd -m -u 1000 app && useradd -l -u 1000620000 big && useradd --no-log-init -u 1000620001 bigger
    /// ```
    ///
    /// ## Fix
    /// Add `-l`.
    UseraddLogBloat {
        id: "useradd-log-bloat",
        title: "useradd with a large id and without -l",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

/// From here on the files grow by tens of megabytes.
const LARGE: u64 = 100_000;

impl Check for UseraddLogBloat {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for step in steps(build) {
            for command in step
                .commands()
                .iter()
                .filter(|command| command.is("useradd"))
            {
                if let Some(id) = id(&step, command)
                    && id >= LARGE
                    && !command.has_flag(&["-l", "--no-log-init"])
                {
                    let word = command.word.as_ref();
                    findings
                        .add(Self::META)
                        .span(step.source, command.span)
                        .note(format!("useradd writes log files for user id {id}"))
                        .fix(
                            Safety::Safe,
                            word.and_then(|word| step.insert_behind(word, " -l")),
                        );
                }
            }
        }
    }
}

/// The id that is given, variables replaced where their value is known.
fn id(step: &Step<'_>, command: &Command) -> Option<u64> {
    let at = command.args.iter().position(|arg| {
        let text = arg.value();
        text.starts_with("--uid")
            || text.starts_with('-') && !text.starts_with("--") && text.contains('u')
    })?;
    let flag = command.args.get(at)?;
    let word = match flag.value() {
        text if text.starts_with("--uid=") => flag,
        text if text == "--uid" || text.ends_with('u') => command.args.get(at + 1)?,
        _ => flag,
    };
    let values = step.values(word)?;
    let text = values.first()?;
    let digits = text.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    digits.parse().ok()
}
