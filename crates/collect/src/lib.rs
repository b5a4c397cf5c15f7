//! All reading: files, folders, git.
