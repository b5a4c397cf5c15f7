//! SBOMs in files: told from archives of images by their first bytes.

use std::{io::Read, path::Path};

use ringwall_image::{MAX_SBOM_BYTES, Sbom, SbomError};

use crate::content::open_regular;

/// Bytes that tell an SBOM from an archive.
const START_BYTES: u64 = 512;

/// Why a file is an SBOM that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SbomFileError {
    /// The file system says no.
    #[error("cannot read {path}: {reason}")]
    Read {
        /// What was asked for.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// It is larger than anything that is read.
    #[error("{path} is an SBOM of more than {} MiB", MAX_SBOM_BYTES >> 20)]
    TooLarge {
        /// What was asked for.
        path: String,
    },
    /// It is damaged, or of a form that is not read.
    #[error("{path} holds no SBOM that can be read: {reason}")]
    Sbom {
        /// What was asked for.
        path: String,
        /// What is wrong with it.
        reason: SbomError,
    },
}

/// The SBOM that a file holds; `None` for a folder and for anything that does not begin like one.
pub fn open_sbom(path: &Path) -> Result<Option<Sbom>, SbomFileError> {
    if path.is_dir() {
        return Ok(None);
    }
    let name = || path.display().to_string();
    let unreadable = |reason: String| SbomFileError::Read {
        path: name(),
        reason,
    };
    let (mut file, _) = open_regular(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let mut read = |limit: u64, bytes: &mut Vec<u8>| {
        let read = file.by_ref().take(limit).read_to_end(bytes);
        read.map_err(|error| unreadable(error.to_string()))
    };
    read(START_BYTES, &mut bytes)?;
    if !Sbom::begins(&bytes) {
        return Ok(None);
    }
    read(MAX_SBOM_BYTES, &mut bytes)?;
    if bytes.len() as u64 > MAX_SBOM_BYTES {
        return Err(SbomFileError::TooLarge { path: name() });
    }
    let sbom = Sbom::parse(&bytes);
    let sbom = sbom.map_err(|reason| SbomFileError::Sbom {
        path: name(),
        reason,
    })?;
    Ok(Some(sbom))
}
