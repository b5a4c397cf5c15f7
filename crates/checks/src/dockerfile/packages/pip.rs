//! Command lines of `pip`, also as `python -m pip` and `uv pip`.

use ringwall_input::dockerfile::{Command, ShellWord};

use super::invocation::Invocation;

/// Flags whose value is the next word. See: <https://pip.pypa.io/en/stable/cli/pip_install/>
const WITH_VALUE: &[&str] = &[
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-t",
    "--target",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--platform",
    "--python-version",
    "--implementation",
    "--abi",
    "--root",
    "--prefix",
    "--src",
    "--upgrade-strategy",
    "--no-binary",
    "--only-binary",
    "--progress-bar",
    "-C",
    "--config-settings",
    "--config-setting",
    "--global-option",
    "--install-option",
    "--report",
    "--trusted-host",
    "--proxy",
    "--retries",
    "--timeout",
    "--exists-action",
    "--cert",
    "--client-cert",
    "--cache-dir",
    "--log",
    "--python",
    "-p",
    "--keyring-provider",
    "--use-feature",
    "--use-deprecated",
    "--resume-retries",
    "--group",
    "--root-user-action",
];

/// Flags whose value is the next word, of what adds packages to a project.
const PROJECT_VALUES: &[&str] = &[
    "-G", "-E", "--extras", "--extra", "--source", "--with", "--index",
];

/// The invocation in a command, if it is one of pip.
pub(super) fn invocation(command: &Command) -> Option<Invocation<'_>> {
    let program = command.program();
    let is_versioned = |name: &str| {
        program.strip_prefix(name).is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
    };
    let words = if is_versioned("pip") {
        command.args.as_slice()
    } else if is_versioned("python") || is_versioned("pypy") {
        let module = command.args.iter().position(|arg| arg.value() == "-m")?;
        let (name, words) = command.args.get(module + 1..)?.split_first()?;
        (name.value() == "pip").then_some(words)?
    } else if program == "uv" {
        let at = command.args.iter().position(|arg| !arg.is_flag())?;
        let (name, words) = command.args.get(at..)?.split_first()?;
        (name.value() == "pip").then_some(words)?
    } else {
        return None;
    };
    let mut invocation = Invocation::of_words(command, words, WITH_VALUE)?;
    invocation.tool = "pip";
    Some(invocation)
}

/// Flags of `pipx run` and `uvx` whose value is the package.
const PACKAGES: &[&str] = &["--from", "--spec"];

/// The invocation of what installs or runs programs of Python each by itself (`pipx`, `uv tool`, `uvx`), or adds packages to
/// a project (`poetry add`, `pdm add`, `uv add`, `pipenv install`); the packages are its operands.
pub(super) fn tool_invocation(command: &Command) -> Option<Invocation<'_>> {
    let (tool, words) = match command.program() {
        "uv" => {
            let at = command.args.iter().position(|arg| !arg.is_flag())?;
            let (name, words) = command.args.get(at..)?.split_first()?;
            match name.value() {
                "tool" => ("uv tool", words),
                "add" => ("uv", command.args.as_slice()),
                _ => return None,
            }
        }
        tool @ ("pipx" | "uvx" | "poetry" | "pdm" | "pipenv") => (tool, command.args.as_slice()),
        _ => return None,
    };
    let with_value: Vec<&str> = WITH_VALUE
        .iter()
        .chain(PACKAGES)
        .chain(PROJECT_VALUES)
        .copied()
        .collect();
    let mut invocation = Invocation::of_words(command, words, &with_value)?;
    invocation.tool = tool;
    let runs = match tool {
        "uvx" => {
            invocation.operands.insert(0, invocation.action);
            true
        }
        "pipx" | "uv tool" => invocation.is(&["run"]),
        _ => false,
    };
    let is_meant = match tool {
        "pipx" | "uv tool" => runs || invocation.is(&["install"]),
        "pipenv" => invocation.is(&["install"]),
        "uvx" => true,
        _ => invocation.is(&["add"]),
    };
    if runs {
        // The rest are the arguments of what runs.
        invocation.operands.truncate(1);
        let mut words = command
            .args
            .iter()
            .skip_while(|word| !PACKAGES.contains(&word.value()));
        if let Some(package) = words.nth(1) {
            invocation.operands = vec![package];
        } else if PACKAGES
            .iter()
            .any(|flag| command.flag_value(flag).is_some())
        {
            // `--from=package==1`: told from the flag alone.
            let named =
                |word: &&ShellWord| PACKAGES.iter().any(|flag| word.value().starts_with(flag));
            invocation.operands = command.args.iter().filter(named).collect();
        }
    }
    is_meant.then_some(invocation)
}

/// Whether an argument of what `tool_invocation` reads names a version: `ruff==0.6.0`, `ruff@0.6.0`, not `ruff@latest`.
pub(super) fn is_tool_pinned(argument: &str) -> bool {
    let argument = PACKAGES
        .iter()
        .find_map(|flag| argument.strip_prefix(flag)?.strip_prefix('='))
        .unwrap_or(argument);
    let version = argument.rsplit_once('@').map(|(_, version)| version);
    let is_named = version.is_some_and(|version| {
        version.starts_with(|first: char| first.is_ascii_digit() || "^~$=".contains(first))
    });
    is_named || is_pinned(argument)
}

/// Whether an argument of `install` names a version, or something that is one version.
pub(super) fn is_pinned(argument: &str) -> bool {
    let argument = argument.trim();
    let (requirement, _marker) = argument.split_once(';').unwrap_or((argument, ""));
    let requirement = requirement.trim();
    if let Some((name, place)) = requirement.split_once("://") {
        // `git+https://host/repository@ref`; a plain address is one file.
        let path = place.split_once('/').map_or("", |(_, path)| path);
        let is_repository = ["git+", "hg+", "svn+", "bzr+"].iter().any(|scheme| {
            name.rsplit([' ', '@'])
                .next()
                .unwrap_or("")
                .starts_with(scheme)
        });
        return !is_repository || path.contains('@');
    }
    // pip takes every name with a slash for a path.
    let is_path = requirement.starts_with(['.', '~'])
        || requirement.contains('/')
        || [".whl", ".tar.gz", ".zip", ".tgz"]
            .iter()
            .any(|end| requirement.ends_with(end));
    if requirement.is_empty() || is_path {
        return true;
    }
    requirement.contains("==") && !requirement.contains("==*") || requirement.contains("~=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_no_versions() {
        for pinned in [
            "flask==3.0.0",
            "flask===3.0.0",
            "flask~=3.0",
            "flask==$VERSION",
            ".",
            "./a",
            ".[dev]",
            "/src",
            "lib/app",
            "lib/app[dev]",
            "a-1.0-py3-none-any.whl",
            "git+https://example.com/a.git@v1",
            "a @ https://example.com/a.tar.gz",
            "git+ssh://git@example.com/a.git@abc",
        ] {
            assert!(is_pinned(pinned), "{pinned}");
        }
        for open in [
            "flask",
            "flask[async]",
            "flask>=3",
            "flask<4",
            "git+https://example.com/a.git",
            "git+ssh://git@example.com/a.git",
        ] {
            assert!(!is_pinned(open), "{open}");
        }
    }
}
