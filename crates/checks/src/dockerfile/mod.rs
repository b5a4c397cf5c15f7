//! Checks over Dockerfiles.
