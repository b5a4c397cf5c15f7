//! An SBOM is any bytes: it is read within bounds, and what is read of it can be written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ringwall_image::{Sbom, SbomError};

fuzz_target!(|bytes: &[u8]| {
    let sbom = match Sbom::parse(bytes) {
        Ok(sbom) => sbom,
        // Where it is damaged, it says in which line.
        Err(SbomError::Damaged(error)) => return assert!(error.line() > 0, "{error}"),
        Err(_) => return,
    };
    // What was read began as an SBOM does.
    assert!(Sbom::begins(bytes) || bytes.get(257..262) == Some(b"ustar"));
    for placed in &sbom.contents.packages {
        assert!(!placed.path.starts_with('/'));
        if let Some(purl) = placed.package.purl(sbom.contents.distribution.as_ref()) {
            assert_eq!(purl.to_string().parse(), Ok(purl));
        }
    }
    assert!(sbom.unread.iter().all(|unread| unread.count > 0));
    assert!(sbom.contents.packages.is_sorted());
});
