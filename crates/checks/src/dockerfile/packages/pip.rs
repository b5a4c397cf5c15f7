//! Command lines of `pip`, also as `python -m pip` and `uv pip`.

use ringwall_input::dockerfile::Command;

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

/// The invocation of what installs programs of Python each by itself: `pipx`, `uv tool`.
pub(super) fn tool_invocation(command: &Command) -> Option<Invocation<'_>> {
    let (name, words) = match command.program() {
        "pipx" => ("pipx", command.args.as_slice()),
        "uv" => {
            let at = command.args.iter().position(|arg| !arg.is_flag())?;
            let (name, words) = command.args.get(at..)?.split_first()?;
            ("uv tool", (name.value() == "tool").then_some(words)?)
        }
        _ => return None,
    };
    let mut invocation = Invocation::of_words(command, words, WITH_VALUE)?;
    invocation.tool = name;
    Some(invocation)
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
