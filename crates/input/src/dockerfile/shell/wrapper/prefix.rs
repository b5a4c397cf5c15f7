//! Commands that run what stands behind their flags, and which of these flags take the next word.

/// How a command is written that stands before another one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefix {
    /// Flags whose value is a word of its own.
    pub(super) with_value: &'static [&'static str],
    /// How many words stand between the flags and the command.
    pub(super) operands: usize,
}

/// Flags with a value as a word of its own. See: sudo(8).
const SUDO_VALUES: &[&str] = &[
    "-u",
    "-g",
    "-h",
    "-p",
    "-C",
    "-r",
    "-t",
    "-T",
    "-U",
    "-D",
    "-R",
    "--user",
    "--group",
    "--host",
    "--prompt",
    "--close-from",
    "--role",
    "--type",
    "--command-timeout",
    "--other-user",
    "--chdir",
    "--chroot",
];

/// Flags with a value. See: setpriv(1).
const SETPRIV_VALUES: &[&str] = &[
    "--reuid",
    "--regid",
    "--ruid",
    "--euid",
    "--rgid",
    "--egid",
    "--groups",
    "--inh-caps",
    "--ambient-caps",
    "--bounding-set",
    "--securebits",
    "--pdeathsig",
    "--selinux-label",
    "--apparmor-profile",
];

/// Flags with a value as a word of its own. See: unshare(1).
const UNSHARE_VALUES: &[&str] = &[
    "-R",
    "--root",
    "-w",
    "--wd",
    "-S",
    "--setuid",
    "-G",
    "--setgid",
    "--map-user",
    "--map-group",
    "--map-users",
    "--map-groups",
    "--propagation",
    "--setgroups",
];

/// Flags with a value. See: xvfb-run(1).
const XVFB_RUN_VALUES: &[&str] = &[
    "-e",
    "--error-file",
    "-f",
    "--auth-file",
    "-n",
    "--server-num",
    "-p",
    "--xauth-protocol",
    "-s",
    "--server-args",
    "-w",
    "--wait",
];

/// Flags with a value. See: strace(1).
const STRACE_VALUES: &[&str] = &[
    "-a", "-b", "-e", "-E", "-I", "-o", "-O", "-p", "-P", "-s", "-S", "-u", "-U", "-X", "--output",
    "--user", "--attach",
];

/// Flags with a value. See: ltrace(1).
const LTRACE_VALUES: &[&str] = &[
    "-a", "-A", "-D", "-e", "-F", "-l", "-n", "-o", "-p", "-s", "-u", "-w", "-x", "-X", "--output",
];

/// Flags with a value. See: fakeroot(1).
const FAKEROOT_VALUES: &[&str] = &[
    "-l",
    "--lib",
    "-f",
    "--faked",
    "-s",
    "-i",
    "-b",
    "--fd-base",
];

/// Flags with a value. See: xargs(1).
const XARGS_VALUES: &[&str] = &[
    "-I",
    "-n",
    "-P",
    "-L",
    "-s",
    "-d",
    "-E",
    "-a",
    "--max-args",
    "--max-procs",
    "--max-chars",
    "--delimiter",
    "--arg-file",
    "--process-slot-var",
];

/// How a program is written that stands before a command; `None` for others.
pub(super) fn prefix(program: &str) -> Option<Prefix> {
    let (with_value, operands): (&[&str], usize) = match program {
        "sudo" => (SUDO_VALUES, 0),
        "doas" => (&["-u", "-C"], 0),
        "exec" => (&["-a"], 0),
        "time" => (&["-f", "--format", "-o", "--output"], 0),
        "nohup" | "builtin" | "setsid" | "unbuffer" | "busybox" | "catchsegv" | "eatmydata"
        | "valgrind" | "torsocks" | "torify" | "corepack" | "cross-env" | "cross-env-shell" => {
            (&[], 0)
        }
        "fakeroot" | "fakeroot-ng" => (FAKEROOT_VALUES, 0),
        "tini" => (&["-p", "-e"], 0),
        "dumb-init" => (&["-r", "--rewrite"], 0),
        "caffeinate" => (&["-t", "-w"], 0),
        "cgexec" => (&["-g"], 0),
        "dbus-run-session" => (&["--config-file", "--dbus-daemon"], 0),
        "proxychains" | "proxychains4" => (&["-f"], 0),
        "nice" => (&["-n", "--adjustment"], 0),
        "ionice" => (&["-c", "--class", "-n", "--classdata", "-p", "--pid"], 0),
        "stdbuf" => (&["-i", "-o", "-e", "--input", "--output", "--error"], 0),
        "timeout" => (&["-s", "--signal", "-k", "--kill-after"], 1),
        "taskset" => (&["-p", "--pid"], 1),
        "chrt" => (
            &[
                "-T",
                "--sched-runtime",
                "-P",
                "--sched-period",
                "-D",
                "--sched-deadline",
            ],
            1,
        ),
        "numactl" => (&["-i", "-m", "-N", "-C", "-p", "-P", "-w"], 0),
        "faketime" | "gosu" | "su-exec" | "s6-setuidgid" | "setuidgid" | "setuser" | "envdir" => {
            (&[], 1)
        }
        "chroot" => (&["--userspec", "--groups"], 1),
        "nsenter" => (&["-t", "--target", "-S", "--setuid", "-G", "--setgid"], 0),
        "setpriv" => (SETPRIV_VALUES, 0),
        "unshare" => (UNSHARE_VALUES, 0),
        "strace" => (STRACE_VALUES, 0),
        "ltrace" => (LTRACE_VALUES, 0),
        "ssh-agent" => (&["-a", "-E", "-O", "-P", "-t"], 0),
        "xvfb-run" => (XVFB_RUN_VALUES, 0),
        "xargs" => (XARGS_VALUES, 0),
        _ => return None,
    };
    Some(Prefix {
        with_value,
        operands,
    })
}

/// The verb behind which a program takes a command, and the flags with a value behind that.
pub(super) fn verb(program: &str) -> Option<(&'static str, &'static [&'static str])> {
    Some(match program {
        // See: `conda run --help`.
        "conda" | "mamba" | "micromamba" => ("run", &["-n", "--name", "-p", "--prefix", "--cwd"]),
        // See: <https://docs.astral.sh/uv/reference/cli/#uv-run>
        "uv" => (
            "run",
            &[
                "-p",
                "--python",
                "--with",
                "--with-editable",
                "--with-requirements",
                "--extra",
                "--group",
                "--only-group",
                "--package",
                "--env-file",
                "--directory",
                "--project",
            ],
        ),
        "poetry" | "pipenv" | "pdm" | "rye" | "hatch" => ("run", &[]),
        "bundle" | "rbenv" | "pyenv" | "nodenv" | "goenv" => ("exec", &[]),
        _ => return None,
    })
}
