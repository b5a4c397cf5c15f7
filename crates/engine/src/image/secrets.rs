//! Secrets in an image: in files, those that a layer hides too, and in its configuration, where there is one.

use std::{borrow::Cow, collections::BTreeMap};

use ringwall_image::{Config, Contents, PlacedSecrets, SecretFound, search_text};
use ringwall_model::{Confidence, Finding, Severity};
use ringwall_report::ImageGap;
use ringwall_secrets::named_literal;

use super::{findings::Flaw, refusable::SECRETS};

/// Secrets, and what was not searched for any.
pub(super) fn judge(
    contents: &Contents,
    config: Option<&Config>,
    image: &str,
) -> (Vec<Box<Finding>>, Vec<ImageGap>) {
    let mut flaws = Vec::new();
    let mut gaps = Vec::new();
    for placed in &contents.secrets {
        let is_of_package = is_of_language(&placed.path)
            || (contents.misses_files && may_be_of_distribution(&placed.path));
        for found in &placed.secrets.found {
            let told = match config {
                Some(_) => of_layer(placed),
                None => of_folder(),
            };
            flaws.push(in_file(placed, found, told, is_of_package));
        }
        if placed.secrets.is_truncated {
            gaps.push(ImageGap {
                id: "truncated-secrets",
                path: Some(placed.path.clone()),
                layer: Some(placed.layer),
                reason: "holds more than a hundred secrets; the rest was not looked at".to_owned(),
                ..ImageGap::default()
            });
        }
    }
    if let Some((first, layer)) = contents.unsearched.first() {
        let one = contents.unsearched.len() == 1;
        gaps.push(ImageGap {
            id: "unsearched-file",
            path: Some(first.clone()),
            layer: one.then_some(*layer),
            files: (!one).then_some(contents.unsearched.len()),
            reason: "texts above 10 MiB are not searched for secrets or malware".to_owned(),
            ..ImageGap::default()
        });
    }
    flaws.extend(config.into_iter().flat_map(in_config));
    debug_assert!(
        flaws.iter().all(|it| {
            SECRETS.contains(&&*it.check) || it.check.starts_with("plaintext-secret/")
        })
    );
    let findings = flaws.into_iter().map(|flaw| flaw.finding(image)).collect();
    (findings, gaps)
}

/// Folders of packages of languages, whatever they are in.
const OF_PACKAGES: [&str; 7] = [
    "bower_components",
    "dist-packages",
    "gems",
    "node_modules",
    "perl5",
    "site-library",
    "site-packages",
];
/// What languages bring, in the folders for libraries; digits and dots behind it are a version.
const LANGUAGES: [&str; 10] = [
    "R", "elixir", "erlang", "go", "go-", "jvm", "perl", "php", "python", "ruby",
];

/// Whether a file belongs to a package of a language, or to the language itself, which was published with all that is
/// in it.
fn is_of_language(path: &str) -> bool {
    // A file beside the packages is nobody's.
    let Some((folder, _)) = path.rsplit_once('/') else {
        return false;
    };
    let in_libraries = ["usr/lib/", "usr/share/", "usr/local/lib/"]
        .iter()
        .filter_map(|libraries| folder.strip_prefix(libraries));
    let mut firsts = in_libraries.filter_map(|rest| rest.split('/').next());
    let is_language = |first: &str| {
        let name = first.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
        LANGUAGES.contains(&name)
    };
    folder.split('/').any(|part| OF_PACKAGES.contains(&part))
        || folder.starts_with("usr/local/go/")
        || folder.contains("go/pkg/mod/")
        || firsts.any(is_language)
}

/// Whether a file is where packages of the distribution put what they bring, so that it may be of one whose files
/// nobody lists.
fn may_be_of_distribution(path: &str) -> bool {
    path.starts_with("usr/lib/") || path.starts_with("usr/share/")
}

/// The check that speaks for a detector.
fn check_of(found: &SecretFound) -> Cow<'static, str> {
    match (found.provider, found.detector) {
        ("private-key", _) => Cow::Borrowed("plaintext-private-key"),
        (_, "kubeconfig-client-key") => Cow::Borrowed("plaintext-kubeconfig-credential"),
        (provider, _) => Cow::Owned(format!("plaintext-secret/{provider}")),
    }
}

/// Where in an image a secret is, and what is to be done.
fn of_layer(placed: &PlacedSecrets) -> (String, String) {
    let layer = placed.layer;
    match placed.hidden_by {
        Some(by) => (
            format!(
                ", in layer {layer}; layer {by} removes or replaces it, and the image still has it"
            ),
            format!(
                "Revoke it, build layer {layer} without it, and mount it into the build as a secret."
            ),
        ),
        None => (
            format!(", in layer {layer}"),
            "Revoke it, build the image without it, and hand it to the container when that runs."
                .to_owned(),
        ),
    }
}

/// The same of a file that lies in a folder.
fn of_folder() -> (String, String) {
    let remedy = "Revoke it, take it out of the file, and hand it to the program when that runs.";
    (String::new(), remedy.to_owned())
}

fn in_file(
    placed: &PlacedSecrets,
    found: &SecretFound,
    (place, remedy): (String, String),
    is_of_package: bool,
) -> Flaw {
    let is_example = is_of_package && found.may_be_example();
    let severity = if is_example {
        Severity::Low
    } else if placed.is_shipped {
        // Everybody has it where the package is the distribution's; that of somebody else looks the same.
        found.severity.min(Severity::Medium)
    } else {
        found.severity
    };
    Flaw {
        check: check_of(found),
        message: if found.shown.is_empty() {
            format!("{}{place}", found.title)
        } else {
            format!("{} in plain text: {}{place}", found.title, found.shown)
        },
        place: Some((placed.path.clone(), found.line, found.column)),
        severity: Some(severity),
        confidence: if is_example {
            Some(Confidence::Low)
        } else {
            found.confidence
        },
        remediation: Some(Cow::Owned(remedy)),
    }
}

/// Secrets in variables, labels, the commands that it holds and those that built it: everybody who may pull it reads them.
fn in_config(config: &Config) -> Vec<Flaw> {
    const REMEDY: &str = "Revoke it, mount it into the build as a secret, and hand it to the container when that runs.";
    let mut flaws = Vec::new();
    let mut add = |check: Cow<'static, str>, severity, confidence, message| {
        flaws.push(Flaw {
            check,
            message,
            place: None,
            severity,
            confidence,
            remediation: Some(Cow::Borrowed(REMEDY)),
        });
    };
    for variable in config.config.env.iter().flatten() {
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        // What only its name gives away is judged by the whole of name and value, below.
        let mut tokens = search_text(variable).found;
        tokens.retain(|found| found.provider != "generic");
        for found in &tokens {
            let message = format!(
                "the variable {name} holds a secret: {}, {}",
                found.title, found.shown
            );
            add(
                check_of(found),
                Some(found.severity),
                found.confidence,
                message,
            );
        }
        if tokens.is_empty()
            && let Some(confidence) = named_literal(name, value)
        {
            let shown = ringwall_secrets::redact(value);
            let message = format!("the variable {name} holds a secret: {shown}");
            let sure = (confidence != Confidence::High).then_some(confidence);
            add("plaintext-secret-in-dockerfile".into(), None, sure, message);
        }
    }
    let mut tell = |text: &str, whose: &str| {
        for found in search_text(text).found {
            let message = format!("{whose} holds a secret: {}, {}", found.title, found.shown);
            add(
                check_of(&found),
                Some(found.severity),
                found.confidence,
                message,
            );
        }
    };
    for (name, value) in config.config.labels.iter().flatten() {
        tell(&format!("{name}={value}"), &format!("the label {name}"));
    }
    let commands = config.config.commands();
    for (whose, words) in &commands {
        tell(&words.join(" "), whose);
    }
    tell(config.author.as_deref().unwrap_or_default(), "the author");
    let variables = config.config.env.iter().flatten();
    let variables = variables.filter_map(|it| it.split_once('='));
    let labels = config.config.labels.iter().flatten();
    let labels = labels.map(|(name, value)| (&**name, &**value));
    let current: BTreeMap<_, _> = variables.chain(labels).collect();
    for (at, entry) in config.history.iter().enumerate() {
        let step = if entry.is_one_of(&["ENV", "LABEL"]) {
            Cow::Owned(without_current(&entry.created_by, &current))
        } else if entry.is_one_of(&COMMANDS) {
            Cow::Owned(without_commands(&entry.created_by, &commands))
        } else {
            Cow::Borrowed(&*entry.created_by)
        };
        tell(&step, &format!("the command of step {at} in the history"));
        let words = [("comment", &entry.comment), ("author", &entry.author)];
        for (whose, text) in words {
            let text = text.as_deref().unwrap_or_default();
            tell(text, &format!("the {whose} of step {at} in the history"));
        }
    }
    flaws
}

/// Instructions that say how a container is run, and change no file.
const COMMANDS: [&str; 5] = ["CMD", "ENTRYPOINT", "HEALTHCHECK", "ONBUILD", "SHELL"];

/// A step that says how a container is run, without the words of the commands that the image still has.
fn without_commands(step: &str, commands: &[(&str, Vec<&str>)]) -> String {
    let mut step = step.to_owned();
    for word in commands.iter().flat_map(|(_, words)| words) {
        // Words of a list stand in quotes; what a build runs is the rest of the step.
        step = step.replace(&format!("\"{word}\""), "");
        if let Some(before) = step.strip_suffix(&format!(" {word}")) {
            step = before.to_owned();
        }
    }
    step
}

/// A step that sets variables or labels, without those that the image still has: these are told with the variable or
/// label. One that a later step set anew is read in the history all the same.
fn without_current(step: &str, current: &BTreeMap<&str, &str>) -> String {
    let mut rest = step;
    let mut kept = String::new();
    while let Some((word, _)) = rest.split_once(['=', ' ']) {
        let behind = rest.get(word.len()..).unwrap_or_default();
        let stated = behind
            .strip_prefix('=')
            .map(|it| it.trim_start_matches(['"', '\'']));
        let value = current.get(word).filter(|it| !it.is_empty());
        let behind = match stated.zip(value) {
            Some((stated, value)) => stated
                .strip_prefix(*value)
                .filter(|it| it.is_empty() || it.starts_with([' ', '"', '\'']))
                .unwrap_or(behind),
            None => behind,
        };
        // The next word may begin right here.
        let gap = behind.len() - behind.trim_start_matches(['=', ' ', '"', '\'']).len();
        kept.push_str(word);
        kept.push_str(behind.get(..gap).unwrap_or_default());
        rest = behind.get(gap..).unwrap_or_default();
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_that_the_image_still_has_go_from_a_step() {
        let commands = [
            ("run", vec!["app", "--token", "x y"]),
            ("build", vec!["RUN make"]),
        ];
        for (step, left) in [
            (r#"CMD ["app" "--token" "x y"]"#, "CMD [  ]"),
            (r#"CMD ["app" "--token" "former"]"#, r#"CMD [  "former"]"#),
            ("ONBUILD RUN make", "ONBUILD"),
            ("ONBUILD RUN make it", "ONBUILD RUN make it"),
        ] {
            assert_eq!(without_commands(step, &commands), left, "{step}");
        }
    }

    #[test]
    fn only_what_the_image_still_has_goes_from_a_step() {
        let current = BTreeMap::from([("A", "b"), ("N", "two words"), ("E", ""), ("C", "c=d")]);
        for (step, left) in [
            ("ENV A=b", "ENV A"),
            ("ENV A=b C=c=d X=b", "ENV A C X=b"),
            ("ENV N=\"two words\" X=1", "ENV N\" X=1"),
            // A short value is no part of another one.
            ("ENV X=abab", "ENV X=abab"),
            ("ENV A=bcd", "ENV A=bcd"),
            ("ENV A=other", "ENV A=other"),
            ("ENV E=before", "ENV E=before"),
            ("LABEL x.y=A=b", "LABEL x.y=A"),
            ("ENV", "ENV"),
            ("ENV =  = é=ü ", "ENV =  = é=ü "),
        ] {
            assert_eq!(without_current(step, &current), left, "{step}");
        }
    }
}
