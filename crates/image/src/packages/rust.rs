//! The list of crates that cargo-auditable puts into programs.
//!
//! Source: <https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>.

use std::io::Read;

use flate2::read::ZlibDecoder;
use serde::Deserialize;

use crate::{Ecosystem, Listed, Package};

/// Longest list, unpacked: a crate is some hundred bytes.
const MAX_LIST_BYTES: u64 = 8 << 20;

#[derive(Deserialize)]
struct List {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    /// `build` for what only ran while it was built.
    kind: Option<String>,
}

pub(super) fn parse(packed: &[u8]) -> Result<Listed, String> {
    let mut text = Vec::new();
    ZlibDecoder::new(packed)
        .take(MAX_LIST_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(|error| format!("holds a list of crates that is damaged: {error}"))?;
    if text.len() as u64 > MAX_LIST_BYTES {
        return Err("holds a list of crates that unpacks to more than 8 MiB".to_owned());
    }
    let list: List = serde_json::from_slice(&text)
        .map_err(|error| format!("holds a list of crates that cannot be understood: {error}"))?;
    let inside = list.packages.into_iter();
    let inside = inside.filter(|it| it.kind.as_deref() != Some("build"));
    let packages = inside.map(|it| Package::new(Ecosystem::Cargo, it.name, it.version));
    Ok(packages.collect::<Vec<_>>().into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    fn pack(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_only_built_is_left_out() {
        let text = br#"{"packages": [
            {"name": "libc", "version": "0.2.1", "source": "crates.io"},
            {"name": "cc", "version": "1.0.0", "kind": "build"},
            {"name": "app", "version": "0.1.0", "root": true}]}"#;
        let packages = parse(&pack(text)).unwrap().packages;
        let names: Vec<_> = packages.iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["libc", "app"]);
    }

    #[test]
    fn damage_is_named() {
        for packed in [b"x".to_vec(), pack(b"{"), pack(&vec![b' '; 9 << 20])] {
            let error = parse(&packed).unwrap_err();
            assert!(error.starts_with("holds a list of crates that"), "{error}");
        }
    }
}
