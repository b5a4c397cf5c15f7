//! `ringwall scan -o kubesec`.

use anyhow::{Result, bail};
use ringwall_engine::Input;

use crate::{args::ScanArgs, exit::Exit};

pub(super) fn run(_args: &ScanArgs, _input: &Input) -> Result<Exit> {
    bail!("not there yet")
}
