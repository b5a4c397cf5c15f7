//! Command lines of `npm`, `yarn` and `pnpm`.

use ringwall_input::dockerfile::Command;

use super::invocation::Invocation;

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

/// The invocation in a command, if it is one of npm, yarn or pnpm.
pub(super) fn invocation(command: &Command) -> Option<Invocation<'_>> {
    Invocation::read(command, &["npm", "yarn", "pnpm"], WITH_VALUE)
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
        invocation.is(&["install", "i", "in", "ins", "inst", "add"])
    };
    adds.then_some(invocation)
}

/// Whether an argument names a version: `typescript@5.4.2`, `@types/node@20`.
///
/// Tags such as `latest` and open bounds name none. Paths, archives and commits are one version.
pub(super) fn is_pinned(argument: &str) -> bool {
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
