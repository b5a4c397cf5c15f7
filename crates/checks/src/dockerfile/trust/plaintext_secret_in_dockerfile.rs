use ringwall_input::dockerfile::{Instruction, InstructionKind, Pair, Word};
use ringwall_model::Span;
use ringwall_secrets::{Detectors, Match, looks_like_secret_name, named_literal};

use crate::{Check, Confidence, Findings, Severity, check, judge::Build};

check! {
    /// ## What it finds
    /// Secrets written in the file: values of `ENV`, `ARG` and `LABEL` under a telling name or in a known format, and known formats in commands, URLs, inline files and comments.
    /// Also `ARG` and `ENV` with a telling name whose value comes with the build (`ARG GITHUB_TOKEN`): that finding is medium.
    /// The value is never printed.
    ///
    /// ## Why it matters
    /// `ENV` and `LABEL` are in the metadata of the image, `ARG` and commands in its history: everyone who may pull the image can read them with `docker history` or `docker inspect`.
    /// The Dockerfile itself is in version control.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ENV DB_PASSWORD=hunter2horse # <-
    /// ARG GITHUB_TOKEN # <-
    /// RUN app-setup
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ARG NPM_TOKEN="" # <-
    /// ENV NPM_TOKEN=$NPM_TOKEN # <-
    /// ARG GITHUB_TOKEN=placeholder # <-
    /// RUN npm ci
    /// ```
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// ARG PASSWORD # <-
    /// ENV DB_PASSWORD=${PASSWORD:-hunter2horse} # <-
    /// ENV OPTIONS="--password=hunter2horse --host=$HOST" # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// ENV DB_PASSWORD_FILE=/run/secrets/db
    /// ARG GITHUB_ORGANISATION
    /// RUN app-setup
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// RUN --mount=type=secret,id=token,env=GITHUB_TOKEN app-setup
    /// ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D TOKEN_TTL=3600
    /// ```
    ///
    /// ## Fix
    /// During the build, use `RUN --mount=type=secret,id=NAME`; at run time, give the value from a Secret.
    /// A secret that was committed or pushed must be replaced.
    PlaintextSecretInDockerfile {
        id: "plaintext-secret-in-dockerfile",
        title: "Secret written in a Dockerfile or given to its build as an argument",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: High,
        since: "0.1.0",
        controls: ["mitre:T1552.001"],
    }
}

impl Check for PlaintextSecretInDockerfile {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        let mut seen_names: Vec<&str> = Vec::new();
        let mut judged: Vec<Span> = Vec::new();
        for outer in build.dockerfile.instructions() {
            let instruction = outer.innermost();
            match &instruction.kind {
                InstructionKind::Env(pairs)
                | InstructionKind::Arg(pairs)
                | InstructionKind::Label(pairs) => {
                    for pair in pairs {
                        judge_pair(build, instruction, pair, &mut seen_names, findings);
                    }
                }
                InstructionKind::From(_) => {}
                _ => {
                    judged.push(instruction.span);
                    judge_text(build, instruction.name(), instruction.span, false, findings);
                }
            }
        }
        for comment in &build.dockerfile.comments {
            let before = judged.partition_point(|span| span.start <= comment.span.start);
            let is_judged = before
                .checked_sub(1)
                .and_then(|at| judged.get(at))
                .is_some_and(|span| span.contains(comment.span));
            if !is_judged {
                judge_text(build, "comment", comment.span, true, findings);
            }
        }
    }
}

/// A value in the file, or a name that promises one from outside.
fn judge_pair<'a>(
    build: &Build<'a>,
    instruction: &'a Instruction,
    pair: &'a Pair,
    seen_names: &mut Vec<&'a str>,
    findings: &mut Findings<'_>,
) {
    let (keyword, name) = (instruction.name(), pair.name.value.as_str());
    // An empty default of ARG is none: the value comes with the build.
    let given = pair
        .value
        .as_ref()
        .filter(|value| !(keyword == "ARG" && value.value.is_empty()));
    if let Some(value) = given {
        let found = Detectors::builtin().scan(build.source.slice(pair.span));
        let (by_name, by_form): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|found| found.provider == "generic");
        let place = format!("{keyword} {name}");
        if by_form.is_empty()
            && let Some(confidence) = named_literal(name, literal(value))
        {
            seen_names.push(name);
            findings
                .add(PlaintextSecretInDockerfile::META)
                .span(build.source, value.span)
                .secret(value.span)
                .confidence(confidence)
                .message(format!("{place} holds a secret in plain text"));
            return;
        }
        for found in by_form.iter().chain(&by_name) {
            report(build, &place, pair.span, found, findings);
        }
        // So it does where the default only stands in for it.
        let is_open = keyword == "ARG" && by_name.is_empty() && stands_in(value);
        if value.references.is_empty() && !is_open || !by_form.is_empty() {
            return;
        }
    }
    // `ENV TOKEN=$TOKEN` behind `ARG TOKEN` is the same flaw once more, and worse: it is in the metadata.
    if keyword == "LABEL"
        || !looks_like_secret_name(name)
        || keyword == "ARG" && seen_names.contains(&name)
    {
        return;
    }
    seen_names.push(name);
    let place = if keyword == "ENV" {
        "metadata"
    } else {
        "history"
    };
    findings
            .add(PlaintextSecretInDockerfile::META)
            .span(build.source, pair.name.span)
            .severity(Severity::Medium)
            .confidence(Confidence::Medium)
            .message(format!(
                "{keyword} {name} gets a secret during the build, which stays in the {place} of the image"
            ));
}

/// Whether a default says that another value is to be given.
fn stands_in(value: &Word) -> bool {
    const WORDS: [&str; 8] = [
        "none",
        "null",
        "unset",
        "empty",
        "todo",
        "tbd",
        "fixme",
        "undefined",
    ];
    const PARTS: [&str; 5] = ["placeholder", "replace", "dummy", "example", "yourown"];
    let letters = value.value.chars().filter(|next| next.is_alphanumeric());
    let text = letters.collect::<String>().to_ascii_lowercase();
    value.references.is_empty()
        && !value.value.contains('/')
        && (WORDS.contains(&text.as_str()) || PARTS.iter().any(|part| text.contains(part)))
}

/// The value, or the reference that is all of it and may fall back on one.
fn literal(value: &Word) -> &str {
    let written = value.raw.trim_matches(['"', '\'']);
    if value.references.is_empty() {
        &value.value
    } else if written.starts_with("${") {
        written
    } else {
        ""
    }
}

/// Known formats in a piece of the file; in comments only those that cannot be anything else.
fn judge_text(
    build: &Build<'_>,
    place: &str,
    span: Span,
    only_known: bool,
    findings: &mut Findings<'_>,
) {
    for found in Detectors::builtin().scan(build.source.slice(span)) {
        if only_known && found.provider == "generic" {
            continue;
        }
        report(build, place, span, &found, findings);
    }
}

/// A secret in a piece of the file that begins where `span` does, as severe as its detector takes it for.
fn report(build: &Build<'_>, place: &str, span: Span, found: &Match, findings: &mut Findings<'_>) {
    let start = span.range().start;
    let at = Span::new(
        start + found.span.range().start,
        start + found.span.range().end,
    );
    let meta = PlaintextSecretInDockerfile::META;
    let draft = findings
        .add(meta)
        .span(build.source, at)
        .secret(at)
        .severity(meta.severity.max(found.severity))
        .message(format!(
            "{place} holds a secret in plain text: {}",
            found.title
        ));
    if let Some(confidence) = found.confidence {
        draft.confidence(confidence);
    }
}
