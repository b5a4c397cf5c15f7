//! Exit codes, the same for every command.

use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was looked at, and nothing is at or above the threshold.
    Clean,
    /// Findings at or above the threshold.
    Findings,
    /// Wrong usage or configuration.
    Usage,
    /// No such finding, but something could not be looked at.
    Incomplete,
    /// `-o kubesec`: something scores zero or less; kubesec ends with 2 then.
    KubesecLowScore,
    /// `-o kubesec`: a file gave no report; kubesec ends with 1 then.
    KubesecNoReport,
    /// `-o conftest`: something could not be judged; conftest ends with 1 then, whatever it was.
    ConftestError,
    /// `-o conftest --fail-on-warn`: something fails; conftest ends with 2 then.
    ConftestFailures,
    /// Whoever read the output stopped before its end; a program that is ended by that has this code in a shell.
    Unread,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings | Exit::KubesecNoReport | Exit::ConftestError => 1,
            Exit::Usage | Exit::KubesecLowScore | Exit::ConftestFailures => 2,
            Exit::Incomplete => 3,
            Exit::Unread => 141,
        })
    }
}
