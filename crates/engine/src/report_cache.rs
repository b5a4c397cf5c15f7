//! Reports about images in a folder, each read again only where its file changed.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ringwall_collect::{file_state, image_report_files, read_image_report};
use ringwall_model::Date;
use ringwall_policy::image::{ImageReports, ReportFacts};

/// What was read of reports, by file: with thousands of them, reading takes seconds, and one changes at a time.
#[derive(Default)]
pub struct ReportCache(Mutex<HashMap<PathBuf, Known>>);

/// What a file said, and the state in which it did.
#[derive(Clone)]
struct Known {
    state: String,
    facts: Arc<ReportFacts>,
}

impl fmt::Debug for ReportCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is kept changes nothing of what is said.
        f.write_str("ReportCache")
    }
}

impl ReportCache {
    /// Everything that the reports of a folder say on a day; one that is older than so many days counts no more.
    ///
    /// # Errors
    ///
    /// For a folder or a report that cannot be read: its image would be unknown, and nobody would know why.
    pub fn read(
        &self,
        folder: &Path,
        as_of: Date,
        max_age_days: u32,
    ) -> Result<ImageReports, String> {
        let files = image_report_files(folder).map_err(|error| error.to_string())?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = HashMap::with_capacity(files.len());
        let mut reports = ImageReports::new(as_of, max_age_days);
        for file in files {
            // Looked at first: what is written meanwhile is read the next time.
            let state = file_state(&file);
            let kept = known.get(&file).filter(|known| known.state == state);
            let facts = match kept {
                Some(known) => Arc::clone(&known.facts),
                None => Arc::new(read(&file).map_err(|it| format!("{} {it}", file.display()))?),
            };
            reports.add_facts(&facts);
            now.insert(file, Known { state, facts });
        }
        *known = now;
        Ok(reports)
    }
}

fn read(file: &Path) -> Result<ReportFacts, String> {
    let text = read_image_report(file)?;
    ReportFacts::read(text.as_bytes()).map_err(|error| error.to_string())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs files that change")]
mod tests {
    use std::fs::{self, File, FileTimes};

    use serde_json::json;

    use super::*;

    fn report(digit: &str) -> String {
        let digest = format!("sha256:{}", digit.repeat(64));
        json!({"version": 1, "image": {"digest": digest}, "as_of": "2026-11-01"}).to_string()
    }

    #[test]
    fn a_report_is_read_again_where_its_file_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("1.json"), folder.path().join("2.json"));
        let cache = ReportCache::default();
        let known = || cache.read(folder.path(), Date::from_unix_seconds(0), 30);
        let len = || known().unwrap().len();
        fs::write(&one, report("a")).unwrap();
        fs::write(&two, report("b")).unwrap();
        assert_eq!(len(), 2);

        // Another report of the same size, put there as if it were as old.
        let kept = |file: &PathBuf| Arc::clone(&cache.0.lock().unwrap()[file].facts);
        let before = [&one, &two].map(kept);
        let time = fs::metadata(&two).unwrap().modified().unwrap();
        let aside = folder.path().join("aside");
        fs::write(&aside, report("a")).unwrap();
        let file = File::options().append(true).open(&aside).unwrap();
        file.set_times(FileTimes::new().set_modified(time)).unwrap();
        fs::rename(&aside, &two).unwrap();
        assert_eq!(len(), 1);
        let after = [&one, &two].map(kept);
        assert!(Arc::ptr_eq(&before[0], &after[0]));
        assert!(!Arc::ptr_eq(&before[1], &after[1]));

        fs::write(&two, "{}").unwrap();
        let error = known().unwrap_err();
        assert!(error.contains("2.json is no report"), "{error}");
        fs::remove_file(&two).unwrap();
        assert_eq!(len(), 1);
        fs::remove_file(&one).unwrap();
        assert_eq!(len(), 0);
    }
}
