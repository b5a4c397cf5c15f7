//! Lock files in TOML: a table for each package. `poetry.lock`, `uv.lock`, `pdm.lock`, `pylock.toml` are read here.
//!
//! See: <https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock>,
//! <https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile>, <https://pdm-project.org/latest/usage/lockfile/>,
//! <https://packaging.python.org/en/latest/specifications/pylock-toml/>.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Damage, Lines, Listing, LockFileKind, NO_RELEASE, is_blank};

/// The headings of a package; the second is that of `pylock.toml`, the last that of uv before 0.3.
const HEADINGS: [&str; 3] = ["[[package]]", "[[packages]]", "[[distribution]]"];

#[derive(Deserialize)]
struct Document {
    /// Of Cargo and uv.
    version: Option<Spanned<toml::Value>>,
    /// Of `pylock.toml`.
    #[serde(rename = "lock-version")]
    lock_version: Option<Spanned<toml::Value>>,
    #[serde(default, alias = "distribution")]
    package: Vec<Table>,
    /// Of `pylock.toml`.
    #[serde(default)]
    packages: Vec<Table>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    /// Of Poetry and PDM.
    #[serde(rename = "lock-version", alias = "lock_version")]
    version: Option<Spanned<toml::Value>>,
}

impl Document {
    /// Tells of a version whose form is not known, and of a file that is none of its kind.
    fn judge_form(&self, kind: LockFileKind, lines: &mut Lines<'_>, listing: &mut Listing) {
        let (stated, known): (_, &[&str]) = match kind {
            LockFileKind::Cargo => (self.version.as_ref(), &["1", "2", "3", "4"]),
            LockFileKind::Uv => (self.version.as_ref(), &["1"]),
            LockFileKind::Pylock => (self.lock_version.as_ref(), &["1"]),
            _ => {
                let metadata = self.metadata.as_ref();
                let stated = metadata.and_then(|metadata| metadata.version.as_ref());
                let is_pdm = kind == LockFileKind::Pdm;
                (
                    stated,
                    if is_pdm {
                        &["2", "3", "4"]
                    } else {
                        &["1", "2"]
                    },
                )
            }
        };
        let Some(stated) = stated else {
            // The oldest state none.
            let names_none = self.package.is_empty() && self.packages.is_empty();
            if names_none && self.metadata.is_none() {
                listing.damage(1, "names no package and states no version");
            }
            return;
        };
        let text = match stated.as_ref() {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if !text.split('.').next().is_some_and(|it| known.contains(&it)) {
            listing.unknown_version(lines.of(stated.span().start), &text);
        }
    }
}

/// A package.
#[derive(Deserialize)]
pub(super) struct Table {
    name: Spanned<String>,
    #[serde(default)]
    pub(super) version: String,
    pub(super) source: Option<TableSource>,
    /// Of Poetry before 1.5.
    category: Option<String>,
    /// Of Poetry since 2 and of PDM.
    groups: Option<Vec<String>>,
    /// Of PDM.
    git: Option<String>,
    path: Option<String>,
    url: Option<String>,
    /// Of `pylock.toml`.
    vcs: Option<toml::Value>,
    directory: Option<toml::Value>,
    archive: Option<toml::Value>,
    marker: Option<toml::Value>,
}

impl Table {
    /// Whether `pylock.toml` says that it is a folder or an archive of the project.
    fn is_own(&self) -> bool {
        let archive = self.archive.as_ref();
        self.directory.is_some() || archive.is_some_and(|archive| archive.get("url").is_none())
    }

    /// Whether it is there for development alone.
    fn is_for_development(&self) -> bool {
        let mut groups = self.groups.iter().flatten().peekable();
        let marker = self.marker.as_ref().and_then(toml::Value::as_str);
        self.category.as_deref() == Some("dev")
            || (groups.peek().is_some() && groups.all(|group| group == "dev"))
            || marker.is_some_and(|it| it.replace('"', "'") == "'dev' in dependency_groups")
    }
}

/// Where a package comes from.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum TableSource {
    Address(String),
    Parts(BTreeMap<String, toml::Value>),
}

/// Calls `each` for each table with its name and its line.
///
/// Where the whole is no TOML, each table is read by itself, so that damage in one does not hide the others.
pub(super) fn read(
    text: &str,
    kind: LockFileKind,
    listing: &mut Listing,
    mut each: impl FnMut(&Table, &str, u32, &mut Listing) -> Result<(), Damage>,
) -> Result<(), Damage> {
    let mut lines = Lines::new(text);
    let mut take =
        |tables: Vec<Table>, base: usize, lines: &mut Lines<'_>, listing: &mut Listing| {
            for table in tables {
                let line = lines.of(base + table.name.span().start);
                each(&table, table.name.as_ref(), line, listing)?;
            }
            Ok(())
        };
    let whole = toml::from_str::<Document>(text);
    if let Ok(document) = whole {
        if !is_blank(text, "#") {
            document.judge_form(kind, &mut lines, listing);
        }
        take(document.package, 0, &mut lines, listing)?;
        return take(document.packages, 0, &mut lines, listing);
    }
    let mut offset = 0;
    for part in parts(text) {
        match toml::from_str::<Document>(part) {
            Ok(document) => {
                take(document.package, offset, &mut lines, listing)?;
                take(document.packages, offset, &mut lines, listing)?;
            }
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let reason = error.message().lines().next().unwrap_or_default();
                listing.damage(lines.of(offset + at), reason.trim_end_matches('.'));
            }
        }
        offset += part.len();
    }
    Ok(())
}

/// A text in parts that begin with the heading of a package.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            if end > 0 && HEADINGS.contains(&line.trim_end()) {
                break;
            }
            end += line.len();
        }
        let (part, next) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = next;
        Some(part)
    })
}

/// Reads the lock files of Python that have this form.
pub(super) fn read_python(
    text: &str,
    kind: LockFileKind,
    listing: &mut Listing,
) -> Result<(), Damage> {
    read(text, kind, listing, |table, name, line, listing| {
        let kinds: Vec<&str> = match &table.source {
            // Poetry states a type; uv has a key for each, and before 0.3 a word before the address.
            Some(TableSource::Address(address)) => {
                vec![address.split('+').next().unwrap_or_default()]
            }
            Some(TableSource::Parts(parts)) => {
                match parts.get("type").and_then(toml::Value::as_str) {
                    Some(kind) => vec![kind],
                    None => parts.keys().map(String::as_str).collect(),
                }
            }
            None => Vec::new(),
        };
        let is = |words: &[&str]| kinds.iter().any(|kind| words.contains(kind));
        if table.path.is_some()
            || table.is_own()
            || is(&["directory", "file", "path", "editable", "virtual"])
        {
            return Ok(());
        }
        let is_of_pylock = table.vcs.is_some() || table.archive.is_some();
        if is_of_pylock
            || table.git.is_some()
            || table.url.is_some()
            || is(&["git", "url", "direct"])
        {
            listing.unlisted(NO_RELEASE, line);
            return Ok(());
        }
        listing.package(name, &table.version, line, table.is_for_development())
    })
}
