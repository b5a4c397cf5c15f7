//! A plan of deletion that is carried out.

use std::collections::BTreeSet;

use ringwall_engine::PlannedDeletion;
use ringwall_image::RepositoryContents;
use ringwall_input::image_reference::ImageReference;
use ringwall_registry::{DeletableRepository, RegistryError, Settings, read_tags};
use ringwall_report::RegistryOutcome;

/// Why nothing goes where somebody else is at work.
const CHANGED: &str =
    "tags of this repository were changed since it was looked at, and may need it: try again";

/// Deletes what is planned of a repository, and notes what became of each.
pub(super) fn carry_out(
    contents: &RepositoryContents,
    planned: &mut [PlannedDeletion],
    settings: &Settings,
) {
    let repository = match ready(contents, settings) {
        Ok(repository) => repository,
        Err(reason) => return leave(planned, &reason),
    };
    let mut done = BTreeSet::new();
    let mut refusal: Option<String> = None;
    for one in planned {
        if let Some(refusal) = &refusal {
            leave(std::slice::from_mut(one), refusal);
            continue;
        }
        if !one.needs.is_subset(&done) {
            leave(
                std::slice::from_mut(one),
                "what it belongs to is still there",
            );
            continue;
        }
        let deletion = &mut one.deletion;
        match repository.delete(&one.digest) {
            Ok(was_there) => {
                done.insert(one.digest);
                deletion.outcome = if was_there {
                    RegistryOutcome::Deleted
                } else {
                    RegistryOutcome::Gone
                };
            }
            Err(error) => {
                deletion.outcome = RegistryOutcome::Failed;
                deletion.error = Some(error.to_string());
                // The others would be refused for the same reason.
                let is_for_all = matches!(
                    error,
                    RegistryError::DeletesNothing { .. }
                        | RegistryError::Denied { .. }
                        | RegistryError::Login { .. }
                        | RegistryError::Refused { .. }
                );
                refusal = is_for_all.then(|| "the registry refused the one before".to_owned());
            }
        }
    }
}

/// The repository, as long as it is still as it was when the plan was made.
fn ready(
    contents: &RepositoryContents,
    settings: &Settings,
) -> Result<DeletableRepository, String> {
    let reference = ImageReference::parse(&contents.name).map_err(|error| error.to_string())?;
    let repository =
        DeletableRepository::new(&reference, settings).map_err(|error| error.to_string())?;
    let tags = read_tags(repository.repository()).map_err(|error| error.to_string())?;
    if tags == contents.tags {
        Ok(repository)
    } else {
        Err(CHANGED.to_owned())
    }
}

fn leave(planned: &mut [PlannedDeletion], reason: &str) {
    for one in planned {
        one.deletion.outcome = RegistryOutcome::Left;
        one.deletion.error = Some(reason.to_owned());
    }
}
