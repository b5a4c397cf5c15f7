use ringwall_input::dockerfile::shell::commands_of_words;

use crate::{Check, Container, Findings, Node, check};

check! {
    /// ## What it finds
    /// `sudo` as a program that `command` or `args` start, or a probe or hook of the container: as their first word, behind `env` and the like, or where a shell script begins a command.
    ///
    /// ## Why it matters
    /// `sudo` needs an image with a setuid binary and a rule that lets the user be root, and a container that allows privilege escalation.
    /// Whoever breaks into the program can then take the same step.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       command: [sudo, chown, "1000", /data] # <-
    ///   containers:
    ///     - name: app
    ///       command:
    ///         - sh
    ///         - -c
    ///         - test -d /data && sudo -u web nginx # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       command:
    ///         - env
    ///         - HOME=/data
    ///         - sudo # <-
    ///         - nginx
    ///       livenessProbe:
    ///         exec:
    ///           command:
    ///             - /bin/sh
    ///             - -c
    ///             - x=$(timeout 5 sudo nginx -t) # <-
    ///       lifecycle:
    ///         postStart:
    ///           exec:
    ///             command: [sudo, chown, "1000", /data] # <-
    ///     - name: proxy
    ///       args: ["set -e; if true; then A=1 exec /usr/bin/sudo ls; fi"] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       command: [sh, -c, "echo sudo is not needed; exec nginx --no-sudo"]
    ///     - name: install
    ///       args: [apt-get, install, sudo]
    ///     - name: quoted
    ///       command: [sh, -c, "echo '; sudo x' # ; sudo ls"]
    ///     - name: rules
    ///       command:
    ///         - sh
    ///         - -c
    ///         - |
    ///           cat > /etc/sudoers.d/web <<EOF
    ///           sudo ALL=(ALL) ALL
    ///           EOF
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.runAsUser` to the user that the program needs, prepare file owners in the image, and call the program directly.
    SudoInCommand {
        id: "sudo-in-command",
        title: "sudo in command or args",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for SudoInCommand {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let mut words: Vec<_> = container.command_line().collect();
        // Without `command` the image's entry point is unknown: where the first argument is no single word,
        // it may be a shell.
        let has_command = container.node.list("command").next().is_some();
        let is_script = !has_command
            && words
                .first()
                .is_some_and(|first| first.text().contains([' ', '\n']));
        let before: &[&str] = if is_script { &["sh", "-c"] } else { &[] };
        if is_script {
            words.truncate(1);
        }
        report(&words, before, findings, "command");
        for path in PROBES_AND_HOOKS {
            let words: Vec<_> = container
                .node
                .path(path)
                .into_iter()
                .flat_map(|exec| exec.list("command"))
                .collect();
            let what = path.iter().rev().nth(1).copied().unwrap_or_default();
            report(&words, &[], findings, what);
        }
    }
}

/// Commands that the kubelet starts in the container.
const PROBES_AND_HOOKS: &[&[&str]] = &[
    &["livenessProbe", "exec"],
    &["readinessProbe", "exec"],
    &["startupProbe", "exec"],
    &["lifecycle", "postStart", "exec"],
    &["lifecycle", "preStop", "exec"],
];

/// Reports each of the words that starts sudo, once; `before` are words that nobody wrote, and `what` is started.
fn report(words: &[Node<'_>], before: &[&str], findings: &mut Findings<'_>, what: &str) {
    if !words.iter().any(|word| word.text().contains("sudo")) {
        return;
    }
    let texts: Vec<_> = words.iter().map(|word| word.text()).collect();
    let all = [before, &texts].concat();
    let mut starting: Vec<_> = commands_of_words(&all)
        .into_iter()
        .filter(|(_, command)| command.is("sudo"))
        .filter_map(|(index, _)| words.get(index.checked_sub(before.len())?))
        .collect();
    starting.dedup_by(|one, other| one.is_same(**other));
    for word in starting {
        let note = format!("starts sudo in its {what}");
        findings.add(SudoInCommand::META).at(*word).note(note);
    }
}
