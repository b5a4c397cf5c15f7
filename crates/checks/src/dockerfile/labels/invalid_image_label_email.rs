use crate::{Check, Findings, check, dockerfile::labels::label::label_values, judge::Build};

check! {
    /// ## What it finds
    /// Labels whose key ends in `email`, with a value that is no e-mail address.
    /// `maintainer` and `org.opencontainers.image.authors` may hold anything; only an address in them that is not one is found.
    ///
    /// ## Why it matters
    /// Reports about a vulnerability go to that address, or get lost.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24
    /// LABEL com.example.contact-email="Jane Doe" # <-
    /// LABEL maintainer="Jane Doe <jane@>" # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24
    /// LABEL com.example.contact-email="jane@example.com" maintainer="Jane Doe"
    /// LABEL org.opencontainers.image.authors="Jane Doe <jane@example.com>"
    /// LABEL org.opencontainers.image.authors="@jane, https://example.com/@jane"
    /// ```
    ///
    /// ## Fix
    /// Write an address: `team@example.com`.
    InvalidImageLabelEmail {
        id: "invalid-image-label-email",
        title: "Label that should hold an e-mail address does not",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for InvalidImageLabelEmail {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for (key, value) in label_values(build.dockerfile) {
            let text = value.value.as_str();
            let names_email = matches!(key.rsplit(['.', '-', '_']).next(), Some("email" | "mail"));
            let is_contact =
                key.eq_ignore_ascii_case("maintainer") || key == "org.opencontainers.image.authors";
            let is_wrong = if names_email {
                !is_address(text)
            } else {
                is_contact
                    && words(text).any(|word| word.contains('@'))
                    && !words(text).any(is_address)
            };
            if is_wrong {
                findings
                    .add(Self::META)
                    .span(build.source, value.span)
                    .message(format!("label {key} holds no e-mail address: {text}"));
            }
        }
    }
}

/// The words but links and handles such as `@jane`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| character.is_whitespace() || "<>(),;\"".contains(character))
        .filter(|word| !word.starts_with('@') && !word.contains('/'))
}

/// What people call an address; quoted local parts and bare host names are none.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .chars()
                .all(|character| character.is_alphanumeric() || character == '-')
    };
    !local.is_empty()
        && local.chars().all(|character| {
            character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(character)
        })
        && domain.contains('.')
        && domain.split('.').all(is_label)
}
