//! Why something cannot be had from a registry or another server.

/// Why something cannot be had from a registry or another server.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RegistryError {
    /// The reference is none that can be asked for.
    #[error("cannot ask for {reference}: {reason}")]
    Reference {
        /// What was asked for.
        reference: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A setting cannot be used.
    #[error("{name}: {reason}")]
    Setting {
        /// The setting.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The daemon of Docker cannot be asked, or says no.
    #[error("Docker at {socket} {reason}")]
    Docker {
        /// Where it listens.
        socket: String,
        /// What it says.
        reason: String,
    },
    /// No connection, or it broke.
    #[error("cannot reach {registry}: {reason}")]
    Unreachable {
        /// Who was asked.
        registry: String,
        /// What the system says.
        reason: String,
    },
    /// TLS says no.
    #[error(
        "the certificate of {registry} is not trusted: {reason}; give its authority with --registry-ca FILE, or `ca` in ringwall.toml"
    )]
    Certificate {
        /// Who was asked.
        registry: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// It does not speak TLS.
    #[error("{registry} does not speak TLS: {reason}; --plain-http asks it without")]
    NoTls {
        /// Who was asked.
        registry: String,
        /// What came in place of it.
        reason: String,
    },
    /// It wants to know who asks.
    #[error(
        "{registry} lets nobody {wanted} {repository} without a login, or has no such repository: log in with `docker login {registry}`{problems}"
    )]
    Login {
        /// Who was asked.
        registry: String,
        /// What for.
        repository: String,
        /// `read`, `write to`.
        wanted: &'static str,
        /// Why no credentials were found where there should be some.
        problems: String,
    },
    /// It does not accept who asks.
    #[error(
        "{registry} does not accept the login of {user} from {file}: log in again with `docker login {registry}`"
    )]
    Refused {
        /// Who was asked.
        registry: String,
        /// Who asked.
        user: String,
        /// Where the login is from.
        file: String,
    },
    /// Whoever asks may not.
    #[error("{registry} denies access to {repository}{problems}")]
    Denied {
        /// Who was asked.
        registry: String,
        /// What for.
        repository: String,
        /// Who asked, or why nobody could be named.
        problems: String,
    },
    /// There is no such thing.
    #[error("{registry} has no {what}")]
    NotFound {
        /// Who was asked.
        registry: String,
        /// What for.
        what: String,
    },
    /// It asks for fewer requests.
    #[error(
        "{registry} asks for fewer requests{reason}; logging in may raise the limit, and so does a mirror in ringwall.toml"
    )]
    TooMany {
        /// Who was asked.
        registry: String,
        /// How long it wants to be left alone.
        reason: String,
    },
    /// It answers otherwise than the protocol says, or otherwise than the digest says.
    #[error("{registry} gives no usable answer: {reason}")]
    Answer {
        /// Who was asked.
        registry: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// Neither the registry nor one of its mirrors has it.
    #[error("cannot read {image}: {}", told(.errors))]
    Everywhere {
        /// What was asked for.
        image: String,
        /// What each of them said, the registry last.
        errors: Vec<Self>,
    },
    /// What stands beside an image cannot be added to.
    #[error("cannot add to {what} in {repository}: {reason}")]
    Attached {
        /// Where.
        repository: String,
        /// The tag.
        what: String,
        /// Why.
        reason: String,
    },
    /// Nothing can be deleted.
    #[error(
        "{registry} deletes no manifests: it has no such request, or deletion is switched off there, as it is by default (storage.delete.enabled in the configuration of CNCF Distribution)"
    )]
    DeletesNothing {
        /// Who was asked.
        registry: String,
    },
    /// It does not say which repositories it has.
    #[error(
        "{registry} does not list its repositories ({reason}); name them: {registry}/REPOSITORY"
    )]
    Catalogue {
        /// Who was asked.
        registry: String,
        /// What it says.
        reason: String,
    },
    /// What was found is no image of a container.
    #[error("{image} is no container image: {reason}")]
    NoImage {
        /// What was asked for.
        image: String,
        /// What it is.
        reason: String,
    },
    /// None of the images, or more than one, is for the platform.
    #[error("{image} has {count} for {wanted}; choose one of {platforms} with --platform")]
    Platforms {
        /// What was asked for.
        image: String,
        /// `no image`, `several images`.
        count: &'static str,
        /// The platform.
        wanted: String,
        /// What there is to choose from.
        platforms: String,
    },
}

impl RegistryError {
    /// Whether there is no such thing, by the word of everyone who was asked.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Self::NotFound { .. } => true,
            Self::Everywhere { errors, .. } => errors.iter().all(Self::is_nothing),
            _ => false,
        }
    }

    /// Whether it was waited for something that did not come, so that waiting for more of it is in vain.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TooMany { .. } => true,
            Self::Everywhere { errors, .. } => errors.iter().any(Self::is_passing),
            _ => false,
        }
    }
}

fn told(errors: &[RegistryError]) -> String {
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    errors.join("; ")
}
