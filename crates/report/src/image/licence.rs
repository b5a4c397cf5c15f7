//! Licences as packages state them, told apart by whether SPDX knows them.
//!
//! See: <https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>

use spdx::{Expression, LicenseItem, ParseMode};

/// Longest text that may be an expression. Some packages state the whole text of their licence.
const MAX_EXPRESSION_BYTES: usize = 4 << 10;

/// Old names are on the list of SPDX as well, and `GPL-2.0+` is one.
const MODE: ParseMode = ParseMode {
    allow_deprecated: true,
    allow_postfix_plus_on_gpl: true,
    ..ParseMode::STRICT
};

/// What a stated licence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Licence<'t> {
    /// The id of one on the list of SPDX.
    Id(&'t str),
    /// Several ids, or one with an exception.
    Expression {
        /// The expression.
        text: &'t str,
        /// Whether all of its licences are on the list; `LicenseRef-` names one that is elsewhere.
        is_listed: bool,
    },
    /// Words that mean something to people.
    Words(&'t str),
}

impl<'t> Licence<'t> {
    /// What a package states.
    pub(super) fn of(text: &'t str) -> Self {
        let text = text.trim();
        if spdx::license_id(text).is_some_and(|id| id.name == text) {
            return Self::Id(text);
        }
        if text.len() > MAX_EXPRESSION_BYTES || has_small_operator(text) {
            return Self::Words(text);
        }
        match Expression::parse_mode(text, MODE) {
            Ok(expression) => {
                let is_listed = expression.requirements().all(|it| {
                    let licence = matches!(it.req.license, LicenseItem::Spdx { .. });
                    let addition = it.req.addition.as_ref();
                    licence && addition.is_none_or(|addition| addition.id().is_some())
                });
                Self::Expression { text, is_listed }
            }
            Err(_) => Self::Words(text),
        }
    }
}

/// The parser takes operators in any case; readers of version 2.3 need not.
fn has_small_operator(text: &str) -> bool {
    let is_small = |word: &str| {
        let operators = ["AND", "OR", "WITH"];
        let mut operators = operators.iter();
        operators.any(|operator| word.eq_ignore_ascii_case(operator) && word != *operator)
    };
    text.split([' ', '\t', '\n', '\r', '(', ')']).any(is_small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_told_apart() {
        let check = |text, expected| assert_eq!(Licence::of(text), expected, "{text}");
        let listed = |text| Licence::Expression {
            text,
            is_listed: true,
        };
        check("MIT", Licence::Id("MIT"));
        check(" GPL-2.0 ", Licence::Id("GPL-2.0"));
        for text in [
            "GPL-2.0+",
            "(MIT OR CC0-1.0)",
            "GPL-2.0-or-later WITH Classpath-exception-2.0 AND MIT",
        ] {
            check(text, listed(text));
        }
        let text = "MIT AND LicenseRef-mine";
        let is_listed = false;
        check(text, Licence::Expression { text, is_listed });
        for text in [
            "",
            "mit",
            "MIT License",
            "MIT or ISC",
            "BSD AND MIT",
            "(MIT",
        ] {
            check(text, Licence::Words(text));
        }
        let deep = "(".repeat(1 << 20);
        check(&deep, Licence::Words(&deep));
    }
}
