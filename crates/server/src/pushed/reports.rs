//! Reports in the folder of the image policy, one file for each image and each index that leads to it.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ringwall_collect::{file_state, image_report_files, write_atomic};
use ringwall_report::{ImageReport, VerificationReport, image_json, verification_json};
use sha2::{Digest as _, Sha256};

use crate::wire::notification::is_digest;

/// How the names of files about signatures end.
const SIGNATURES: &str = ".verify.json";

pub(super) struct Reports {
    folder: PathBuf,
    most: usize,
    /// Held while something is written.
    writing: Mutex<()>,
}

impl Reports {
    pub(super) fn new(folder: PathBuf, most: usize) -> Self {
        Self {
            folder,
            most,
            writing: Mutex::new(()),
        }
    }

    /// Keeps the reports of all images that a digest leads to, or none of them.
    pub(super) fn keep(&self, pushed: &str, reports: &[ImageReport]) -> Result<(), String> {
        let texts = reports.iter().map(|report| {
            let digest = report.image.digest.as_deref().unwrap_or_default();
            let leads = report.image.indexes.first().map_or(digest, |it| &**it);
            // A report about something else would speak for what was never looked at.
            if !is_digest(digest) || leads != pushed {
                return Err(format!("a report is about {leads}, and not about {pushed}"));
            }
            let name = if digest == pushed {
                format!("{}.json", file_name(digest))
            } else {
                format!("{}.{}.json", file_name(pushed), file_name(digest))
            };
            Ok((self.folder.join(name), written(report)?))
        });
        let texts: Vec<_> = texts.collect::<Result<_, _>>()?;
        if texts.is_empty() {
            return Err("nothing was looked at".to_owned());
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.files()?;
        let new = texts
            .iter()
            .filter(|(path, _)| known.binary_search(path).is_err());
        if known.len() + new.count() > self.most {
            return Err(format!(
                "{} holds {} reports, and {} are the most; remove those that nobody needs",
                self.folder.display(),
                known.len(),
                self.most
            ));
        }
        for (path, text) in &texts {
            write_atomic(path, text).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Keeps who signed what a digest leads to, by those who are trusted in this state of the configuration.
    pub(super) fn keep_signatures(
        &self,
        image: &str,
        pushed: &str,
        state: &str,
        report: &VerificationReport,
    ) -> Result<(), String> {
        if let Some(reason) = report.why_undecided() {
            return Err(reason);
        }
        if !is_digest(pushed) || !report.image.digests.iter().any(|it| it == pushed) {
            return Err(format!("what was verified is not {pushed}"));
        }
        let mut text = Vec::new();
        verification_json(report, &mut text).map_err(|error| error.to_string())?;
        // In another repository, others may be trusted to sign the same.
        let place = place(image);
        let name = format!("{}.{place}.{state}{SIGNATURES}", file_name(pushed));
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        write_atomic(&self.folder.join(name), &text).map_err(|error| error.to_string())
    }

    /// Removes what was kept of signatures in every other state of the configuration.
    pub(super) fn forget_signatures(&self, state: Option<&str>) -> Result<(), String> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        for file in self.files()? {
            let name = file.file_name().and_then(|name| name.to_str());
            let kept = name.and_then(state_of);
            if kept.is_some() && kept != state {
                fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            }
        }
        Ok(())
    }

    /// Files with reports, in order.
    pub(super) fn files(&self) -> Result<Vec<PathBuf>, String> {
        image_report_files(&self.folder).map_err(|error| error.to_string())
    }

    /// Puts a report in the place of another one; not where somebody else did that since it was read.
    pub(super) fn replace(
        &self,
        file: &Path,
        seen: &str,
        report: &ImageReport,
    ) -> Result<(), String> {
        let text = written(report)?;
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if file_state(file) != seen {
            return Err("was changed meanwhile".to_owned());
        }
        write_atomic(file, &text).map_err(|error| error.to_string())
    }
}

/// The state of the configuration in which a file of ours was written: `sha256-<digest>.<place>.<state>.verify.json`.
fn state_of(name: &str) -> Option<&str> {
    let rest = name.strip_suffix(SIGNATURES)?;
    let (digest, rest) = rest.split_once('.')?;
    let (place, state) = rest.split_once('.')?;
    let is_word = |text: &str| text.len() >= 8 && text.bytes().all(|it| it.is_ascii_alphanumeric());
    let is_ours = is_digest(&digest.replacen('-', ":", 1)) && is_word(place) && is_word(state);
    is_ours.then_some(state)
}

/// A name for a reference to an image that is one of a file as well.
pub(super) fn place(image: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(image).into();
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn file_name(digest: &str) -> String {
    digest.replace(':', "-")
}

fn written(report: &ImageReport) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    image_json(report, &mut text).map_err(|error| error.to_string())?;
    Ok(text)
}
