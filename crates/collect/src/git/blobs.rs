//! Contents of files as commits hold them, without any filter.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use super::command;

/// A content that a repository holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    /// The root of the work tree.
    pub(crate) repository: Arc<Path>,
    pub(crate) id: String,
}

/// Reads contents one after another, by one git that answers until another repository is asked.
#[derive(Debug, Default)]
pub(crate) struct Blobs(Mutex<Option<Process>>);

/// What came of asking for a content.
pub(crate) enum Asked {
    Bytes(Vec<u8>),
    TooLarge(u64),
    /// A shallow or partial clone may lack it.
    Missing,
}

#[derive(Debug)]
struct Process {
    repository: Arc<Path>,
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Blobs {
    /// The bytes of a content up to a limit.
    pub(crate) fn read(&self, blob: &Blob, limit_bytes: u64) -> Asked {
        let mut process = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if process
            .as_ref()
            .is_some_and(|process| process.repository != blob.repository)
        {
            *process = None;
        }
        if process.is_none() {
            *process = Process::start(&blob.repository).ok();
        }
        let asked = process
            .as_mut()
            .and_then(|process| process.ask(&blob.id, limit_bytes).ok());
        match asked {
            Some(asked @ (Asked::Bytes(_) | Asked::Missing)) => asked,
            // What follows would be the rest of this answer.
            Some(asked @ Asked::TooLarge(_)) => {
                *process = None;
                asked
            }
            None => {
                *process = None;
                Asked::Missing
            }
        }
    }
}

impl Process {
    fn start(repository: &Arc<Path>) -> io::Result<Self> {
        let mut child = command::command(repository)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        Ok(Self {
            repository: Arc::clone(repository),
            questions: Some(child.stdin.take().ok_or_else(pipe)?),
            answers: BufReader::new(child.stdout.take().ok_or_else(pipe)?),
            child,
        })
    }

    /// Git answers `ID blob SIZE`, the bytes and a line break, or `ID missing`.
    fn ask(&mut self, id: &str, limit_bytes: u64) -> io::Result<Asked> {
        const LONGEST_HEADER: u64 = 1024;
        let questions = self.questions.as_mut();
        let questions = questions.ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(questions, "{id}")?;
        questions.flush()?;
        let mut header = String::new();
        (&mut self.answers)
            .take(LONGEST_HEADER)
            .read_line(&mut header)?;
        let mut words = header.split_whitespace().skip(1);
        let size = match (words.next(), words.next()) {
            (Some("missing"), None) => return Ok(Asked::Missing),
            (Some("blob"), Some(size)) => size.parse::<u64>().ok(),
            _ => None,
        };
        let size = size.ok_or(io::ErrorKind::InvalidData)?;
        if size > limit_bytes {
            return Ok(Asked::TooLarge(size));
        }
        let mut bytes = Vec::new();
        (&mut self.answers).take(size).read_to_end(&mut bytes)?;
        let mut end = [0];
        self.answers.read_exact(&mut end)?;
        Ok(Asked::Bytes(bytes))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends when nobody asks any more; where it does not, as in the middle of an answer, it is ended.
        drop(self.questions.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
