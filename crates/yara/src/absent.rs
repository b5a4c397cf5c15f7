//! What stands in the place of rules where YARA-X is not built in.

use ringwall_malware::{FileRules, RuleMatch, Unmatched, UnusableRule};

use crate::{Bounds, Error};

/// Rules, of which there are none in this build.
#[derive(Debug)]
pub enum Rules {}

/// Says that YARA is not built in.
pub const fn compile(_: &[(String, Result<String, String>)], _: Bounds) -> Result<Rules, Error> {
    Err(Error::NotBuilt)
}

impl FileRules for Rules {
    fn digest(&self) -> &str {
        match *self {}
    }

    fn most_bytes(&self) -> u64 {
        match *self {}
    }

    fn unusable(&self) -> &[UnusableRule] {
        match *self {}
    }

    fn matches(&self, _: &str, _: &[u8]) -> Result<Vec<RuleMatch>, Unmatched> {
        match *self {}
    }
}
