//! A lock file is any text: it is read within bounds, and what is said of it stands on its lines.
//!
//! The first byte chooses the form.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ringwall_image::{LockFile, LockFileKind};
use ringwall_model::Source;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let kind = LockFileKind::ALL[usize::from(*choice) % LockFileKind::ALL.len()];
    let source = Arc::new(Source::new("lock", String::from_utf8_lossy(bytes)));
    let file = LockFile::parse(kind, &source);
    let lines = u32::try_from(source.lines().len()).unwrap();
    let is_line = |line: u32| (1..=lines).contains(&line);
    assert!(file.packages.is_sorted());
    for locked in &file.packages {
        assert!(is_line(locked.line), "{locked:?}");
        assert_eq!(locked.package.ecosystem, kind.ecosystem());
        assert!(!locked.package.name.is_empty() && !locked.package.version.is_empty());
        if let Some(purl) = locked.package.purl(None) {
            assert_eq!(purl.to_string().parse(), Ok(purl));
        }
    }
    assert!(file.unlisted.iter().all(|it| it.count > 0 && is_line(it.line)));
    assert!(file.damage.iter().all(|it| is_line(it.line)));
});
