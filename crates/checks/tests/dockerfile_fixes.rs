//! Fixes of Dockerfiles: each makes its own finding go away and leaves a file that parses.

use std::collections::BTreeSet;

use ringwall_checks::{Check, Checks, Example, Settings, Target, all, judge};
use ringwall_input::dockerfile;
use ringwall_model::{Edit, Finding, Safety, Source};

fn text_of(example: &Example<'_>) -> String {
    let text = example.source();
    text.lines().fold(String::new(), |mut out, line| {
        let line = line.trim_end();
        out.push_str(line.strip_suffix("# <-").unwrap_or(line).trim_end());
        out.push('\n');
        out
    })
}

fn judge_text(check: &'static dyn Check, text: &str) -> (Vec<Box<Finding>>, usize) {
    let source = Source::new("Dockerfile", text);
    let (dockerfile, diagnostics) = dockerfile::parse(&source.text);
    let build = judge::Build {
        source: &source,
        dockerfile: &dockerfile,
        diagnostics: &diagnostics,
        has_ignore_file: Some(false),
    };
    let mut findings = Vec::new();
    let checks = Checks::from_iter([check]);
    judge::dockerfile(&build, &checks, &Settings::default(), &mut findings);
    (findings, diagnostics.len())
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.span.start, edit.span.end)));
    edits.iter().fold(text.to_owned(), |mut text, edit| {
        text.replace_range(edit.span.range(), &edit.text);
        text
    })
}

fn examples() -> impl Iterator<Item = (&'static dyn Check, String)> {
    all()
        .filter(|check| check.meta().target == Target::Dockerfile)
        .flat_map(|check| {
            let examples = check.meta().page().examples();
            let plain = examples
                .iter()
                .filter(|example| example.language == "dockerfile" && example.words.is_empty());
            plain
                .map(|example| (check, text_of(example)))
                .collect::<Vec<_>>()
        })
}

#[test]
fn each_fix_makes_its_finding_go_away() {
    let mut wrong = Vec::new();
    for (check, text) in examples() {
        let (findings, diagnostics) = judge_text(check, &text);
        for finding in &findings {
            let Some(fix) = &finding.fix else { continue };
            let fixed = apply(&text, &fix.edits);
            let (rest, broken) = judge_text(check, &fixed);
            if rest.len() >= findings.len() || broken > diagnostics {
                wrong.push(format!(
                    "{}: '{}' is still there or the file broke:\n{fixed}",
                    check.meta().id,
                    finding.message
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The checks of the catalogue whose fix changes nothing at run time.
#[test]
fn safe_fixes_are_offered() {
    let offered: BTreeSet<&str> = examples()
        .filter(|(check, text)| {
            let (findings, _) = judge_text(*check, text);
            findings.iter().any(|finding| {
                finding
                    .fix
                    .as_ref()
                    .is_some_and(|fix| fix.safety == Safety::Safe)
            })
        })
        .map(|(check, _)| check.meta().id)
        .collect();
    for id in [
        "leftover-apt-lists",
        "interactive-apt-install",
        "leftover-apk-cache",
        "interactive-yum-install",
        "leftover-yum-cache",
        "interactive-zypper-install",
        "leftover-zypper-cache",
        "interactive-dnf-install",
        "leftover-dnf-cache",
        "leftover-pip-cache",
        "leftover-yarn-cache",
        "useradd-log-bloat",
        "verbose-wget-output",
        "backtick-command-substitution",
    ] {
        assert!(offered.contains(id), "{id} offers no safe fix");
    }
}

#[track_caller]
fn check_fix(id: &str, text: &str, expected: &str) {
    let fixed = ringwall_checks::find(id).map(|check| {
        let (findings, _) = judge_text(check, text);
        let edits: Vec<Edit> = findings
            .iter()
            .filter_map(|finding| finding.fix.as_ref())
            .flat_map(|fix| fix.edits.clone())
            .collect();
        apply(text, &edits)
    });
    assert_eq!(fixed.as_deref(), Some(expected));
}

#[test]
fn flags_are_put_behind_the_action() {
    check_fix(
        "interactive-apt-install",
        "FROM debian\nRUN apt-get update && sudo apt-get install curl\n",
        "FROM debian\nRUN apt-get update && sudo apt-get install -y curl\n",
    );
    check_fix(
        "leftover-apk-cache",
        "FROM alpine\nRUN apk add \\\n    curl\n",
        "FROM alpine\nRUN apk add --no-cache \\\n    curl\n",
    );
}

#[test]
fn exec_forms_are_left_to_people() {
    let text = "FROM debian\nRUN [\"apt-get\", \"install\", \"curl\"]\n";
    check_fix("interactive-apt-install", text, text);
    check_fix("leftover-apt-lists", text, text);
}

#[test]
fn clean_up_is_added_at_the_end_of_the_script() {
    check_fix(
        "leftover-apt-lists",
        "FROM debian\nRUN apt-get update && apt-get install -y curl\nCMD a\n",
        "FROM debian\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\nCMD a\n",
    );
    check_fix(
        "leftover-apt-lists",
        "FROM debian\nRUN set -eux; \\\n\tapt-get update; \\\n\tapt-get install -y curl;\nCMD a\n",
        "FROM debian\nRUN set -eux; \\\n\tapt-get update; \\\n\tapt-get install -y curl; \\\n    rm -rf /var/lib/apt/lists/*\nCMD a\n",
    );
    check_fix(
        "leftover-dnf-cache",
        "FROM fedora\nRUN sudo dnf install -y curl\n",
        "FROM fedora\nRUN sudo dnf install -y curl && sudo dnf clean all\n",
    );
    // A later RUN, also of a stage on top of this one, would find no package.
    for rest in [
        "RUN apt-get install -y curl",
        "FROM base\nRUN apt-get -y install curl",
    ] {
        let text = format!("FROM debian AS base\nRUN apt-get update\n{rest}\n");
        check_fix("leftover-apt-lists", &text, &text);
    }
    check_fix(
        "leftover-apt-lists",
        "FROM debian\nRUN apt-get update\nRUN apt-get clean && apt-get update && apt-get install -y curl\n",
        "FROM debian\nRUN apt-get update && rm -rf /var/lib/apt/lists/*\nRUN apt-get clean && apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
    );
    // Nothing can be added behind a command in the background.
    let text = "FROM debian\nRUN apt-get update && sleep 1 &\n";
    check_fix("leftover-apt-lists", text, text);
}

#[test]
fn quotes_are_put_around_every_place() {
    check_fix(
        "unquoted-shell-variable",
        "FROM debian\nRUN rm $DIR/a && ls ${DIR}b\n",
        "FROM debian\nRUN rm \"$DIR\"/a && ls \"${DIR}\"b\n",
    );
    // Inside a string for another shell the quotes would end the string.
    let text = "FROM debian\nRUN sh -c 'rm $DIR'\n";
    check_fix("unquoted-shell-variable", text, text);
    // A list is no longer one in quotes.
    for text in [
        "FROM debian\nARG PACKAGES=\"curl git\"\nRUN apt-get install $PACKAGES\n",
        "FROM debian\nRUN for a in $LIST $(cat /list); do echo \"$a\"; done\n",
    ] {
        check_fix("unquoted-shell-variable", text, text);
        check_fix("unquoted-command-substitution", text, text);
    }
}

#[test]
fn words_are_taken_out_with_the_blank_before_them() {
    check_fix(
        "unverified-pip-host",
        "FROM python\nRUN pip install --trusted-host pypi.org flask\n",
        "FROM python\nRUN pip install flask\n",
    );
    check_fix(
        "unverified-curl-download",
        "FROM debian\nRUN curl -fsSLk https://example.com -o a && curl -k https://example.com\n",
        "FROM debian\nRUN curl -fsSL https://example.com -o a && curl https://example.com\n",
    );
    check_fix(
        "unverified-git-remote",
        "FROM debian\nENV GIT_SSL_NO_VERIFY=1\nRUN GIT_SSL_NO_VERIFY=1 git pull\n",
        "FROM debian\nRUN git pull\n",
    );
}

#[test]
fn instructions_are_rewritten_where_they_say_nothing_else() {
    check_fix(
        "cd-instead-of-workdir",
        "FROM debian\nRUN cd /src && make\n",
        "FROM debian\nWORKDIR /src\nRUN make\n",
    );
    check_fix(
        "symlinked-default-shell",
        "FROM debian\nRUN ln -sf bash /bin/sh\n",
        "FROM debian\nSHELL [\"/bin/bash\", \"-c\"]\n",
    );
    check_fix(
        "unset-pipefail",
        "FROM alpine\nRUN wget -qO- https://example.com | tar -x\nRUN wget -qO- https://example.com | tar -t\n",
        "FROM alpine\nSHELL [\"/bin/ash\", \"-eo\", \"pipefail\", \"-c\"]\nRUN wget -qO- https://example.com | tar -x\nRUN wget -qO- https://example.com | tar -t\n",
    );
    check_fix(
        "useless-cat",
        "FROM debian\nRUN cat /etc/os-release | grep -i id && true\n",
        "FROM debian\nRUN grep -i id < /etc/os-release && true\n",
    );
    check_fix(
        "masked-exit-code",
        "FROM debian\nRUN export A=\"$(cat a)\" && make\n",
        "FROM debian\nRUN A=\"$(cat a)\" && export A && make\n",
    );
    check_fix(
        "sudo-in-build",
        "FROM debian\nRUN sudo make && sudo make install\n",
        "FROM debian\nRUN make && make install\n",
    );
    check_fix(
        "sudo-in-build",
        "FROM debian\nRUN DEBIAN_FRONTEND=noninteractive sudo apt-get install -y tzdata\n",
        "FROM debian\nRUN DEBIAN_FRONTEND=noninteractive apt-get install -y tzdata\n",
    );
    check_fix(
        "forced-apt-install",
        "FROM debian\nRUN apt-get install -y --force-yes a && apt-get install --force-yes b\n",
        "FROM debian\nRUN apt-get install -y a && apt-get install -y b\n",
    );
}
