//! Text to documents with spans: YAML and JSON as kubectl reads them, Dockerfiles.
