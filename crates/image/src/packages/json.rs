//! Lists in JSON, read as they pass; what was read before damage is kept.

use crate::{Damage, Listed, Package, lock_files::json::Reader};

/// Reads a text with `read`, which puts packages into the list as it meets them.
pub(super) fn read(
    text: &str,
    read: impl FnOnce(&mut Reader<'_>, &mut Vec<Package>) -> Result<(), Damage>,
) -> Result<Listed, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::new(text);
    let mut packages = Vec::new();
    let ended = read(&mut reader, &mut packages).and_then(|()| reader.end());
    let damage = ended.err().map(|damage| {
        let Damage { line, reason } = damage;
        format!("is no JSON that can be read: line {line}: {reason}")
    });
    match damage {
        Some(damage) if packages.is_empty() => Err(damage),
        damage => Ok(Listed {
            packages,
            damage,
            ..Listed::default()
        }),
    }
}

/// What a list or an object lacks that every other has.
pub(super) fn lacks(reader: &mut Reader<'_>, what: &str) -> Damage {
    Damage {
        line: reader.line(),
        reason: what.to_owned(),
    }
}

/// A text, or each text of a list.
pub(super) fn texts(reader: &mut Reader<'_>) -> Result<Vec<String>, Damage> {
    let mut texts = Vec::new();
    let mut one = |reader: &mut Reader<'_>| {
        texts.extend(reader.string()?.map(std::borrow::Cow::into_owned));
        Ok(())
    };
    if reader.kind() == crate::lock_files::json::Kind::List {
        reader.list(one)?;
    } else {
        one(reader)?;
    }
    Ok(texts)
}
