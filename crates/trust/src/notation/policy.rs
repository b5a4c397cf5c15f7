//! Trust policies of Notation: whose signatures count for which repository, and what is demanded of them.
//!
//! Source: <https://github.com/notaryproject/specifications/blob/main/specs/trust-store-trust-policy.md>, for OCI
//! artifacts. Here they are stricter in two ways: words that nobody knows are refused, and nobody is believed whom a
//! policy does not name, whatever its level.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::name::DistinguishedName;
use crate::{TrustError, bounded};

/// The scope of a policy that is about everything else.
const GLOBAL: &str = "*";

/// What stands before a name in a policy.
const SUBJECT: &str = "x509.subject:";

/// Trust policies, each about some repositories.
#[derive(Clone, Debug)]
pub struct NotationPolicies {
    policies: Vec<NotationPolicy>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotationPolicy {
    /// Its name.
    pub name: String,
    /// The level that it begins with.
    pub level: Level,
    /// What is demanded, after what it says otherwise.
    pub demands: Demands,
    /// When a timestamp is asked for.
    pub timestamps: TimestampUse,
    /// The collections of certificates that count.
    pub stores: Vec<StoreName>,
    /// Who is trusted among those whom these certificates vouch for.
    pub identities: Identities,
    scopes: Vec<String>,
}

/// How much a policy demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Everything.
    Strict,
    /// That the signature is right, and somebody trusted made it.
    Permissive,
    /// That the signature is right.
    Audit,
    /// Nothing: nobody looks.
    Skip,
}

/// Whether what fails is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is.
    Enforce,
    /// It is said, and nothing more.
    Log,
    /// Nobody looks.
    Skip,
}

/// What is demanded of a signature beside being right and by somebody trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands {
    /// That the certificates were valid when it was signed.
    pub authentic_timestamp: Action,
    /// That it did not expire.
    pub expiry: Action,
    /// That no certificate was revoked.
    pub revocation: Action,
}

/// When a timestamp is asked for, where authorities for timestamps are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TimestampUse {
    /// Of every signature.
    #[default]
    Always,
    /// Of those whose certificates are not valid any more.
    AfterCertExpiry,
}

/// What the certificates of a collection may vouch for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreKind {
    /// Signers.
    Ca,
    /// Services that sign for others.
    SigningAuthority,
    /// Times.
    Tsa,
}

/// The name of a collection of certificates: `ca:shop`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreName {
    /// What its certificates vouch for.
    pub kind: StoreKind,
    /// The folder: letters, digits, dots, lines and underlines, and nothing that leads elsewhere.
    pub name: String,
}

/// Who is trusted among those whom an authority vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identities {
    /// Everybody.
    Any,
    /// Whoever has all attributes of one of these.
    Named(Vec<DistinguishedName>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wire {
    version: String,
    trust_policies: Vec<WirePolicy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WirePolicy {
    name: String,
    registry_scopes: Vec<String>,
    signature_verification: WireVerification,
    #[serde(default)]
    trust_stores: Vec<String>,
    #[serde(default)]
    trusted_identities: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireVerification {
    level: Level,
    #[serde(default, rename = "override")]
    otherwise: BTreeMap<String, Action>,
    verify_timestamp: Option<TimestampUse>,
}

impl NotationPolicies {
    /// Reads `trustpolicy.json`, version 1.0. A registry has many spellings and is one: `canonical` gives the one name of
    /// a repository, and what is asked for has to be written so too.
    pub fn from_json(json: &[u8], canonical: impl Fn(&str) -> String) -> Result<Self, TrustError> {
        let wire: Wire = serde_json::from_slice(bounded(json, "trust policy")?)
            .map_err(|error| TrustError::Policy(error.to_string()))?;
        if wire.version != "1.0" {
            let version = wire.version;
            return Err(TrustError::Policy(format!(
                "it has the version `{version}`, and only 1.0 is known"
            )));
        }
        let mut policies: Vec<NotationPolicy> = Vec::new();
        for policy in wire.trust_policies {
            let name = policy.name.clone();
            let wrong = |reason: String| TrustError::Policy(format!("`{name}` {reason}"));
            let policy = NotationPolicy::new(policy, &canonical).map_err(wrong)?;
            for other in &policies {
                if other.name == policy.name {
                    return Err(wrong("is there twice".to_owned()));
                }
                let mut shared = policy.scopes.iter();
                if let Some(scope) = shared.find(|scope| other.scopes.contains(scope)) {
                    let other = &other.name;
                    return Err(wrong(format!("is about {scope}, as is `{other}`")));
                }
            }
            policies.push(policy);
        }
        if policies.is_empty() {
            return Err(TrustError::Policy("it has no policies".to_owned()));
        }
        Ok(Self { policies })
    }

    /// The one that is about a repository, by its one name: `registry.example.com/team/shop`.
    pub fn policy(&self, repository: &str) -> Option<&NotationPolicy> {
        let with = |scope: &str| {
            let mut policies = self.policies.iter();
            policies.find(|policy| policy.scopes.iter().any(|it| it == scope))
        };
        with(repository).or_else(|| with(GLOBAL))
    }
}

impl NotationPolicy {
    fn new(wire: WirePolicy, canonical: &dyn Fn(&str) -> String) -> Result<Self, String> {
        let WireVerification {
            level,
            otherwise,
            verify_timestamp,
        } = wire.signature_verification;
        if wire.name.is_empty() {
            return Err("has no name".to_owned());
        }
        let scopes = wire.registry_scopes.into_iter().map(|scope| {
            if is_repository(&scope) {
                canonical(&scope)
            } else {
                scope
            }
        });
        let scopes: Vec<_> = scopes.collect();
        if scopes.is_empty() {
            return Err("has no registryScopes".to_owned());
        }
        let is_global = scopes.iter().any(|it| it == GLOBAL);
        if is_global && scopes.len() > 1 {
            return Err("is about `*` and something else".to_owned());
        }
        let distinct: BTreeSet<_> = scopes.iter().collect();
        if distinct.len() < scopes.len() {
            return Err("names a scope twice".to_owned());
        }
        if let Some(scope) = scopes.iter().find(|it| *it != GLOBAL && !is_repository(it)) {
            return Err(format!(
                "has the scope `{scope}`, which is no repository with its registry, nor `*`"
            ));
        }
        if level == Level::Skip {
            if is_global {
                return Err("is about `*`, and skips all verification".to_owned());
            }
            if !otherwise.is_empty() {
                return Err("skips all verification, and has an override".to_owned());
            }
            if !wire.trust_stores.is_empty() || !wire.trusted_identities.is_empty() {
                return Err("skips all verification, and names who is trusted".to_owned());
            }
        }
        let stores: Vec<_> = wire
            .trust_stores
            .iter()
            .map(|text| StoreName::parse(text))
            .collect::<Result<_, _>>()?;
        let vouches = |store: &StoreName| store.kind != StoreKind::Tsa;
        if level != Level::Skip && !stores.iter().any(vouches) {
            return Err("has no trustStores for signers".to_owned());
        }
        let identities = match level {
            // Nobody is asked for.
            Level::Skip => Identities::Named(Vec::new()),
            _ => Identities::parse(&wire.trusted_identities)?,
        };
        Ok(Self {
            demands: Demands::of(level, &otherwise)?,
            timestamps: verify_timestamp.unwrap_or_default(),
            name: wire.name,
            level,
            stores,
            identities,
            scopes,
        })
    }
}

impl Demands {
    fn of(level: Level, otherwise: &BTreeMap<String, Action>) -> Result<Self, String> {
        let logged_unless = |strict: bool| if strict { Action::Enforce } else { Action::Log };
        let all = logged_unless(level == Level::Strict);
        let mut demands = Self {
            authentic_timestamp: all,
            expiry: all,
            revocation: all,
        };
        for (name, action) in otherwise {
            let field = match name.as_str() {
                "authenticTimestamp" => &mut demands.authentic_timestamp,
                "expiry" => &mut demands.expiry,
                "revocation" => &mut demands.revocation,
                // Whoever is not trusted is believed at no level.
                "authenticity" if *action != Action::Skip => continue,
                "authenticity" => return Err("skips authenticity, which cannot be skipped".into()),
                "integrity" => return Err("overrides integrity, which is always enforced".into()),
                other => return Err(format!("overrides `{other}`, which is no validation")),
            };
            if *action == Action::Skip && name != "revocation" {
                return Err(format!("skips {name}, which cannot be skipped"));
            }
            *field = *action;
        }
        Ok(demands)
    }
}

impl StoreKind {
    /// The folder that its collections are in.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ca => "ca",
            Self::SigningAuthority => "signingAuthority",
            Self::Tsa => "tsa",
        }
    }
}

impl StoreName {
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':');
        let (kind, name) = parts.ok_or_else(|| {
            format!("has the trust store `{text}`, which is not of the form KIND:NAME")
        })?;
        let all = [StoreKind::Ca, StoreKind::SigningAuthority, StoreKind::Tsa];
        let mut all = all.into_iter();
        let kind = all
            .find(|it| it.as_str() == kind)
            .ok_or_else(|| format!("has a trust store of the kind `{kind}`, and only ca, signingAuthority and tsa are known"))?;
        let is_letter = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_');
        if name.is_empty() || !name.chars().all(is_letter) || name.chars().all(|it| it == '.') {
            return Err(format!(
                "has the trust store `{name}`, which is no name of a folder"
            ));
        }
        Ok(Self {
            kind,
            name: name.to_owned(),
        })
    }
}

impl Identities {
    fn parse(texts: &[String]) -> Result<Self, String> {
        if texts.is_empty() {
            return Err("has no trustedIdentities".to_owned());
        }
        if texts.iter().any(|it| it == GLOBAL) {
            if texts.len() > 1 {
                return Err("trusts `*` and somebody else".to_owned());
            }
            return Ok(Self::Any);
        }
        let mut names: Vec<DistinguishedName> = Vec::new();
        for text in texts {
            let name = text
                .strip_prefix(SUBJECT)
                .ok_or_else(|| format!("trusts `{text}`, which does not begin with `{SUBJECT}`"))?;
            let parsed = DistinguishedName::parse(name).map_err(|error| error.to_string())?;
            parsed
                .require_whole(name)
                .map_err(|error| error.to_string())?;
            if names
                .iter()
                .any(|it| it.includes(&parsed) || parsed.includes(it))
            {
                return Err(format!(
                    "trusts `{text}`, whom another identity means as well"
                ));
            }
            names.push(parsed);
        }
        Ok(Self::Named(names))
    }
}

/// Whether a scope is a registry and a path in it, without a tag or a digest.
fn is_repository(scope: &str) -> bool {
    let Some((registry, path)) = scope.split_once('/') else {
        return false;
    };
    let is_registry =
        |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | ':' | '[' | ']');
    let is_path =
        |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '.' | '-' | '_');
    !registry.is_empty()
        && registry.chars().all(is_registry)
        && path
            .split('/')
            .all(|part| !part.is_empty() && part.chars().all(is_path))
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
