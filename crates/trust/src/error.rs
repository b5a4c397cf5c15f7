//! Why something is not what it is signed to be.

use sigstore_verify as sigstore;

/// Why nobody who is trusted vouches for something, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A key that was handed in is none.
    #[error(
        "the key cannot be used: {0}; give a public key in PEM, as `cosign public-key` writes it"
    )]
    Key(String),
    /// A key that was handed in cannot sign.
    #[error(
        "the key cannot sign: {0}; give a private key in PEM, as `cosign generate-key-pair` or `openssl genpkey` writes it"
    )]
    PrivateKey(String),
    /// A key that was handed in cannot be opened.
    #[error(
        "the key is encrypted, and {reason}; it is that of --password-file, RINGWALL_KEY_PASSWORD or COSIGN_PASSWORD"
    )]
    Password {
        /// What is wrong with the password.
        reason: &'static str,
    },
    /// A pattern that was handed in is none.
    #[error("`{pattern}` is no regular expression: {reason}")]
    Pattern {
        /// As it was handed in.
        pattern: String,
        /// Where it is wrong.
        reason: String,
    },
    /// A trust root that was handed in is none.
    #[error(
        "the trust root cannot be used: {0}; give the trusted_root.json of a Sigstore instance"
    )]
    Root(String),
    /// The authorities and logs that a repository of The Update Framework names cannot be believed.
    #[error("the trust root is not to be had: {0}")]
    Update(String),
    /// A name that was handed in is none.
    #[error("`{name}` names nobody: {reason}; write it as `C=US, ST=WA, O=shop.example`")]
    Name {
        /// As it was handed in.
        name: String,
        /// Where it is wrong.
        reason: String,
    },
    /// A trust policy that was handed in is none.
    #[error("the trust policy cannot be used: {0}; give Notation's trustpolicy.json, version 1.0")]
    Policy(String),
    /// It is larger than anything that is signed.
    #[error("the {what} is larger than 16 MiB and is not read")]
    TooLarge {
        /// What is too large.
        what: &'static str,
    },
    /// It would be larger than anything that is read where it is verified.
    #[error("the {what} would be larger than 16 MiB, which is not read where it is verified")]
    TooMuchToSign {
        /// What would be too large.
        what: &'static str,
    },
    /// It is damaged, or nothing that this format allows.
    #[error("the {what} cannot be understood: {reason}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
        /// How.
        reason: String,
    },
    /// It may be right, and this version cannot tell.
    #[error("{0}, which this version cannot verify")]
    Unsupported(String),
    /// The signature is not one of the key over these bytes.
    #[error("the signature is not made by {by} over these bytes")]
    Signature {
        /// Whose it ought to be.
        by: String,
    },
    /// Somebody else signed.
    #[error("it is signed by {found}")]
    Signer {
        /// Who did.
        found: String,
    },
    /// It is about something else.
    #[error("it is about {found}, and not about this artifact")]
    Artifact {
        /// What it is about.
        found: String,
    },
    /// The payload is of another type than a signature's.
    #[error("its payload is of the type `{found}`, and not `{wanted}`")]
    PayloadType {
        /// The type.
        found: String,
        /// The only one that counts.
        wanted: &'static str,
    },
    /// The certificate does not hold under the trust root.
    #[error("its certificate is not to be trusted: {0}")]
    Certificate(String),
    /// The log entry or the timestamp does not hold under the trust root.
    #[error("when it was signed is not proven: {0}")]
    Evidence(String),
    /// Nobody in the trust root vouches for it.
    #[error(
        "nobody in the trust root vouches for it: {0}; give the root of its instance, or a newer one"
    )]
    Stranger(String),
    /// Its signer did not want it to count any longer.
    #[error("it expired on {at}")]
    Expired {
        /// When.
        at: jiff::Timestamp,
    },
    /// Whether its certificates were revoked is demanded, and nobody was asked.
    #[error(
        "whether the certificate of {subject} was revoked is not known: nobody was asked over the network"
    )]
    Revocation {
        /// Whom the certificate names.
        subject: String,
    },
    /// No transparency log has it, and one was demanded.
    #[error("no transparency log has recorded it, and that is demanded")]
    NotLogged,
}

impl TrustError {
    /// Whether it may still be right: what this version cannot read says nothing of who signed.
    pub const fn is_undecided(&self) -> bool {
        matches!(
            self,
            Self::TooLarge { .. } | Self::Unsupported(_) | Self::Revocation { .. }
        )
    }

    pub(crate) fn malformed(what: &'static str, reason: &dyn ToString) -> Self {
        Self::Malformed {
            what,
            reason: reason.to_string(),
        }
    }
}

impl From<sigstore::Error> for TrustError {
    fn from(error: sigstore::Error) -> Self {
        use sigstore::Error as E;

        let reason = error.to_string();
        match error {
            E::SignatureInvalid(_) => Self::Signature {
                by: "its signer".to_owned(),
            },
            E::ArtifactMismatch(_) => Self::Artifact {
                found: "something else".to_owned(),
            },
            E::UnsupportedArtifact(_) | E::UnsupportedBundle(_) => Self::Unsupported(reason),
            E::Crypto(sigstore::crypto::Error::UnsupportedAlgorithm(_)) => {
                Self::Unsupported(reason)
            }
            E::Certificate(sigstore::CertificateError::NoValidAuthority { .. })
            | E::TransparencyLog(sigstore::TransparencyLogError::UnknownLog { .. }) => {
                Self::Stranger(reason)
            }
            E::Certificate(_) => Self::Certificate(reason),
            E::TransparencyLog(_) | E::Timestamp(_) => Self::Evidence(reason),
            E::InvalidTrustRoot(_) | E::TrustRoot(_) | E::TrustedCertificate(_) => {
                Self::Root(reason)
            }
            _ => Self::malformed("bundle", &reason),
        }
    }
}
