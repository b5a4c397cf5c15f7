//! `gradle.lockfile`: one line for each module, with the configurations that it is locked for.
//!
//! See: <https://docs.gradle.org/current/userguide/dependency_locking.html>.

use super::{Damage, Listing, numbered};

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    for (number, line) in numbered(text) {
        let line = line.trim();
        let is_mark = ["<<<<<<<", "=======", ">>>>>>>"]
            .iter()
            .any(|it| line.starts_with(it));
        if line.is_empty() || line.starts_with('#') || line.starts_with("empty=") || is_mark {
            continue;
        }
        let (module, configurations) = line.split_once('=').unwrap_or((line, ""));
        let Some((name, version)) = module
            .rsplit_once(':')
            .filter(|(name, _)| name.contains(':'))
        else {
            listing.damage(number, "is no group:artifact:version");
            continue;
        };
        let mut configurations = configurations.split(',').filter(|it| !it.is_empty());
        let is_of_tests = |it: &str| it.starts_with("test") || it.contains("Test");
        let is_for_development =
            configurations.clone().next().is_some() && configurations.all(is_of_tests);
        listing.package(name, version, number, is_for_development)?;
    }
    Ok(())
}
