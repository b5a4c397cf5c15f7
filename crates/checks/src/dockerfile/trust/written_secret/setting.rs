//! Programs that keep what they are told in a file of their own.

use ringwall_input::dockerfile::{Command, ShellWord};

/// A verb of some programs, and the file that what is said behind it is kept in.
type Setting = (
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

const SETTINGS: &[Setting] = &[
    (&["git"], &["clone", "submodule"], ".git"),
    (&["git"], &["remote"], ".git/config"),
    (&["git"], &["config"], "~/.gitconfig"),
    (&["npm", "pnpm"], &["config", "set"], "~/.npmrc"),
    (&["yarn"], &["config"], "~/.yarnrc.yml"),
    (&["pip", "pip3"], &["config"], "~/.config/pip/pip.conf"),
    (&["poetry"], &["config"], "~/.config/pypoetry/auth.toml"),
    (&["composer"], &["config"], "~/.config/composer/auth.json"),
    (&["bundle", "bundler"], &["config"], "~/.bundle/config"),
    (&["conda", "mamba"], &["config"], "~/.condarc"),
    (&["go"], &["env"], "~/.config/go/env"),
    (&["aws"], &["configure"], "~/.aws/credentials"),
    (&["helm"], &["repo", "registry"], "~/.config/helm"),
    (
        &["dotnet", "nuget"],
        &["nuget", "sources"],
        "~/.nuget/NuGet/NuGet.Config",
    ),
    (&["cargo"], &["login"], "~/.cargo/credentials.toml"),
    (&["gh", "glab"], &["auth"], "~/.config/gh/hosts.yml"),
    (&["gcloud"], &["auth"], "~/.config/gcloud"),
    (
        &["docker", "podman", "buildah", "skopeo", "crane", "oras"],
        &["login"],
        "~/.docker/config.json",
    ),
];

/// The words that a command keeps, and where.
pub(super) fn kept(command: &Command) -> Option<(&[ShellWord], &'static str)> {
    let settings = SETTINGS.iter();
    let mut own = settings.filter(|(programs, ..)| command.is_any(programs));
    own.find_map(|(_, verbs, place)| {
        let verb = command
            .args
            .iter()
            .position(|arg| verbs.contains(&arg.value()))?;
        // What stands before the verb holds for this one command.
        Some((command.args.get(verb + 1..)?, *place))
    })
}
