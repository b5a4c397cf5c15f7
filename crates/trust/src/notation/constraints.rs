//! What certificates demand critically, and the names that authorities may vouch for.
//!
//! Source: RFC 5280, 4.2 and 4.2.1.10. A critical extension that nobody here knows may take back what the others say.

use x509_cert::{
    ext::pkix::{
        NameConstraints, SubjectAltName, constraints::name::GeneralSubtree, name::GeneralName,
    },
    name::Name,
};

use super::certificate::Certificate;
use crate::TrustError;

/// Critical extensions that are looked at, or that change nothing here: the names beside the subject, by which nobody is
/// trusted; policies, of which none is asked for, and what they forbid; whom to ask for revocations, which is told apart.
const KNOWN: [&str; 9] = [
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.37",
    "2.5.29.54",
];

/// A mail address in a subject, which constraints of such addresses are about.
const EMAIL: &str = "1.2.840.113549.1.9.1";

/// Refuses what demands something that is not known here.
pub(super) fn require_known(certificate: &Certificate) -> Result<(), TrustError> {
    let inner = certificate.parsed().tbs_certificate();
    let mut extensions = inner.extensions().into_iter().flatten();
    let is_known = |id: &str| KNOWN.contains(&id);
    let unknown = extensions.find(|it| it.critical && !is_known(&it.extn_id.to_string()));
    match unknown {
        None => Ok(()),
        Some(unknown) => Err(certificate.refused(&format!(
            "has the critical extension {}, which is not known here",
            unknown.extn_id
        ))),
    }
}

/// Refuses a certificate that an authority above it may not vouch for.
///
/// Subjects are compared, as they say who signed. Other names are not compared: a certificate that has some, below an
/// authority that is constrained in such names, is refused.
pub(super) fn require_permitted(
    certificate: &Certificate,
    authority: &Certificate,
) -> Result<(), TrustError> {
    let constraints = authority
        .parsed()
        .tbs_certificate()
        .get_extension::<NameConstraints>()
        .map_err(|_| authority.refused("has name constraints that cannot be read"))?;
    let Some((_, constraints)) = constraints else {
        return Ok(());
    };
    let permitted = constraints.permitted_subtrees.unwrap_or_default();
    let excluded = constraints.excluded_subtrees.unwrap_or_default();
    let all = || permitted.iter().chain(&excluded);
    // RFC 5280 has no others.
    if all().any(|it| it.minimum != 0 || it.maximum.is_some()) {
        return Err(authority.refused("has name constraints of some depth, which nobody has"));
    }
    let refused = || {
        Err(certificate.refused(&format!(
            "has a name that {} may not vouch for",
            authority.subject()
        )))
    };
    let subject = certificate.name();
    let mut folders = permitted.iter().filter_map(directory).peekable();
    let is_permitted =
        folders.peek().is_none() || subject.is_empty() || folders.any(|it| begins(subject, it));
    if !is_permitted
        || excluded
            .iter()
            .filter_map(directory)
            .any(|it| begins(subject, it))
    {
        return refused();
    }
    let names = certificate
        .parsed()
        .tbs_certificate()
        .get_extension::<SubjectAltName>()
        .map_err(|_| certificate.refused("has names that cannot be read"))?;
    let names = names.map(|(_, names)| names.0).unwrap_or_default();
    let is_constrained = |name: &GeneralName| all().any(|it| is_alike(&it.base, name));
    let has_mail = subject.iter().any(|it| it.oid.to_string() == EMAIL)
        && all().any(|it| matches!(it.base, GeneralName::Rfc822Name(_)));
    if has_mail || names.iter().any(is_constrained) {
        return Err(certificate.refused(&format!(
            "has names of a kind in which {} is constrained, and which are not compared here",
            authority.subject()
        )));
    }
    Ok(())
}

fn directory(subtree: &GeneralSubtree) -> Option<&Name> {
    match &subtree.base {
        GeneralName::DirectoryName(name) => Some(name),
        _ => None,
    }
}

/// Whether a name begins with all parts of another one, in any case and by any of the types that texts have.
fn begins(name: &Name, start: &Name) -> bool {
    let mut parts = name.iter_rdn();
    start.iter_rdn().all(|part| {
        let own = parts.next().map(|it| it.to_string().to_lowercase());
        own == Some(part.to_string().to_lowercase())
    })
}

/// Whether two names are of one kind.
fn is_alike(one: &GeneralName, other: &GeneralName) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}
