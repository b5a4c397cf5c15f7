//! Arguments of `ringwall image verify`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::args::{TextOrJson, registry::RegistryArgs};

pub(crate) const EXAMPLES: &str = "\
Examples:
  ringwall image verify registry.example.com/shop:1.2 --key cosign.pub
  ringwall image verify registry.example.com/shop:1.2   by whom [[trust]] in ringwall.toml names
  ringwall image verify shop/ --key cosign.pub
  ringwall image verify shop.tar --identity me@shop.example --issuer https://accounts.google.com
  ringwall image verify registry.example.com/shop:1.2 --certificate ca.pem --subject 'C=US, ST=WA, O=shop.example'
  ringwall image verify registry.example.com/shop:1.2 --notation-policy trustpolicy.json --trust-store truststore/
  ringwall image verify shop.tar --attestation slsaprovenance1 \\
    --identity-regexp 'https://github.com/shop/.*' \\
    --issuer https://token.actions.githubusercontent.com
  ringwall image verify registry.example.com/shop:1.2 --key cosign.pub --attestation cyclonedx \\
    --compare-packages                                  what is in it and not in its attested SBOM

Exit codes:
  0  it is signed by the one who is wanted
  1  it is not: nothing that is wanted holds
  2  wrong usage
  3  something could not be read, so one cannot tell";

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("who").args(["key", "identity", "identity_regexp", "certificate", "notation_policy"]),
    group = ArgGroup::new("known_to").args(["issuer", "issuer_regexp"]).requires("who")
)]
pub(crate) struct ImageVerifyArgs {
    /// An OCI layout, as a folder or an archive, with its signatures; else an image in a registry
    #[arg(value_name = "FILE or REF")]
    pub(crate) image: PathBuf,
    /// Which of several images: linux/amd64, linux/arm/v7
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Form of the report
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t = TextOrJson::Text)]
    pub(crate) output: TextOrJson,
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// Configuration; without it, ringwall.toml of this folder or one above
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
    #[command(flatten)]
    pub(crate) who: SignerArgs,
    #[command(flatten)]
    pub(crate) notation: NotationArgs,
    #[command(flatten)]
    pub(crate) what: SaidArgs,
}

/// Who has to have signed.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Who has to have signed")]
pub(crate) struct SignerArgs {
    /// Whoever has this key: a public key in PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Whom the certificate names: a mail address, or the address of a workflow
    #[arg(long, value_name = "SUBJECT", requires = "known_to")]
    pub(crate) identity: Option<String>,
    /// Whom the certificate names, as a pattern that all of the name matches
    #[arg(long, value_name = "PATTERN", requires = "known_to")]
    pub(crate) identity_regexp: Option<String>,
    /// Who knows that name: the OpenID issuer
    #[arg(long, value_name = "URL", conflicts_with = "key")]
    pub(crate) issuer: Option<String>,
    /// Who knows that name, as a pattern that all of it matches
    #[arg(long, value_name = "PATTERN", conflicts_with = "key")]
    pub(crate) issuer_regexp: Option<String>,
    /// Authorities and logs that count: trusted_root.json of a Sigstore instance [default: the public one, built in]
    #[arg(long, value_name = "FILE", requires = "who")]
    pub(crate) trust_root: Option<PathBuf>,
    /// Demand that a transparency log has recorded what the key signed
    #[arg(long, requires = "key")]
    pub(crate) require_log: bool,
}

/// Who has to have signed, as `notation` signs.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Who has to have signed with Notation")]
pub(crate) struct NotationArgs {
    /// Whoever is under these certificates: of authorities, or signed by themselves, in PEM or DER
    #[arg(long, value_name = "FILE", requires = "subject")]
    #[arg(conflicts_with_all = ["trust_root", "known_to", "attestation"])]
    pub(crate) certificate: Option<PathBuf>,
    /// What the certificate of the signer names: 'C=US, ST=WA, O=shop.example'; '*' for anybody
    #[arg(long, value_name = "ATTRIBUTES", requires = "certificate")]
    pub(crate) subject: Option<String>,
    /// Whom Notation's trust policies name for the repository: trustpolicy.json
    #[arg(long, value_name = "FILE", requires = "trust_store")]
    #[arg(conflicts_with_all = ["trust_root", "known_to", "attestation"])]
    pub(crate) notation_policy: Option<PathBuf>,
    /// Certificates that the policies name, in x509/ca, x509/signingAuthority and x509/tsa of a folder
    #[arg(long, value_name = "DIR", requires = "notation_policy")]
    pub(crate) trust_store: Option<PathBuf>,
    /// Repository whose policy counts for a layout: registry.example.com/shop
    #[arg(long, value_name = "REPOSITORY", requires = "notation_policy")]
    pub(crate) notation_scope: Option<String>,
}

/// What has to be said.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What has to be said")]
pub(crate) struct SaidArgs {
    /// An attestation in place of a signature: slsaprovenance, slsaprovenance1, spdxjson, cyclonedx, link, vuln, openvex, custom, or a URI
    #[arg(long, value_name = "TYPE")]
    pub(crate) attestation: Option<String>,
    /// Hold the packages that the attestation lists, in SPDX or CycloneDX, against those in the image: its layers are
    /// read, and it is not verified where they hold more
    #[arg(long, requires = "attestation")]
    pub(crate) compare_packages: bool,
    /// Who has to have built it, by the attestation of SLSA's provenance that is asked for: the id of the builder
    #[arg(long, value_name = "ID", requires = "attestation")]
    pub(crate) builder: Option<String>,
    /// The same as a pattern, which has to match all of it
    #[arg(
        long,
        value_name = "PATTERN",
        requires = "attestation",
        conflicts_with = "builder"
    )]
    pub(crate) builder_regexp: Option<String>,
    /// From what source it has to have been built: a URI; without git+ and without @ and a branch, any of these will do
    #[arg(long, value_name = "URI", requires = "attestation")]
    pub(crate) source: Option<String>,
    /// The same as a pattern, which has to match all of it
    #[arg(
        long,
        value_name = "PATTERN",
        requires = "attestation",
        conflicts_with = "source"
    )]
    pub(crate) source_regexp: Option<String>,
    /// Words that the signer has to have put beside it; may be repeated
    #[arg(long = "annotation", value_name = "KEY=VALUE")]
    pub(crate) annotations: Vec<String>,
}
