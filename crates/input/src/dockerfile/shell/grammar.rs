//! Stub.
use super::super::joined::Joined;
use super::{Script, Shell, ShellScript};
use crate::Diagnostic;
use crate::dockerfile::Word;
use ringwall_model::Span;

pub(in crate::dockerfile) fn parse_script(
    _text: &Joined,
    shell: &Shell,
    span: Span,
) -> Result<ShellScript, Diagnostic> {
    Ok(ShellScript {
        dialect: shell.dialect,
        span,
        ..ShellScript::default()
    })
}

pub(in crate::dockerfile) fn parse_exec(_words: &[Word], span: Span) -> Script {
    Script::Posix(ShellScript {
        span,
        ..ShellScript::default()
    })
}
