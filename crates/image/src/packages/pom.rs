//! The version in a `pom.xml`, for archives whose `pom.properties` was left out.
//!
//! Source: <https://maven.apache.org/pom.html>.

/// Most elements inside each other that are followed.
const MAX_DEPTH: usize = 64;

/// The version of a project, its parent's where it has none of its own; `None` where it only names a property.
pub(super) fn version(xml: &str) -> Option<&str> {
    let mut open: Vec<&str> = Vec::new();
    let (mut own, mut of_parent) = (None, None);
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
            _ => {}
        }
    }
    own.or(of_parent)
        .filter(|version| !version.is_empty() && !version.contains("${"))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_the_project_s_or_its_parent_s() {
        let check = |inside: &str, expected: Option<&str>| {
            let xml = format!("<?xml version=\"1.0\"?>\n<project xmlns=\"x\">{inside}</project>");
            assert_eq!(version(&xml), expected, "{inside}");
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
        check("<version/>", None);
        check("<version>1.2", Some("1.2"));
        assert_eq!(version(&"<a>".repeat(1000)), None);
        assert_eq!(version("<project><version"), None);
    }
}
