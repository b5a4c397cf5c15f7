//! The version in a `pom.xml`, for archives whose `pom.properties` was left out.
//!
//! Source: <https://maven.apache.org/pom.html>; `${revision}` and the like are properties of
//! <https://maven.apache.org/guides/mini/guide-maven-ci-friendly.html>.

use std::collections::HashMap;

/// Most elements inside each other that are followed.
const MAX_DEPTH: usize = 64;

/// Most properties that stand for each other.
const MAX_PROPERTIES: usize = 8;

/// The version of a project, its parent's where it has none of its own; `None` where it names a property that stands
/// elsewhere.
pub(super) fn version(xml: &str) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    let (mut own, mut of_parent) = (None, None);
    let mut properties = HashMap::new();
    let mut rest = xml;
    while let Some((_, behind)) = rest.split_once('<') {
        if let Some(comment) = behind.strip_prefix("!--") {
            (_, rest) = comment.split_once("-->")?;
            continue;
        }
        let (tag, text) = behind.split_once('>')?;
        rest = text;
        if tag.starts_with(['!', '?']) || tag.ends_with('/') {
            continue;
        }
        if tag.starts_with('/') {
            open.pop();
            continue;
        }
        if open.len() == MAX_DEPTH {
            return None;
        }
        let name = tag.split_ascii_whitespace().next().unwrap_or_default();
        open.push(name);
        let value = text.split('<').next().unwrap_or_default().trim();
        match *open {
            ["project", "version"] => own = Some(value),
            ["project", "parent", "version"] => of_parent = Some(value),
            ["project", "properties", name] => {
                properties.insert(name, value);
            }
            _ => {}
        }
    }
    let mut version = own.or(of_parent)?.to_owned();
    for _ in 0..MAX_PROPERTIES {
        let Some((before, name, behind)) = property(&version) else {
            break;
        };
        let value = match name {
            "project.parent.version" | "parent.version" => of_parent,
            name => properties.get(name).copied(),
        };
        version = format!("{before}{}{behind}", value?);
    }
    (!version.is_empty() && !version.contains("${")).then_some(version)
}

/// The first property that a text names, and what stands around it.
fn property(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (name, behind) = rest.split_once('}')?;
    Some((before, name, behind))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_the_project_s_or_its_parent_s() {
        let check = |inside: &str, expected: Option<&str>| {
            let xml = format!("<?xml version=\"1.0\"?>\n<project xmlns=\"x\">{inside}</project>");
            assert_eq!(version(&xml).as_deref(), expected, "{inside}");
        };
        check("<version> 1.2 </version>", Some("1.2"));
        let parent = "<parent><version>2.0</version></parent>";
        check(parent, Some("2.0"));
        check(&format!("{parent}<version>1.2</version>"), Some("1.2"));
        check(
            "<!-- <version>9</version> --><dependencies><dependency><version>3</version></dependency></dependencies>",
            None,
        );
        check("<version>${revision}</version>", None);
        let named = "<version>${revision}${changelist}</version>";
        let properties = "<properties><revision>1.2</revision><changelist>-${tag}</changelist><tag>a</tag></properties>";
        check(&format!("{named}{properties}"), Some("1.2-a"));
        check(&format!("{properties}{named}"), Some("1.2-a"));
        let endless = "<properties><revision>${revision}</revision></properties>";
        check(&format!("<version>${{revision}}</version>{endless}"), None);
        check(
            &format!("{parent}<version>${{project.parent.version}}</version>"),
            Some("2.0"),
        );
        check("<version/>", None);
        check("<version>1.2", Some("1.2"));
        assert_eq!(version(&"<a>".repeat(1000)), None);
        assert_eq!(version("<project><version"), None);
    }
}
