//! Trivy's fixtures, as the database that they stand for.

use std::{fs, path::Path};

use ringwall_advisory::{Database, DatabaseBuilder, parse_trivy_db};
use ringwall_config::Format;
use ringwall_model::Date;
use serde_json::Value;

use crate::bolt_file::{Bucket, Node, bolt_file};

/// The database of all fixtures of a folder.
pub(crate) fn database(folder: &Path) -> Database {
    let mut root = Bucket::new();
    let files = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        let content = ringwall_config::parse(Format::Yaml, &fs::read(file).unwrap()).unwrap();
        put(&content, &mut root);
    }
    let read = parse_trivy_db(&bolt_file(&root)).unwrap();
    assert_eq!(read.unreadable, []);
    let mut builder = DatabaseBuilder::new(Date::from_unix_seconds(0));
    for advisory in read.advisories {
        builder.advisory(advisory);
    }
    Database::from_bytes(builder.build().unwrap()).unwrap()
}

/// Buckets of one name are one.
fn put(nodes: &Value, bucket: &mut Bucket) {
    for node in nodes.as_array().unwrap() {
        if let Some(name) = node["bucket"].as_str() {
            let empty = || Node::Bucket(Bucket::new());
            let inner = bucket.entry(name.to_owned()).or_insert_with(empty);
            if let Node::Bucket(inner) = inner {
                put(&node["pairs"], inner);
            }
        } else {
            let value = node["value"].to_string().into_bytes();
            let key = node["key"].as_str().unwrap();
            bucket.insert(key.to_owned(), Node::Value(value));
        }
    }
}
