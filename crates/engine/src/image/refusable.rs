//! The findings of images, besides flaws of packages, by which a policy may refuse one.

use std::borrow::Cow;

use ringwall_input::schema::suggest;

use crate::known::ENGINE_CHECKS;

/// Every check about how an image is made and set up.
pub(super) const CONFIGURATION: [&str; 13] = [
    "end-of-life-base-image",
    "missing-healthcheck-instruction",
    "non-numeric-image-user",
    "package-manager-in-image",
    "privileged-image-port",
    "root-image-user",
    "setuid-image-file",
    "shell-in-image",
    "ssh-image-port",
    "stale-image",
    "unset-image-user",
    "unverified-remote-add",
    "world-writable-image-file",
];
/// Every check about secrets, besides those of providers.
pub(super) const SECRETS: [&str; 3] = [
    "plaintext-kubeconfig-credential",
    "plaintext-private-key",
    "plaintext-secret-in-dockerfile",
];
/// Words that mean several checks.
const SEVERAL: [&str; 3] = ["malware", "plaintext-secret", "secrets"];

/// All ids and words that a policy may name.
fn refusable() -> impl Iterator<Item = Cow<'static, str>> {
    let malware = ENGINE_CHECKS.iter().filter(|check| {
        let is_flaw = check.is_of_image && !check.is_not_assessed;
        is_flaw && check.id.ends_with("-in-image")
    });
    let own = SEVERAL.into_iter().chain(CONFIGURATION).chain(SECRETS);
    own.chain(malware.map(|check| check.id))
        .map(Cow::Borrowed)
        .chain(
            ringwall_secrets::providers()
                .map(|provider| Cow::Owned(format!("plaintext-secret/{provider}"))),
        )
}

/// What is wrong with an id that a policy names, and what to write.
pub(crate) fn refusable_problem(id: &str) -> Option<String> {
    let known: Vec<_> = refusable().collect();
    if known.iter().any(|it| it == id) {
        return None;
    }
    if crate::selection::is_flaw(id) {
        return Some(format!(
            "'{id}' is a flaw of packages; image-policy.vulnerabilities limits those"
        ));
    }
    let meant = suggest(id, known.iter().map(|it| &**it));
    let hint = meant.map_or_else(String::new, |meant| format!("; '{meant}' is one"));
    Some(format!("'{id}' is no finding about images{hint}"))
}

#[cfg(test)]
mod tests {
    use ringwall_malware::Kind;
    use ringwall_policy::image::Sought;

    use super::{super::malware::check_of, *};

    #[test]
    fn each_id_is_sought_by_what_finds_it() {
        for id in CONFIGURATION {
            assert_eq!(Sought::of_check(id), Sought::Configuration, "{id}");
        }
        for id in SECRETS {
            assert_eq!(Sought::of_check(id), Sought::Secrets, "{id}");
        }
        for kind in Kind::ALL {
            let id = check_of(kind);
            assert_eq!(Sought::of_check(id), Sought::Malware, "{id}");
            assert_eq!(refusable_problem(id), None);
        }
        assert_eq!(Sought::of_check("yara-match-in-image"), Sought::Yara);
        assert_eq!(Sought::of_check("plaintext-secret/github"), Sought::Secrets);
        for sought in ["malware", "secrets", "plaintext-secret"] {
            assert_ne!(Sought::of_check(sought), Sought::Configuration, "{sought}");
            assert_eq!(refusable_problem(sought), None);
        }
    }

    #[test]
    fn what_no_image_is_found_to_have_is_refused_with_what_was_meant() {
        assert_eq!(refusable_problem("plaintext-secret/github"), None);
        assert_eq!(refusable_problem("yara-match-in-image"), None);
        assert_eq!(
            refusable_problem("coin-miner-in-images").unwrap(),
            "'coin-miner-in-images' is no finding about images; 'coin-miner-in-image' is one"
        );
        for id in ["host-network", "unread-file", "plaintext-secret/githud"] {
            let problem = refusable_problem(id).unwrap();
            assert!(problem.contains("is no finding about images"), "{problem}");
        }
        let problem = refusable_problem("CVE-2021-44228").unwrap();
        assert!(
            problem.contains("image-policy.vulnerabilities"),
            "{problem}"
        );
    }
}
