//! `Gemfile.lock`: sections by where gems come from, each with its `specs:`, four spaces in.
//!
//! See: <https://bundler.io/man/bundle-install.1.html#THE-GEMFILE.LOCK>.

use super::{Damage, Listing, NO_RELEASE, is_blank, numbered};

/// Of these, each file has one.
const SECTIONS: [&str; 5] = ["GEM", "GIT", "PATH", "PLATFORMS", "DEPENDENCIES"];

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    let mut section = "";
    let mut is_marked = is_blank(text, "#");
    let mut is_in_specs = false;
    for (number, line) in numbered(text) {
        if !line.starts_with(' ') {
            section = line.trim_end();
            is_marked |= SECTIONS.contains(&section);
            is_in_specs = false;
            continue;
        }
        let spaces = line.len() - line.trim_start_matches(' ').len();
        let content = line.trim();
        if spaces == 2 {
            is_in_specs = content == "specs:";
        }
        if spaces != 4 || !is_in_specs || section == "PATH" {
            continue;
        }
        let stated = content.strip_suffix(')').and_then(|it| it.split_once(" ("));
        let Some((name, version)) = stated else {
            listing.damage(number, "a gem has no version in parentheses");
            continue;
        };
        if section == "GIT" {
            listing.unlisted(NO_RELEASE, number);
            continue;
        }
        // What follows is the platform: `1.13.0-x86_64-linux`.
        let version = version.split('-').next().unwrap_or_default();
        listing.package(name, version, number, false)?;
    }
    if !is_marked {
        listing.damage(1, "has no list of gems");
    }
    Ok(())
}
