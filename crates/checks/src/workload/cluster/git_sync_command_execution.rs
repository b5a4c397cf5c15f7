use crate::{Check, Container, Findings, check, network::image_repository::is_image_of};

check! {
    /// ## What it finds
    /// Containers of git-sync that are told to run a program: an exec hook (`--exechook-command`, `--sync-hook-command`, `GITSYNC_EXECHOOK_COMMAND` and older names), another `git` (`--git`, `GITSYNC_GIT`), a `GIT_SSH_COMMAND`, or a git configuration (`--git-config`, `GITSYNC_GIT_CONFIG`).
    ///
    /// ## Why it matters
    /// Whoever may change these fields, or the repository that a hook is taken from, runs commands with the rights of the container, although nobody gave it a shell.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: sync
    ///       image: registry.k8s.io/git-sync/git-sync:v4.3.0
    ///       args:
    ///         - --repo=https://git.shop.org/site
    ///         - --exechook-command=/site/build.sh # <-
    ///   containers:
    ///     - name: sync-more
    ///       image: registry.k8s.io/git-sync/git-sync:v4.3.0
    ///       env:
    ///         - name: GITSYNC_GIT # <-
    ///           value: /tmp/git
    ///     - name: sync-by-shell
    ///       image: registry.k8s.io/git-sync/git-sync:v4.3.0
    ///       command: [/bin/sh, -c]
    ///       args:
    ///         - exec /git-sync --repo=https://git.shop.org/site --exechook-command=/site/build.sh # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: sync
    ///       image: registry.k8s.io/git-sync/git-sync:v4.3.0
    ///       args:
    ///         - --repo=https://git.shop.org/site
    ///         - --root=/site
    ///       env:
    ///         - name: GITSYNC_REF
    ///           value: main
    ///     - name: other
    ///       image: shop/app:1.0
    ///       args: [--git=/usr/bin/git]
    /// ```
    ///
    /// ## Fix
    /// Remove the option, and let the program that uses the files react to their change.
    GitSyncCommandExecution {
        id: "git-sync-command-execution",
        title: "git-sync runs commands through hook or exec flags",
        ring: Code,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["mitre:T1059"],
    }
}

const OPTIONS: &[&str] = &["exechook-command", "sync-hook-command", "git", "git-config"];
const VARIABLES: &[&str] = &[
    "GITSYNC_EXECHOOK_COMMAND",
    "GIT_SYNC_EXECHOOK_COMMAND",
    "GIT_SYNC_HOOK_COMMAND",
    "GITSYNC_GIT",
    "GIT_SYNC_GIT",
    "GITSYNC_GIT_CONFIG",
    "GIT_SYNC_GIT_CONFIG",
    "GIT_SSH_COMMAND",
];

impl Check for GitSyncCommandExecution {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if !is_image_of(container, &["git-sync"]) {
            return;
        }
        // A word may be a line for a shell.
        let options = container.command_line().filter_map(|word| {
            let mut words = word.text().split_whitespace();
            Some((word, words.find_map(option)?))
        });
        let variables = container
            .node
            .list("env")
            .filter_map(|entry| entry.get("name"))
            .filter(|name| VARIABLES.contains(&name.text()))
            .map(|name| (name, name.text()));
        for (place, name) in options.chain(variables) {
            findings
                .add(Self::META)
                .at(place)
                .note(format!("lets git-sync run a program: {name}"));
        }
    }
}

/// The option that a word is, if it runs a program.
fn option(word: &str) -> Option<&str> {
    let word = word.trim_start_matches(['"', '\'']);
    let name = word.split('=').next().unwrap_or(word);
    (name.starts_with('-') && OPTIONS.contains(&name.trim_start_matches('-'))).then_some(name)
}
