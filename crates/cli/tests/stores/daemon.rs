//! A program that runs until the test ends.

use std::{
    io::{BufRead, BufReader, ErrorKind},
    process::{Child, Command, Stdio},
};

/// A program that said that it is ready.
pub(crate) struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let ended = Command::new("kill").arg(self.0.id().to_string()).status();
        // It unmounts what it mounted, where it is asked to end.
        if ended.is_ok_and(|status| status.success()) {
            let _ = self.0.wait();
        }
    }
}

impl Daemon {
    /// Starts a program, and waits until its log has these words; `None` where it is not here or may not run.
    pub(crate) fn start(command: &mut Command, ready: &str) -> Option<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let started = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut program = match started {
            Ok(program) => program,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("skipped: {name} is not here");
                return None;
            }
            Err(error) => panic!("{name}: {error}"),
        };
        let log = BufReader::new(program.stderr.take().expect("its log"));
        // Where it does not start, its log ends.
        let mut lines = log.lines().map_while(Result::ok);
        let mut last = String::new();
        let is_ready = lines.any(|line| {
            let is_ready = line.contains(ready);
            last = line;
            is_ready
        });
        let daemon = Self(program);
        if !is_ready {
            println!("skipped: {name} does not run here: {last}");
            return None;
        }
        // Nobody may stop reading, else it would wait for that.
        std::thread::spawn(move || lines.for_each(drop));
        Some(daemon)
    }
}
