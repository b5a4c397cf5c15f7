//! A folder with reports about images, one file each.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use crate::{Error, content::read_path, error::reason};

/// Longest report: 256 MiB; one of an image with a thousand packages has 1 MB.
const MOST_BYTES: u64 = 256 << 20;
/// Most reports of a folder.
const MOST_REPORTS: usize = 100_000;

/// The reports of a folder, by name and in order: files that end with `.json`, each with its text or why it has
/// none. Folders inside it are left alone.
pub fn image_reports(
    folder: &Path,
) -> Result<impl Iterator<Item = (String, Result<String, String>)>, Error> {
    let files = image_report_files(folder)?;
    Ok(files.into_iter().map(|path| {
        let name = path.display().to_string();
        (name, read_image_report(&path))
    }))
}

/// The text of a report, or why it has none.
pub fn read_image_report(path: &Path) -> Result<String, String> {
    match read_path(path, MOST_BYTES) {
        crate::Content::Text(text) => Ok(text),
        crate::Content::Unreadable(reason) => Err(reason),
        crate::Content::TooLarge { .. } => Err("is too large for a report".to_owned()),
        _ => Err("is no text in UTF-8".to_owned()),
    }
}

/// What changes whenever a report does: the names, sizes and times of the files.
pub fn image_reports_state(folder: &Path) -> String {
    let mut state = format!("{} ", folder.display());
    match image_report_files(folder) {
        Ok(files) => {
            for file in files {
                // Writing to a string cannot fail.
                let _ = write!(state, "{} ", file_state(&file));
            }
        }
        Err(error) => {
            let _ = write!(state, "{error}");
        }
    }
    state
}

/// What changes whenever a file does: its name, its size, its times, and which file it is.
pub fn file_state(path: &Path) -> String {
    let metadata = fs::metadata(path).ok();
    let size = metadata.as_ref().map(fs::Metadata::len);
    // Nobody can set back when a file was changed, as they can when it was written.
    #[cfg(unix)]
    let number = metadata.as_ref().map(|it| {
        use std::os::unix::fs::MetadataExt as _;
        (it.ino(), it.ctime(), it.ctime_nsec())
    });
    #[cfg(not(unix))]
    let number = None::<u64>;
    let time = metadata.and_then(|it| it.modified().ok());
    format!("{} {size:?} {time:?} {number:?}", path.display())
}

/// The files of a folder that hold reports, in order.
pub fn image_report_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let error = |reason: String| Error::Read {
        path: folder.to_owned(),
        reason,
    };
    let entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(|source| error(reason(&source)))?;
    let mut files: Vec<_> = entries
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect();
    if files.len() > MOST_REPORTS {
        return Err(error(format!("holds more than {MOST_REPORTS} reports")));
    }
    files.sort();
    Ok(files)
}
