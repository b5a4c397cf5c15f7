//! Command lines of `npm`, `yarn`, `pnpm` and `bun`, and of those that run a package at once: `npx`, `bunx`, `yarn dlx`.

use ringwall_input::dockerfile::{Command, ShellWord};

use super::invocation::Invocation;
use crate::dockerfile::run_step::operands;

/// Flags whose value is the next word. See: <https://docs.npmjs.com/cli/using-npm/config>
const WITH_VALUE: &[&str] = &[
    "--registry",
    "--prefix",
    "-C",
    "--loglevel",
    "--cache",
    "--userconfig",
    "--tag",
    "-w",
    "--workspace",
    "--omit",
    "--include",
    "--only",
    "--maxsockets",
    "--fetch-retries",
    "--fetch-timeout",
    "--network-timeout",
    "--network-concurrency",
    "--cwd",
    "--dir",
    "--filter",
    "--modules-folder",
    "--cache-folder",
    "--mutex",
    "--target",
    "--store-dir",
];

/// Flags whose value is a package, for those that run one.
const PACKAGES: &[&str] = &["-p", "--package"];

/// The invocation in a command, if it is one of npm, yarn, pnpm or bun.
pub(super) fn invocation(command: &Command) -> Option<Invocation<'_>> {
    Invocation::read(command, &["npm", "yarn", "pnpm", "bun"], WITH_VALUE)
}

/// The invocation if it adds packages by name, with these as its operands.
pub(super) fn addition(command: &Command) -> Option<Invocation<'_>> {
    let mut invocation = invocation(command)?;
    if command.is("yarn") && invocation.is(&["global"]) {
        let action = invocation.operands.first()?;
        let is_add = action.value() == "add";
        invocation.operands.remove(0);
        return is_add.then_some(invocation);
    }
    let adds = if command.is("yarn") {
        invocation.is(&["add"])
    } else {
        invocation.is(&["install", "i", "in", "ins", "inst", "add", "a"])
    };
    adds.then_some(invocation)
}

/// A command that fetches a package and runs a program of it.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    /// With the packages as its operands.
    pub(super) invocation: Invocation<'a>,
    /// Whether the program is taken from the installed packages where it is among them.
    pub(super) prefers_installed: bool,
}

/// What a command fetches in order to run it, or to have `corepack` run it.
pub(super) fn launch(command: &Command) -> Option<Launch<'_>> {
    let tool = command.program();
    let verbs: &[&str] = match tool {
        "npx" | "bunx" | "pnpx" => &[],
        "npm" => &["exec", "x"],
        "bun" => &["x"],
        "pnpm" | "yarn" => &["dlx"],
        "corepack" => &["prepare", "use", "install"],
        _ => return None,
    };
    if command.has_flag(&["--no-install", "--no"]) {
        return None;
    }
    let own = PACKAGES.iter().chain(&["-c", "--call"]);
    let with_value: Vec<&str> = WITH_VALUE.iter().chain(own).copied().collect();
    let mut operands = operands(&command.args, &with_value).into_iter();
    let first = operands.next();
    let (action, mut packages) = if verbs.is_empty() {
        (first, first)
    } else {
        let verb = first.filter(|word| verbs.contains(&word.value()))?;
        (Some(verb), operands.next())
    };
    let named = flag_words(command, PACKAGES);
    // The program behind it is one of the package.
    packages = packages.filter(|_| named.is_empty());
    Some(Launch {
        prefers_installed: matches!(tool, "npx" | "npm" | "bunx" | "bun"),
        invocation: Invocation {
            tool,
            command,
            action: action.or_else(|| named.first().copied())?,
            operands: named.into_iter().chain(packages).collect(),
        },
    })
}

/// The values of flags that are words of their own: `-p typescript`, `--package=typescript`.
fn flag_words<'a>(command: &'a Command, flags: &[&str]) -> Vec<&'a ShellWord> {
    let mut found = Vec::new();
    let mut words = command.args.iter();
    while let Some(word) = words.next() {
        let text = word.value();
        if text == "--" {
            break;
        }
        if flags.contains(&text) {
            found.extend(words.next());
        } else if flags.iter().any(|flag| {
            let rest = text.strip_prefix(flag);
            rest.is_some_and(|rest| rest.starts_with('='))
        }) {
            found.push(word);
        }
    }
    found
}

/// Whether a command installs what `package.json` names, so that programs of it are there.
pub(super) fn installs_own(command: &Command) -> bool {
    match invocation(command) {
        Some(invocation) => {
            invocation.is(&["ci", "clean-install", "install-clean"])
                || invocation.is(&["install", "i", "add"]) && !command.has_flag(&["-g", "--global"])
        }
        // `yarn` alone.
        None => command.is("yarn"),
    }
}

/// Whether an argument names a version: `typescript@5.4.2`, `@types/node@20`.
///
/// Tags such as `latest` and open bounds name none. Paths, archives and commits are one version.
pub(super) fn is_pinned(argument: &str) -> bool {
    let flag = PACKAGES.iter().find_map(|flag| argument.strip_prefix(flag));
    let argument = flag
        .and_then(|rest| rest.strip_prefix('='))
        .unwrap_or(argument);
    if argument.is_empty() || argument.starts_with(['.', '/', '~']) || argument.starts_with("file:")
    {
        return true;
    }
    let is_archive = [".tgz", ".tar.gz", ".tar"]
        .iter()
        .any(|end| argument.ends_with(end));
    if is_archive {
        return true;
    }
    let is_scoped = argument.starts_with('@');
    let is_repository = argument.contains("://") || argument.contains('/') && !is_scoped;
    if is_repository {
        return argument
            .split_once('#')
            .is_some_and(|(_, commit)| !commit.is_empty());
    }
    let name = argument.strip_prefix('@').unwrap_or(argument);
    name.rsplit_once('@').is_some_and(|(_, version)| {
        let version = version.trim_start_matches(['^', '~', '=', 'v']);
        version.starts_with(|first: char| first.is_ascii_digit() || first == '$')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_no_versions() {
        for pinned in [
            "typescript@5.4.2",
            "@types/node@20",
            "npm@$NPM_VERSION",
            "npm@^10.1.0",
            "./a",
            "a.tgz",
            "https://example.com/a.tgz",
            "git+https://example.com/a.git#v1",
            "owner/name#abc",
        ] {
            assert!(is_pinned(pinned), "{pinned}");
        }
        for open in [
            "typescript",
            "@types/node",
            "npm@latest",
            "npm@>=10",
            "npm@next",
            "owner/name",
            "git+https://example.com/a.git",
        ] {
            assert!(!is_pinned(open), "{open}");
        }
    }
}
