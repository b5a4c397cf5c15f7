//! `manifest.toml` of Gleam: the packages of Hex that a project is built with, each on a line.
//!
//! Other programs have files of this name, which say nothing here.
//! See: <https://gleam.run/writing-gleam/gleam-toml/>.

use serde::Deserialize;
use toml::Spanned;

use super::{Damage, Lines, Listing, NO_RELEASE};

#[derive(Deserialize)]
struct Document {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: Spanned<String>,
    #[serde(default)]
    version: String,
    source: String,
}

/// Whether a text is such a file, sound or not: whoever writes it begins with these words.
fn is_of_gleam(text: &str) -> bool {
    text.contains("build_tools = [") && text.contains("packages = [")
}

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    if !is_of_gleam(text) {
        return Ok(());
    }
    let mut lines = Lines::new(text);
    let document = match toml::from_str::<Document>(text) {
        Ok(document) => document,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let reason = error.message().lines().next().unwrap_or_default();
            listing.damage(lines.of(at), reason.trim_end_matches('.'));
            return Ok(());
        }
    };
    for package in document.packages {
        let line = lines.of(package.name.span().start);
        match &*package.source {
            "hex" => listing.package(package.name.as_ref(), &package.version, line, false)?,
            "local" => {}
            _ => listing.unlisted(NO_RELEASE, line),
        }
    }
    Ok(())
}
