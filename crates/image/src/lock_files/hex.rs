//! `mix.lock`: a map of Elixir, one tuple for each package: `"jason": {:hex, :jason, "1.4.0", ...}`.
//!
//! See: <https://hexdocs.pm/mix/Mix.Tasks.Deps.html>, <https://github.com/hexpm/hex/blob/main/lib/hex/mix.ex>.

use super::{Damage, Listing, NO_RELEASE, numbered};

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    if !text.trim_start().is_empty() && !text.trim_start().starts_with("%{") {
        listing.damage(1, "is no map of Elixir");
    }
    for (number, line) in numbered(text) {
        for (at, _) in line.match_indices("{:git,") {
            // Options of a package may tell of git as well; an entry is what a name precedes.
            let before = line.get(..at).unwrap_or_default().trim_end();
            if before.ends_with("\":") || before.ends_with("=>") {
                listing.unlisted(NO_RELEASE, number);
            }
        }
        for (at, start) in line.match_indices("{:hex,") {
            let rest = line.get(at + start.len()..).unwrap_or_default();
            let Some((name, version)) = parts(rest) else {
                listing.damage(number, "a package of Hex has no name or no version");
                continue;
            };
            listing.package(name, version, number, false)?;
        }
    }
    Ok(())
}

/// Name and version of ` :jason, "1.4.0", ...`.
fn parts(rest: &str) -> Option<(&str, &str)> {
    let (name, rest) = rest.trim_start().strip_prefix(':')?.split_once(',')?;
    let (version, _) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
    Some((name.trim().trim_matches('"'), version))
}
