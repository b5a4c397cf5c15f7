//! SPDX licence expressions.
//!
//! See: <https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/>

const LICENSES: &str = include_str!("spdx_licenses.txt");
const EXCEPTIONS: &str = include_str!("spdx_exceptions.txt");

/// Whether a text is a licence expression of known ids and references.
pub(super) fn is_expression(text: &str) -> bool {
    let text = text.trim();
    if matches!(text, "NONE" | "NOASSERTION") {
        return true;
    }
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut open = 0_usize;
    let mut expected = Expected::License;
    for token in spaced.split_whitespace() {
        expected = match (expected, token) {
            (Expected::License, "(") => {
                open += 1;
                Expected::License
            }
            (Expected::License, id) if is_license(id) => Expected::Operator,
            (Expected::Operator | Expected::AfterException, ")") if open > 0 => {
                open -= 1;
                Expected::AfterException
            }
            (Expected::Operator | Expected::AfterException, "AND" | "OR" | "and" | "or") => {
                Expected::License
            }
            (Expected::Operator, "WITH" | "with") => Expected::Exception,
            (Expected::Exception, id) if is_exception(id) => Expected::AfterException,
            _ => return false,
        };
    }
    open == 0 && matches!(expected, Expected::Operator | Expected::AfterException)
}

/// What may stand next.
#[derive(Clone, Copy)]
enum Expected {
    License,
    Exception,
    /// An operator, or the end.
    Operator,
    /// The same, but not `WITH`.
    AfterException,
}

fn is_license(id: &str) -> bool {
    is_reference(id, "LicenseRef-")
        || is_in(LICENSES, id)
        || id.strip_suffix('+').is_some_and(|id| is_in(LICENSES, id))
}

fn is_exception(id: &str) -> bool {
    is_reference(id, "AdditionRef-") || is_in(EXCEPTIONS, id)
}

/// `LicenseRef-x`, also `DocumentRef-y:LicenseRef-x`.
fn is_reference(id: &str, mark: &str) -> bool {
    let local = match id.split_once(':') {
        Some((document, local)) if document.starts_with("DocumentRef-") => local,
        Some(_) => return false,
        None => id,
    };
    local.strip_prefix(mark).is_some_and(|name| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
    })
}

/// Ids match in any case.
fn is_in(list: &str, id: &str) -> bool {
    list.lines()
        .any(|known| !known.starts_with('#') && known.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_ids_and_operators() {
        for text in [
            "MIT",
            "apache-2.0",
            "GPL-2.0+",
            "(MIT OR Apache-2.0)",
            "MIT AND (BSD-3-Clause OR (ISC AND Zlib))",
            "GPL-2.0-only WITH Classpath-exception-2.0 OR MIT",
            "LicenseRef-Proprietary",
            "DocumentRef-a:LicenseRef-b",
            "NOASSERTION",
        ] {
            assert!(is_expression(text), "{text}");
        }
        for text in [
            "",
            "Apache 2",
            "MIT License",
            "MIT,Apache-2.0",
            "MIT OR",
            "(MIT",
            "MIT)",
            "MIT WITH MIT",
            "Classpath-exception-2.0",
            "LicenseRef-",
            "Proprietary",
        ] {
            assert!(!is_expression(text), "{text}");
        }
    }
}
