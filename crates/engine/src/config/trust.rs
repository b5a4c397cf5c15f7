//! The sections `[[trust]]` of `ringwall.toml`; flags win over them.

use std::path::PathBuf;

use ringwall_policy::image::Repositories;
use serde::Deserialize;

/// Who has to have signed images of some repositories. Paths of files count from the folder of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustConfig {
    /// Patterns over `registry/path`.
    pub images: Vec<String>,
    /// Whoever has this key: a public key in PEM.
    pub key: Option<PathBuf>,
    /// Whom the certificate names.
    pub identity: Option<String>,
    /// The same as a pattern.
    pub identity_regexp: Option<String>,
    /// Who knows that name: the OpenID issuer.
    pub issuer: Option<String>,
    /// The same as a pattern.
    pub issuer_regexp: Option<String>,
    /// Whoever is under these certificates, in the form of Notation.
    pub certificate: Option<PathBuf>,
    /// Attributes that the certificate of the signer has to name; `*` for anybody.
    pub subject: Option<String>,
    /// Trust policies of Notation.
    pub notation_policy: Option<PathBuf>,
    /// The folder of the certificates that these policies name.
    pub trust_store: Option<PathBuf>,
    /// The authorities and logs that count.
    pub trust_root: Option<PathBuf>,
    /// Whether a log has to have recorded what the key signed.
    #[serde(default)]
    pub require_log: bool,
}

impl TrustConfig {
    /// Whether it is about an image, by its registry and path.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to do.
    pub fn covers(&self, name: &str) -> Result<bool, String> {
        Ok(self.repositories()?.contain(name))
    }

    /// What it is about, once it says who is trusted and nothing that contradicts that.
    pub(super) fn repositories(&self) -> Result<Repositories, String> {
        let Self {
            key,
            identity,
            identity_regexp,
            issuer,
            issuer_regexp,
            certificate,
            subject,
            notation_policy,
            trust_store,
            ..
        } = self;
        let has_identity = identity.is_some() || identity_regexp.is_some();
        let has_issuer = issuer.is_some() || issuer_regexp.is_some();
        if self.images.is_empty() {
            return Err("has no images; name the repositories that it is about".to_owned());
        }
        let who = [
            key.is_some(),
            has_identity,
            certificate.is_some(),
            notation_policy.is_some(),
        ];
        if who.iter().filter(|is_named| **is_named).count() != 1 {
            return Err(
                "needs one of a key, an identity, a certificate and a notation-policy, and no more"
                    .to_owned(),
            );
        }
        if certificate.is_some() != subject.is_some() {
            return Err(
                "needs a subject with its certificate, `*` for anybody: an authority vouches for everybody whom it knows"
                    .to_owned(),
            );
        }
        if notation_policy.is_some() != trust_store.is_some() {
            return Err(
                "needs a trust-store with its notation-policy: the folder of the certificates that it names"
                    .to_owned(),
            );
        }
        if has_identity != has_issuer {
            return Err(
                "needs an issuer with its identity: any issuer could claim a name".to_owned(),
            );
        }
        if (identity.is_some() && identity_regexp.is_some())
            || (issuer.is_some() && issuer_regexp.is_some())
        {
            return Err("has a name and a pattern for the same".to_owned());
        }
        if self.trust_root.is_some() && key.is_none() && !has_identity {
            return Err(
                "has a trust-root, which is for the signatures of cosign and Sigstore".to_owned(),
            );
        }
        if self.require_log && key.is_none() {
            return Err(
                "has require-log, which is for keys: what a certificate signs is always logged"
                    .to_owned(),
            );
        }
        Repositories::new(&self.images)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> TrustConfig {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn entries_are_about_repositories() {
        let entry = read("images = [\"registry.example.com/team\"]\nkey = \"a.pub\"");
        assert_eq!(entry.covers("registry.example.com/team/shop"), Ok(true));
        assert_eq!(entry.covers("registry.example.com/other"), Ok(false));
    }

    #[test]
    fn entries_that_name_nobody_or_two_are_refused() {
        let refused = |text: &str, words: &str| {
            let text = format!("images = [\"registry.example.com\"]\n{text}");
            let error = read(&text).covers("registry.example.com/a").unwrap_err();
            assert!(error.contains(words), "{error}");
        };
        refused("", "one of a key, an identity");
        refused("key = \"a\"\nidentity = \"b\"\nissuer = \"c\"", "no more");
        refused(
            "key = \"a\"\ncertificate = \"b\"\nsubject = \"c\"",
            "no more",
        );
        refused("certificate = \"b\"", "needs a subject");
        refused("key = \"a\"\nsubject = \"b\"", "needs a subject");
        refused("notation-policy = \"b\"", "needs a trust-store");
        refused("key = \"a\"\ntrust-store = \"b\"", "needs a trust-store");
        let text = "certificate = \"b\"\nsubject = \"*\"\ntrust-root = \"c\"";
        refused(text, "a trust-root");
        refused(
            "certificate = \"b\"\nsubject = \"*\"\nissuer = \"c\"",
            "needs an issuer",
        );
        refused("identity = \"b\"", "needs an issuer");
        refused("key = \"a\"\nissuer = \"c\"", "needs an issuer");
        refused(
            "identity = \"b\"\nissuer = \"c\"\nissuer-regexp = \"d\"",
            "for the same",
        );
        refused(
            "identity = \"b\"\nissuer = \"c\"\nrequire-log = true",
            "require-log",
        );
        let error = read("images = []\nkey = \"a\"").covers("a/b").unwrap_err();
        assert!(error.contains("no images"), "{error}");
        let error = read("images = [\"nginx\"]\nkey = \"a\"")
            .covers("a/b")
            .unwrap_err();
        assert!(error.contains("'nginx' names no registry"), "{error}");
    }
}
