//! How bad an advisory says a flaw is.

use ringwall_model::Severity;

/// How bad a flaw is, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rating {
    /// How bad.
    pub severity: Severity,
    /// The base score of CVSS in tenths, where the rating is one: 98 is 9.8.
    pub score_tenths: Option<u8>,
}

impl Rating {
    /// A rating that is a word and no number.
    pub const fn of(severity: Severity) -> Self {
        Self {
            severity,
            score_tenths: None,
        }
    }

    /// What a vector of CVSS amounts to; `None` for one that is malformed.
    ///
    /// Versions 2, 3 and 4, each with its own base score. See: <https://www.first.org/cvss/>.
    pub fn of_cvss(vector: &str) -> Option<Self> {
        let vector = vector.trim();
        // Vectors of version 2 have no prefix, and sometimes parentheses; some end as if more followed.
        let bare = vector.trim_start_matches('(').trim_end_matches([')', '/']);
        let score = bare.parse::<cvss::Cvss>().ok()?.score();
        Self::of_score(score)
    }

    /// What a base score amounts to, by the words of CVSS; `None` outside 0 to 10.
    pub fn of_score(score: f64) -> Option<Self> {
        if !(0.0..=10.0).contains(&score) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "is between 0 and 100"
        )]
        let tenths = (score * 10.0).round() as u8;
        Some(Self {
            severity: match tenths {
                90.. => Severity::Critical,
                70.. => Severity::High,
                40.. => Severity::Medium,
                1.. => Severity::Low,
                0 => Severity::Info,
            },
            score_tenths: Some(tenths),
        })
    }

    /// What a word of a distribution or a database of advisories means; `None` for one that means nothing,
    /// such as `not yet assigned`.
    pub fn of_word(word: &str) -> Option<Self> {
        // Debian marks urgencies that a person has not set with a star.
        let word = word.trim().trim_end_matches('*').to_ascii_lowercase();
        Some(Self::of(match &*word {
            "critical" => Severity::Critical,
            "high" | "important" => Severity::High,
            "medium" | "moderate" => Severity::Medium,
            "low" => Severity::Low,
            "negligible" | "unimportant" | "none" | "informational" => Severity::Info,
            _ => return None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_their_published_scores() {
        let check = |vector, tenths, severity| {
            let rating = Rating::of_cvss(vector).unwrap();
            assert_eq!(rating.score_tenths, Some(tenths), "{vector}");
            assert_eq!(rating.severity, severity, "{vector}");
        };
        // CVE-2021-44228, CVE-2018-1002105, CVE-2014-0160 as NVD has them.
        check(
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
            100,
            Severity::Critical,
        );
        check(
            "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            98,
            Severity::Critical,
        );
        check("AV:N/AC:L/Au:N/C:P/I:N/A:N", 50, Severity::Medium);
        check(
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
            93,
            Severity::Critical,
        );
        check(
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/",
            100,
            Severity::Critical,
        );
        assert_eq!(Rating::of_cvss("CVSS:3.1/AV:X"), None);
        assert_eq!(Rating::of_cvss(""), None);
    }

    #[test]
    fn words_of_distributions_are_known() {
        assert_eq!(
            Rating::of_word("Important"),
            Some(Rating::of(Severity::High))
        );
        assert_eq!(
            Rating::of_word("medium**"),
            Some(Rating::of(Severity::Medium))
        );
        assert_eq!(Rating::of_word("not yet assigned"), None);
    }
}
