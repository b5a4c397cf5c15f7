use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// `sudo` as a program that `command` or `args` start: as their first word, behind `env` and the like, or where a shell script begins a command.
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
        let mut previous = "";
        // Without `command` the image's entry point is unknown: it may be a shell.
        let mut is_script = container.node.list("command").next().is_none();
        for (index, item) in container.command_line().enumerate() {
            let text = item.text();
            let starts = index == 0 || is_wrapper(previous);
            if text.contains("sudo")
                && ((starts && base(text) == "sudo") || (is_script && runs_sudo(text)))
            {
                findings
                    .add(Self::META)
                    .at(item)
                    .note("starts sudo in its command");
            }
            if starts && is_shell(text) {
                is_script = true;
            } else if index == 0 && !text.contains([' ', '\n']) {
                is_script = false;
            }
            previous = text;
        }
    }
}

/// The program's name without its folder.
fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn is_shell(program: &str) -> bool {
    matches!(
        base(program),
        "sh" | "ash" | "bash" | "busybox" | "dash" | "ksh" | "zsh"
    )
}

/// Whether the next argument is a program to start.
fn is_wrapper(argument: &str) -> bool {
    matches!(
        base(argument),
        "--" | "dumb-init" | "env" | "exec" | "nice" | "nohup" | "time" | "tini"
    )
}

/// Whether a shell script begins a command with sudo.
fn runs_sudo(script: &str) -> bool {
    let lines = script
        .lines()
        .map(|line| line.split(" #").next().unwrap_or(line))
        .filter(|line| !line.trim_start().starts_with('#'));
    lines
        .flat_map(|line| line.split([';', '&', '|', '(', '`', '{']))
        .any(|command| {
            let program = command.split_whitespace().find(|word| {
                let is_assignment = word.contains('=') && !word.starts_with('-');
                let is_prefix = matches!(
                    *word,
                    "!" | "command" | "do" | "else" | "if" | "then" | "until" | "while"
                );
                !is_assignment && !is_prefix && !is_wrapper(word)
            });
            program.is_some_and(|program| base(program) == "sudo")
        })
}

#[cfg(test)]
mod tests {
    use super::runs_sudo;

    #[test]
    fn only_the_start_of_a_command_counts() {
        for script in [
            "sudo ls",
            "cd /; sudo ls",
            "if sudo ls; then :; fi",
            "x=$(sudo ls)",
            "A=1 exec /usr/bin/sudo ls",
            "true\n  sudo ls",
        ] {
            assert!(runs_sudo(script), "{script}");
        }
        for script in [
            "echo sudo",
            "apt-get install sudo",
            "# sudo ls",
            "ls # ; sudo ls",
            "pseudo ls",
            "",
        ] {
            assert!(!runs_sudo(script), "{script}");
        }
    }
}
