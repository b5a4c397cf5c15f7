//! Programs that sign: for keys that no file holds, in a key management service or on a token.

use std::{
    io::{Read, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Most that a program may say: a signature of RSA with 8,192 bits has 1,400 bytes in Base64.
const MAX_BYTES: u64 = 64 << 10;

/// How long a program may take: somebody may have to touch a token.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often is looked whether a program has ended that has nothing more to say.
const GLANCE: Duration = Duration::from_millis(5);

/// The signature that a program makes of a message.
pub(super) fn sign(program: &Path, message: &[u8]) -> Result<Vec<u8>> {
    let deadline = Instant::now() + PATIENCE;
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("it cannot be run")?;
    let said = listen(&mut child, message.to_vec(), deadline);
    let has_succeeded = end(&mut child, deadline);
    match has_succeeded {
        Some(true) => {}
        Some(false) => bail!("it failed, and nothing was written"),
        None => bail!("it does not end within {} s", PATIENCE.as_secs()),
    }
    let mut said = said.context("it says nothing")?;
    said.retain(|byte| !byte.is_ascii_whitespace());
    let signature = STANDARD.decode(said);
    signature.context("what it prints is no signature in Base64")
}

/// What the program says, once it has said it all.
fn listen(child: &mut Child, message: Vec<u8>, deadline: Instant) -> Option<Vec<u8>> {
    let input = child.stdin.take();
    // A program may begin to speak before it has heard everything.
    thread::spawn(move || {
        if let Some(mut input) = input {
            // One that does not listen says what is wrong by itself.
            let _ = input.write_all(&message);
        }
    });
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
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() < deadline => thread::sleep(GLANCE),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}
