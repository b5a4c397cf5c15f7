//! What is worth knowing about a path besides its content: rights that are more than usual, and tools.

use crate::tar::{Entry, EntryKind};

/// What is worth knowing about a path besides its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notable {
    /// A program that runs with the rights of its owner or its group.
    SetId,
    /// A file that everybody may change.
    WritableFile,
    /// A folder in which everybody may change what others put there.
    WritableFolder,
    /// A shell.
    Shell,
    /// A program that installs others.
    PackageManager,
}

impl Notable {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::SetId,
        Self::WritableFile,
        Self::WritableFolder,
        Self::Shell,
        Self::PackageManager,
    ];

    /// What a path and its mode tell.
    pub(crate) fn of(entry: &Entry) -> Option<Self> {
        const EXECUTABLE: u32 = 0o111;
        const SET_ID: u32 = 0o6000;
        const STICKY: u32 = 0o1000;
        const WRITABLE: u32 = 0o002;
        let is_writable = entry.mode & WRITABLE != 0;
        match entry.kind {
            // Those who unpack a layer give a file the mode that a link to it has.
            EntryKind::File | EntryKind::Sparse | EntryKind::HardLink
                if entry.mode & SET_ID != 0 && entry.mode & EXECUTABLE != 0 =>
            {
                return Some(Self::SetId);
            }
            EntryKind::File | EntryKind::Sparse if is_writable => return Some(Self::WritableFile),
            EntryKind::Folder if is_writable && entry.mode & STICKY == 0 => {
                return Some(Self::WritableFolder);
            }
            EntryKind::Folder => return None,
            _ => {}
        }
        let path = entry.path.strip_prefix("usr/").unwrap_or(&entry.path);
        let path = path.strip_prefix("local/").unwrap_or(path);
        match path
            .strip_prefix("bin/")
            .or_else(|| path.strip_prefix("sbin/"))?
        {
            "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "busybox" => Some(Self::Shell),
            "apt" | "apt-get" | "dpkg" | "apk" | "dnf" | "microdnf" | "yum" | "zypper" | "rpm"
            | "pip" | "pip3" | "npm" => Some(Self::PackageManager),
            _ => None,
        }
    }
}
