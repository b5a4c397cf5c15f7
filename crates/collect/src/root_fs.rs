//! The root of a file system in a folder: an image that was unpacked, a chroot, the disk of a machine.
//!
//! What stands there is hostile: every folder and file is opened by the folder that holds it and never through a
//! symbolic link, so that nothing outside is reached even where something changes meanwhile; nothing but regular
//! files is opened.

mod mount;

use std::{
    collections::HashSet,
    ffi::CString,
    fs::File,
    io::{self, Read},
    os::fd::OwnedFd,
    path::Path,
    sync::Arc,
    vec,
};

use ringwall_image::tar::{Entry, EntryKind};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};

use self::mount::{Mount, mount_of};
use crate::{Error, error::reason};

/// Folders inside each other that are walked.
const MAX_DEPTH: usize = 256;

/// Most entries that are looked at: as many as a layer may have.
const MAX_ENTRIES: usize = 4_000_000;

/// The root of a file system.
#[derive(Debug)]
pub struct RootFs {
    folder: Arc<OwnedFd>,
    identity: Identity,
}

/// What a walk meets.
#[derive(Debug)]
pub enum Met {
    /// Something that is there.
    Entry(RootEntry),
    /// A folder whose content is not known, or the rest of all.
    Unread(Unread),
    /// A file system that is mounted there and is another's: of the network, of a container.
    Mount(Unread),
}

/// Something that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its path, without `/` at its start; empty for the root.
    pub path: String,
    /// Why, in words.
    pub reason: String,
}

/// Something that is there.
#[derive(Debug)]
pub struct RootEntry {
    /// Its path and what it is. Of a file with several names, each but the first is a hard link.
    pub entry: Entry,
    folder: Arc<OwnedFd>,
    name: CString,
}

/// What tells one file or folder from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    // Kernels differ in how wide these numbers are.
    #[allow(
        clippy::allow_attributes,
        clippy::cast_sign_loss,
        clippy::useless_conversion,
        clippy::unnecessary_cast,
        reason = "the types are those of the system"
    )]
    fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
        }
    }
}

impl RootFs {
    /// Opens a folder as the root of a file system. It may be named by a symbolic link.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |reason| Error::Read {
            path: path.to_owned(),
            reason,
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty()).map_err(|error| {
            let is_file = path.is_file();
            failed(if is_file {
                "is no folder, and so no root of a file system".to_owned()
            } else {
                reason(&error.into())
            })
        })?;
        let stat = rustix::fs::fstat(&folder).map_err(|error| failed(reason(&error.into())))?;
        if mount_of(&folder) == Mount::OfKernel {
            return Err(failed(
                "is a file system that the kernel makes, and no root of one".to_owned(),
            ));
        }
        Ok(Self {
            folder: Arc::new(folder),
            identity: Identity::of(&stat),
        })
    }

    /// Walks over everything below, in the order of the names; the same tree gives the same walk.
    pub fn walk(&self) -> RootWalk {
        let mut walk = RootWalk {
            folders: Vec::new(),
            links: HashSet::new(),
            left: MAX_ENTRIES,
            before: None,
        };
        walk.enter(Arc::clone(&self.folder), self.identity, String::new());
        walk
    }
}

/// A folder that is being walked.
#[derive(Debug)]
struct Folder {
    opened: Arc<OwnedFd>,
    identity: Identity,
    path: String,
    names: vec::IntoIter<CString>,
}

/// A walk over the root of a file system.
#[derive(Debug)]
pub struct RootWalk {
    /// From the root to where the walk stands.
    folders: Vec<Folder>,
    /// Files with several names that were met under one of them.
    links: HashSet<Identity>,
    left: usize,
    /// What comes before the next entry.
    before: Option<Unread>,
}

impl Iterator for RootWalk {
    type Item = Met;

    fn next(&mut self) -> Option<Met> {
        if let Some(unread) = self.before.take() {
            return Some(Met::Unread(unread));
        }
        loop {
            let folder = self.folders.last_mut()?;
            let Some(name) = folder.names.next() else {
                self.folders.pop();
                continue;
            };
            let shown = name.to_string_lossy();
            let path = if folder.path.is_empty() {
                shown.into_owned()
            } else {
                format!("{}/{shown}", folder.path)
            };
            if let Some(met) = self.visit(name, path) {
                return Some(met);
            }
        }
    }
}

impl RootWalk {
    /// Looks at a name of the folder where the walk stands; `None` for what is passed over.
    fn visit(&mut self, name: CString, path: String) -> Option<Met> {
        let above = self.folders.last()?;
        let holder = Arc::clone(&above.opened);
        let device = above.identity.device;
        let unread = |path, reason| Some(Met::Unread(Unread { path, reason }));
        let stat = match rustix::fs::statat(&*holder, &*name, flags_of_stat()) {
            Ok(stat) => stat,
            // Where something runs, files come and go.
            Err(rustix::io::Errno::NOENT) => return None,
            Err(error) => return unread(path, reason(&error.into())),
        };
        let Some(left) = self.left.checked_sub(1) else {
            self.folders.clear();
            let reason = format!("holds more than {MAX_ENTRIES} entries, which are not looked at");
            return unread(String::new(), reason);
        };
        self.left = left;
        let identity = Identity::of(&stat);
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                return self.folder(&holder, name, path, &stat, device);
            }
            FileType::RegularFile if stat.st_nlink > 1 && !self.links.insert(identity) => {
                EntryKind::HardLink
            }
            FileType::RegularFile => EntryKind::File,
            FileType::Symlink => EntryKind::Symlink,
            _ => EntryKind::Other,
        };
        let mut met = entry(path, kind, &stat);
        if kind == EntryKind::Symlink {
            // Only read: what it leads to may be outside.
            let target = rustix::fs::readlinkat(&*holder, &*name, Vec::new());
            met.link = target.map_or_else(
                |_| String::new(),
                |target| String::from_utf8_lossy(target.to_bytes()).into_owned(),
            );
        }
        Some(Met::Entry(RootEntry {
            entry: met,
            folder: holder,
            name,
        }))
    }

    fn folder(
        &mut self,
        holder: &Arc<OwnedFd>,
        name: CString,
        path: String,
        stat: &Stat,
        device: u64,
    ) -> Option<Met> {
        let unread = |path, reason| Some(Met::Unread(Unread { path, reason }));
        let identity = Identity::of(stat);
        // A folder above that is mounted here again is being walked already, under its own name.
        if self.folders.iter().any(|above| above.identity == identity) {
            return None;
        }
        if identity.device != device {
            // What is only named is not mounted by looking at it.
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let place = match rustix::fs::openat(&**holder, &*name, flags, Mode::empty()) {
                Ok(place) => place,
                Err(error) => return unread(path, reason(&error.into())),
            };
            match mount_of(&place) {
                Mount::OfKernel => return None,
                // Devices, which the kernel makes.
                Mount::Memory if path == "dev" => return None,
                Mount::Disk | Mount::Memory => {}
                Mount::Other => {
                    let reason =
                        "another file system is mounted here, of the network or of a container"
                            .to_owned();
                    return Some(Met::Mount(Unread { path, reason }));
                }
            }
        }
        if self.folders.len() >= MAX_DEPTH {
            let reason = format!("is more than {MAX_DEPTH} folders deep, which are not walked");
            return unread(path, reason);
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let met = entry(path, EntryKind::Folder, stat);
        match rustix::fs::openat(&**holder, &*name, flags, Mode::empty()) {
            Ok(opened) => self.enter(Arc::new(opened), identity, met.path.clone()),
            Err(rustix::io::Errno::NOENT) => return None,
            Err(error) => {
                self.before = Some(Unread {
                    path: met.path.clone(),
                    reason: reason(&error.into()),
                });
            }
        }
        Some(Met::Entry(RootEntry {
            entry: met,
            folder: Arc::clone(holder),
            name,
        }))
    }

    /// Goes into a folder; what cannot be listed of it comes next.
    fn enter(&mut self, folder: Arc<OwnedFd>, identity: Identity, path: String) {
        let mut names = Vec::new();
        let listed = Dir::read_from(&*folder).and_then(|listing| {
            for entry in listing {
                let entry = entry?;
                let name = entry.file_name();
                if matches!(name.to_bytes(), b"." | b"..") {
                    continue;
                }
                names.push(name.to_owned());
                // One more than may be looked at tells that there are too many.
                if names.len() > self.left {
                    break;
                }
            }
            Ok(())
        });
        if let Err(error) = listed {
            self.before = Some(Unread {
                path: path.clone(),
                reason: reason(&error.into()),
            });
        }
        names.sort();
        self.folders.push(Folder {
            opened: folder,
            identity,
            path,
            names: names.into_iter(),
        });
    }
}

impl RootEntry {
    /// The content of a regular file: as many bytes as it had when it was met, and an error where it has fewer now.
    pub fn open(&self) -> io::Result<impl Read + use<>> {
        let flags = OFlags::RDONLY
            | OFlags::NOFOLLOW
            // Something else may stand there by now, and a named pipe would wait for its writer.
            | OFlags::NONBLOCK
            | OFlags::NOCTTY
            | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&*self.folder, &*self.name, flags, Mode::empty());
        let file = File::from(opened.map_err(|error| io::Error::other(reason(&error.into())))?);
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("is not a regular file any more"));
        }
        Ok(Whole {
            file,
            left: self.entry.size,
        })
    }
}

/// A file of which a number of bytes is read, no less and no more.
struct Whole {
    file: File,
    left: u64,
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let most = most.min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let count = self.file.read(buffer.get_mut(..most).unwrap_or_default())?;
        if count == 0 {
            return Err(io::Error::other("became shorter while it was read"));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

#[allow(
    clippy::allow_attributes,
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    reason = "the types are those of the system"
)]
fn entry(path: String, kind: EntryKind, stat: &Stat) -> Entry {
    Entry {
        path,
        kind,
        mode: u32::from(stat.st_mode) & 0o7777,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        link: String::new(),
    }
}

fn flags_of_stat() -> AtFlags {
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    // A folder where something would be mounted once it is looked into is left as it is.
    #[cfg(target_os = "linux")]
    let flags = flags | AtFlags::NO_AUTOMOUNT;
    flags
}

#[cfg(test)]
mod tests;
