//! What shell lints look at.

use ringwall_model::Span;

/// One thing about a script that a lint may want to report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellFact {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: FactKind,
    /// Whether it stands in the script itself, so that what is written there means what it says: in no string or heredoc
    /// for another shell and not in backticks.
    pub is_plain: bool,
}

/// The things that are noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// A variable outside quotes where its value is split and globbed.
    ///
    /// Numbers (`$?`, `$#`, `$$`, `$!`, `${#x}`) and `$@` and `$*` are left out.
    UnquotedVariable {
        /// The variable.
        name: String,
    },
    /// A command substitution outside quotes where its output is split and globbed.
    UnquotedSubstitution {
        /// The first command in it; empty if there is none.
        command: String,
    },
    /// A command substitution written with backticks.
    Backticks,
    /// A `cd` whose failure nothing notices: no `&&`, `||`, condition or `set -e`, and something follows it.
    UncheckedCd,
    /// `a && b || c`, where `c` also runs when `b` fails; the place is from `a` to `c`.
    ///
    /// Not noted where `b` is an `exit`, `return`, `echo`, `printf`, `true`, `:` or an assignment, which do not fail.
    AndOr,
    /// A pipeline behind `!`, which `set -e` never stops at, with something following it.
    NegatedPipeline,
    /// `export x=$(command)`: the exit code is that of `export`.
    MaskedExitCode {
        /// `export`, `local`, `readonly`, `declare` or `typeset`.
        declaration: String,
    },
    /// An unquoted `{` or `}` that the shell takes as text.
    LiteralBrace,
    /// An argument that starts with an unquoted `*` or `?` and so may expand to a name that starts with `-`.
    DashProneGlob,
    /// A space is missing: `[$x`, `x]`, `if[`, `{echo`, `!grep`.
    MissingSpace {
        /// Before which text, or behind which, in words: `after [`.
        place: &'static str,
    },
    /// A feature of bash in a script for `sh`; never noted for bash, ksh or zsh.
    Bashism {
        /// What it is, in words: `[[ ]]`, `arrays`, `source`.
        feature: &'static str,
    },
    /// `"a"b"c"`: quotes that close and open again around a plain word.
    MixedQuotes,
    /// `'a'b'c'`: a word outside single quotes between two quoted ones.
    UnquotedWord,
}
