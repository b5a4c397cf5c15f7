//! Names and values that look like a secret.

use ringwall_secrets::{Detectors, Match, named_literal};

use crate::Confidence;

/// Values shorter than this have the form of no known token.
const SHORTEST_TOKEN: usize = 12;

/// A secret in plain text: what it is, and how sure that is; no confidence means certain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Literal {
    pub(super) title: &'static str,
    pub(super) confidence: Option<Confidence>,
}

/// What a value under a name is, if it looks like a secret.
pub(super) fn named(name: &str, value: &str) -> Option<Literal> {
    let known = (value.len() >= SHORTEST_TOKEN)
        .then(|| known(value).or_else(|| authorization(value)))
        .flatten();
    if known.is_some_and(|literal| literal.confidence.is_none()) {
        return known;
    }
    let by_name = named_literal(name, value)
        .or_else(|| token(name, value))
        .or_else(|| login(name, value));
    let by_name = by_name.map(|confidence| Literal {
        title: "a value whose name promises a secret",
        confidence: Some(confidence),
    });
    by_name.or(known)
}

/// Names that are those of tokens in variables; elsewhere they are words like others.
const TOKENS: &[&str] = &["bearer", "erlang_cookie", "jwt"];

/// Whether a name is one of some words, or ends in one.
fn ends_in(name: &str, words: &[&str]) -> bool {
    let folded = |byte: &u8| match byte {
        b'-' | b'.' => b'_',
        byte => byte.to_ascii_lowercase(),
    };
    let mut words = words.iter();
    words.any(|word| {
        let split = name.len().checked_sub(word.len());
        let parts = split.and_then(|at| name.as_bytes().split_at_checked(at));
        parts.is_some_and(|(before, end)| {
            end.iter().map(folded).eq(word.bytes())
                && before.last().is_none_or(|last| folded(last) == b'_')
        })
    })
}

/// How sure it is that a value under a name such as `BASIC_AUTH` is a login, `bot:...`.
fn login(name: &str, value: &str) -> Option<Confidence> {
    let (user, password) = value.split_once(':')?;
    let is_user = !user.is_empty() && !user.contains(['$', '/', ' ']);
    (is_user && ends_in(name, &["basic_auth", "basicauth"]))
        .then(|| named_literal("password", password))?
}

/// How sure it is that a value under one of [`TOKENS`] is a secret; the name of an algorithm is none.
fn token(name: &str, value: &str) -> Option<Confidence> {
    let is_token = ends_in(name, TOKENS);
    let confidence = is_token.then(|| named_literal("auth_token", value))??;
    (confidence != Confidence::Low).then_some(confidence)
}

/// The credential of a value that a program sends as a header: `Bearer ...`, `Basic ...`.
fn authorization(value: &str) -> Option<Literal> {
    let (scheme, _) = value.split_once(' ')?;
    let is_scheme = ["basic", "bearer", "token"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    is_scheme.then(|| known(&format!("Authorization: {value}")))?
}

/// The surest secret in a text.
pub(super) fn known(text: &str) -> Option<Literal> {
    let surest = |found: &Match| match found.confidence {
        None => 3,
        Some(Confidence::High) => 2,
        Some(Confidence::Medium) => 1,
        Some(_) => 0,
    };
    let found = Detectors::builtin()
        .scan(text)
        .into_iter()
        .max_by_key(surest)?;
    Some(Literal {
        title: found.title,
        confidence: found.confidence,
    })
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn names_of_tokens_promise_random_values() {
        let is_secret = |name, value| named(name, value).is_some();
        let random = "qZ8vT2mX7pL1nR5tY9wB3c4D";
        assert!(is_secret("JWT", random));
        assert!(is_secret("SERVICE_BEARER", random));
        assert!(is_secret("RABBITMQ_ERLANG_COOKIE", random));
        assert!(!is_secret("ERLANG_COOKIES", random));
        assert!(!is_secret("AUTH_JWT", "RS256"));
        assert!(!is_secret("AUTH_JWT", "required"));
        assert!(!is_secret("JWT", "$(SERVICE_JWT)"));
    }

    #[test]
    fn logins_are_secrets() {
        let is_secret = |name, value| named(name, value).is_some();
        assert!(is_secret("METRICS_BASIC_AUTH", "bot:tr0ub4dor"));
        assert!(is_secret("basic-auth", "bot:changeme"));
        assert!(!is_secret("METRICS_BASIC_AUTH", "bot:$(PASSWORD)"));
        assert!(!is_secret("METRICS_BASIC_AUTH", "bot:"));
        assert!(!is_secret("METRICS_BASIC_AUTH", "enabled"));
        assert!(!is_secret("METRICS_BASIC_AUTH", "https://login.shop.org"));
        assert!(!is_secret("METRICS_AUTH", "host:8080"));
    }

    #[test]
    fn headers_are_secrets_whatever_their_name() {
        let is_secret = |value| named("UPSTREAM_HEADER", value).is_some();
        assert!(is_secret("Bearer qZ8vT2mX7pL1nR5tY9wB3c4D"));
        assert!(is_secret("bearer qZ8vT2mX7pL1nR5tY9wB3c4D"));
        assert!(is_secret("Basic Ym90OnRyMHViNGRvcg=="));
        assert!(!is_secret("Bearer $(UPSTREAM_TOKEN)"));
        assert!(!is_secret("Basic authentication of the upstream"));
        assert!(!is_secret("qZ8vT2mX7pL1nR5tY9wB3c4D"));
    }
}
