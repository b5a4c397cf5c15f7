//! Documents that policies see below `data`, from files.
//!
//! As OPA loads them: a file stands below the names of the folders between it and the root it was read from, members
//! of mappings come together, and two values in one place are refused, as one of them would be lost.

use std::{collections::BTreeSet, path::Path};

use ringwall_config::Format;
use ringwall_model::{Source, Span};
use serde_json::{Map, Value, map::Entry};

use crate::manifest::Problem;

/// Files of data for policies, put together.
#[derive(Debug, Default)]
pub struct DataFiles {
    together: Map<String, Value>,
    /// Folders and name of each file, as one that is named twice is the same file.
    seen: BTreeSet<(Vec<String>, String)>,
}

impl DataFiles {
    /// Adds a file that was found at or below a root.
    ///
    /// # Errors
    ///
    /// Says what is wrong and where; the file then adds nothing that counts.
    pub fn add(&mut self, root: &str, name: &str, text: &str) -> Result<(), Problem> {
        let inside = Path::new(name).strip_prefix(root).ok();
        let folders = inside.and_then(Path::parent).into_iter().flatten();
        let folders: Vec<_> = folders
            .map(|folder| folder.to_string_lossy().into_owned())
            .collect();
        if !self.seen.insert((folders.clone(), name.to_owned())) {
            return Ok(());
        }
        let source = Source::new(name, text);
        let problem = |line: usize, message: String| {
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            let span = source.lines().line(&source.text, line);
            Problem {
                subject: name.to_owned(),
                location: Some(source.location(span.unwrap_or(Span::at(0)))),
                message,
                is_warning: false,
            }
        };
        let value = parse(name, text).map_err(|(line, message)| problem(line, message))?;
        let nested = folders.into_iter().rev().fold(value, |value, key| {
            Value::Object(Map::from_iter([(key, value)]))
        });
        let Value::Object(members) = nested else {
            let message = "is no mapping, as data at the root of `--data` must be";
            return Err(problem(1, message.to_owned()));
        };
        put(&mut self.together, members).map_err(|path| {
            let message = format!("gives `data.{path}`, which another file gives too");
            problem(1, message)
        })
    }

    /// All of it as one document.
    pub fn document(self) -> Value {
        Value::Object(self.together)
    }
}

/// The value of a file, or a line and what is wrong there.
fn parse(name: &str, text: &str) -> Result<Value, (usize, String)> {
    let format = Format::from_file_name(name).unwrap_or(Format::Yaml);
    let is_no = |error: ringwall_config::ParseError| {
        (error.line, format!("is no {format}: {}", error.message))
    };
    if format != Format::Yaml {
        return ringwall_config::parse(format, text.as_bytes()).map_err(is_no);
    }
    let mut documents = ringwall_config::yaml_documents(text.as_bytes())
        .map_err(is_no)?
        .into_iter();
    match (documents.next(), documents.next()) {
        // OPA takes the first, and whatever stands in the others looks as if it were in force.
        (Some(_), Some(_)) => {
            let message = "holds several YAML documents, of which OPA loads only the first; each needs a file of its own";
            Err((1, message.to_owned()))
        }
        (only, _) => Ok(only.unwrap_or_default()),
    }
}

/// Puts members beside others; tells the path of a value that is there already.
fn put(together: &mut Map<String, Value>, members: Map<String, Value>) -> Result<(), String> {
    for (key, value) in members {
        match together.entry(key) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(mut place) => {
                let key = place.key().clone();
                match (place.get_mut(), value) {
                    (Value::Object(known), Value::Object(more)) => {
                        put(known, more).map_err(|path| format!("{key}.{path}"))?;
                    }
                    _ => return Err(key),
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The document that files below `data` make, or what is wrong with the last of them.
    fn document(files: &[(&str, &str)]) -> Result<Value, String> {
        let mut together = DataFiles::default();
        for (name, text) in files {
            let added = together.add("data", &format!("data/{name}"), text);
            added.map_err(|problem| problem.to_string())?;
        }
        Ok(together.document())
    }

    #[test]
    fn files_come_together_below_their_folders() {
        let files = [
            ("a.yaml", "team: {a: 1}\n"),
            ("b.json", "{\"team\": {\"b\": 2}}"),
            ("deep/er/c.yml", "[1, 2]"),
            ("a.yaml", "team: {a: 1}\n"),
        ];
        assert_eq!(
            document(&files),
            Ok(json!({"team": {"a": 1, "b": 2}, "deep": {"er": [1, 2]}}))
        );
    }

    #[test]
    fn a_separator_around_one_document_changes_nothing() {
        for text in [
            "bad: [c]\n---\n",
            "---\nbad: [c]\n",
            "bad: [c]\n---\n# none\n",
            "---\nbad: [c]\n---",
        ] {
            assert_eq!(
                document(&[("a.yaml", text)]),
                Ok(json!({"bad": ["c"]})),
                "{text}"
            );
        }
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let refused = |files: &[(&str, &str)], words: &str| {
            let error = document(files).expect_err("a problem");
            assert!(error.contains(words), "{error}");
        };
        refused(&[("a.yaml", "a: 1\n---\nb: 2\n")], "data/a.yaml:1: ");
        refused(&[("a.yaml", "a: 1\n---\nb: 2\n")], "several YAML documents");
        refused(
            &[("a.yaml", "bad: [c]"), ("b.yaml", "bad: [zz]")],
            "`data.bad`",
        );
        refused(
            &[("a.yaml", "t: {a: 1}"), ("t/b.yaml", "a: {b: 2}")],
            "`data.t.a`",
        );
        for text in ["[1]", "", "# none", "text", "---\n---\n"] {
            refused(&[("a.yaml", "a: 1"), ("b.yaml", text)], "is no mapping");
        }
        refused(&[("a.yaml", "a: 1\nb: [")], "data/a.yaml:2: ");
    }
}
