//! Certificates that somebody trusts: files of them, and the folders in which `notation` keeps them.
//!
//! Source: <https://github.com/notaryproject/specifications/blob/main/specs/trust-store-trust-policy.md#trust-store>.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use crate::content::open_regular;

/// Bytes of the largest file of certificates.
const MAX_BYTES: u64 = 1 << 20;

/// Files of one collection that are read.
const MAX_FILES: usize = 1_000;

/// Reads a file of certificates, in whatever form.
///
/// # Errors
///
/// Why it cannot be read.
pub fn read_certificates(path: &Path) -> Result<Vec<u8>, String> {
    let (file, size) = open_regular(path)?;
    if size > MAX_BYTES {
        return Err("is larger than 1 MiB".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    Ok(bytes)
}

/// Reads a collection of certificates, `x509/<kind>/<name>` of a folder: the files `.pem`, `.crt` and `.cer` in it, by
/// their names. What is in folders below is not meant; nothing is reached by a symbolic link.
///
/// # Errors
///
/// Which file or folder cannot be read or is a link, or that there is no certificate.
pub fn read_trust_store(
    folder: &Path,
    kind: &str,
    name: &str,
) -> Result<Vec<(PathBuf, Vec<u8>)>, String> {
    let folder = folder.join("x509").join(kind).join(name);
    let wrong = |path: &Path, reason: &str| format!("{} {reason}", path.display());
    let is_link = |path: &Path| {
        let data = fs::symlink_metadata(path);
        data.map(|data| data.is_symlink())
            .map_err(|error| wrong(path, &format!("cannot be read: {error}")))
    };
    if is_link(&folder)? {
        return Err(wrong(
            &folder,
            "is a symbolic link, and a trust store has none",
        ));
    }
    let entries = fs::read_dir(&folder)
        .map_err(|error| wrong(&folder, &format!("cannot be read: {error}")))?;
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| wrong(&folder, &format!("cannot be read: {error}")))?;
        let path = entry.path();
        let extension = path.extension().and_then(|it| it.to_str());
        if !matches!(extension, Some("pem" | "crt" | "cer")) {
            continue;
        }
        if is_link(&path)? {
            return Err(wrong(
                &path,
                "is a symbolic link, and a trust store has none",
            ));
        }
        if path.is_dir() {
            continue;
        }
        if paths.len() >= MAX_FILES {
            return Err(wrong(&folder, "has more than a thousand certificates"));
        }
        paths.push(path);
    }
    if paths.is_empty() {
        return Err(wrong(&folder, "has no certificates (.pem, .crt, .cer)"));
    }
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = read_certificates(&path).map_err(|reason| wrong(&path, &reason))?;
        Ok((path, bytes))
    };
    paths.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_collection_is_the_certificates_in_its_folder() {
        let folder = TempDir::new().unwrap();
        let store = folder.path().join("x509/ca/shop");
        fs::create_dir_all(store.join("below")).unwrap();
        for name in [
            "b.pem",
            "a.crt",
            "c.cer",
            "README",
            "key.key",
            "below/d.pem",
        ] {
            fs::write(store.join(name), name).unwrap();
        }
        let read = read_trust_store(folder.path(), "ca", "shop").unwrap();
        let bytes: Vec<_> = read.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        assert_eq!(bytes, [&b"a.crt"[..], b"b.pem", b"c.cer"]);
        let error = read_trust_store(folder.path(), "ca", "other").unwrap_err();
        assert!(error.contains("other cannot be read"), "{error}");
        fs::create_dir(folder.path().join("x509/ca/empty")).unwrap();
        let error = read_trust_store(folder.path(), "ca", "empty").unwrap_err();
        assert!(error.contains("has no certificates"), "{error}");
        fs::write(store.join("large.pem"), vec![0; (1 << 20) + 1]).unwrap();
        let error = read_trust_store(folder.path(), "ca", "shop").unwrap_err();
        assert!(error.contains("large.pem is larger than 1 MiB"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused() {
        use std::os::unix::fs::symlink;

        let folder = TempDir::new().unwrap();
        let store = folder.path().join("x509/ca/shop");
        fs::create_dir_all(&store).unwrap();
        fs::write(folder.path().join("a.pem"), "a").unwrap();
        symlink("shop", folder.path().join("x509/ca/linked")).unwrap();
        symlink("../../../a.pem", store.join("a.pem")).unwrap();
        for name in ["shop", "linked"] {
            let error = read_trust_store(folder.path(), "ca", name).unwrap_err();
            assert!(error.contains("is a symbolic link"), "{error}");
        }
    }
}
