//! `docs/secret-detectors.md`.

use std::fmt::Write as _;

use ringwall_model::Confidence;
use ringwall_secrets::Detectors;

use super::{Files, checks::cell};

/// A table of all detectors with a format of their own.
pub(super) fn page(files: &mut Files) {
    let mut detectors: Vec<_> = Detectors::builtin().all().collect();
    detectors.sort_by_key(|detector| (detector.provider, detector.id));
    let mut page = format!(
        "# Secret detectors\n\n\
         Written by `ringwall generate` from the detectors themselves: {} formats.\n\
         A match is the finding `plaintext-secret/<provider>`, unless the place it stands in has a check of its own; see [Secrets](secrets.md).\n\
         Besides these formats, values that are assigned to a name such as `password` or `api_key` are judged by name and value together.\n\n\
         | Provider | Detector | Finds | Severity | Confidence |\n|---|---|---|---|---|\n",
        detectors.len()
    );
    for detector in detectors {
        let _ = writeln!(
            page,
            "| [{}]({}) | `{}` | {} | {} | {} |",
            detector.provider,
            detector.docs,
            detector.id,
            cell(detector.title),
            detector.severity,
            detector.confidence.map_or("certain", Confidence::as_str)
        );
    }
    files.insert("docs/secret-detectors.md".into(), page);
}
