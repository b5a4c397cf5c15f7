//! Programs that know logins: `docker-credential-NAME get`, with the registry on standard input.
//!
//! See: <https://github.com/docker/docker-credential-helpers#development>

use std::{
    io::{Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde::Deserialize;

use crate::{credentials::Credential, secret::Secret};

/// Most that a program may say.
const MAX_BYTES: u64 = 1 << 20;

/// How often is looked whether a program has ended that has nothing more to say.
const GLANCE: Duration = Duration::from_millis(5);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Asks a program for the login to a server; `None` where it knows of none.
pub(crate) fn ask(
    name: &str,
    server: &str,
    patience: Duration,
) -> Result<Option<Credential>, String> {
    if name.contains(['/', '\\']) || name.contains("..") {
        return Err("is no name of a program".to_owned());
    }
    let mut command = Command::new(format!("docker-credential-{name}"));
    command.arg("get");
    run(command, server, patience)
}

fn run(
    mut command: Command,
    server: &str,
    patience: Duration,
) -> Result<Option<Credential>, String> {
    let deadline = Instant::now() + patience;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot be run: {error}"))?;
    let said = listen(&mut child, server, deadline);
    let succeeded = end(&mut child, deadline);
    let said = said.ok_or_else(|| format!("says nothing within {} s", patience.as_secs()))?;
    match succeeded {
        None => Err(format!("does not end within {} s", patience.as_secs())),
        Some(true) => {
            let answer: Answer = serde_json::from_slice(&said)
                .map_err(|_| "says nothing that can be understood".to_owned())?;
            let secret = Secret::new(answer.secret);
            Ok(Some(if answer.username == "<token>" {
                Credential::Identity(secret)
            } else {
                Credential::Password {
                    user: answer.username,
                    password: secret,
                }
            }))
        }
        Some(false) => {
            let said = String::from_utf8_lossy(&said);
            // The words by which all of them say so; they have no code of their own for it.
            if said.trim() == "credentials not found in native keychain" {
                return Ok(None);
            }
            let first = said.lines().next().unwrap_or_default();
            let first: String = first
                .chars()
                .filter(|it| !it.is_control())
                .take(200)
                .collect();
            Err(format!("fails: {first}"))
        }
    }
}

/// What the program says, once it has said it all.
fn listen(child: &mut Child, server: &str, deadline: Instant) -> Option<Vec<u8>> {
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read its input says what is wrong by itself.
        let _ = input.write_all(server.as_bytes());
    }
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    // A descendant may keep the pipe open for ever, so that reading must not be what is waited for.
    thread::spawn(move || {
        let mut said = Vec::new();
        if output.take(MAX_BYTES).read_to_end(&mut said).is_ok() {
            let _ = sender.send(said);
        }
    });
    let left = deadline.saturating_duration_since(Instant::now());
    receiver.recv_timeout(left).ok()
}

/// Whether the program succeeded; it is stopped where it has not ended by itself.
fn end(child: &mut Child, deadline: Instant) -> Option<bool> {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status.success());
        }
        if Instant::now() >= deadline {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(GLANCE);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Result<Option<Credential>, String> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command, "a.io", patience)
    }

    #[test]
    fn programs_that_do_not_end_are_stopped() {
        let start = Instant::now();
        let short = Duration::from_millis(100);
        let check = |script: &str, patience: Duration, expected: &str| {
            let told = shell(script, patience).unwrap_err();
            assert!(told.contains(expected), "{script}: {told}");
        };
        check("exec tail -f /dev/null", short, "says nothing within");
        check(
            "exec >/dev/null; exec tail -f /dev/null",
            short,
            "does not end within",
        );
        // A descendant keeps the pipe open.
        check("sleep 5 & exit 0", short, "says nothing within");
        let long = Duration::from_secs(10);
        check("yes", long, "fails");
        check("exec <&-; exit 3", long, "fails");
        assert!(start.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn logins_and_identity_tokens_are_told() {
        let long = Duration::from_secs(10);
        let say = |user: &str| {
            let text = format!(r#"{{"ServerURL": "x", "Username": "{user}", "Secret": "s"}}"#);
            shell(&format!("cat >/dev/null; echo '{text}'"), long)
        };
        let password = Secret::new("s");
        let user = "u".to_owned();
        assert_eq!(say("u"), Ok(Some(Credential::Password { user, password })));
        let token = Credential::Identity(Secret::new("s"));
        assert_eq!(say("<token>"), Ok(Some(token)));
        let none = "echo 'credentials not found in native keychain'; exit 1";
        assert_eq!(shell(none, long), Ok(None));
    }
}
