//! The certificates of a signature, from the one that signs to its root.

use jiff::Timestamp;

use super::{
    certificate::{Certificate, Purpose},
    constraints::{require_known, require_permitted},
};
use crate::TrustError;

/// Certificates of one signature that are looked at; there are two to five.
const MAX_LENGTH: usize = 16;

/// A chain in which each certificate is issued by the next one, and the last one by itself.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    leaf: Certificate,
    /// The issuer of the leaf first, the root last; none where the leaf is its own root.
    authorities: Vec<Certificate>,
}

impl Chain {
    /// Reads certificates in DER in their order, and holds them against what is required of such a chain.
    pub(crate) fn new(ders: &[Vec<u8>], purpose: Purpose) -> Result<Self, TrustError> {
        if ders.len() > MAX_LENGTH {
            return Err(TrustError::Certificate(format!(
                "there are more than {MAX_LENGTH} beside it"
            )));
        }
        let all = ders.iter().map(|der| Certificate::from_der(der));
        Self::of(all.collect::<Result<_, _>>()?, purpose)
    }

    pub(crate) fn of(mut all: Vec<Certificate>, purpose: Purpose) -> Result<Self, TrustError> {
        if all.is_empty() {
            return Err(TrustError::Certificate("there is none".to_owned()));
        }
        let leaf = all.remove(0);
        let chain = Self {
            leaf,
            authorities: all,
        };
        chain.leaf.require_leaf(purpose)?;
        for (below, authority) in chain.authorities.iter().enumerate() {
            authority.require_authority(purpose, below)?;
        }
        let all: Vec<_> = chain.certificates().collect();
        for (at, certificate) in all.iter().enumerate() {
            require_known(certificate)?;
            for authority in all.iter().skip(at + 1) {
                require_permitted(certificate, authority)?;
            }
        }
        for pair in all.windows(2) {
            let [issued, issuer] = pair else { continue };
            if !issued.is_issued_by(issuer)? {
                return Err(TrustError::Certificate(format!(
                    "{} is not issued by {}, which stands behind it",
                    issued.subject(),
                    issuer.subject()
                )));
            }
            if issued.is_self_signed() {
                return Err(TrustError::Certificate(format!(
                    "{} is its own root, and others stand behind it",
                    issued.subject()
                )));
            }
        }
        let root = chain.root();
        if !root.is_issued_by(root)? {
            return Err(TrustError::Certificate(format!(
                "{} ends the chain, and is no root",
                root.subject()
            )));
        }
        Ok(chain)
    }

    pub(crate) const fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    pub(crate) fn root(&self) -> &Certificate {
        self.authorities.last().unwrap_or(&self.leaf)
    }

    pub(crate) fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.leaf).chain(&self.authorities)
    }

    /// The first of them that is trusted, from the leaf on.
    pub(crate) fn anchor(&self, trusted: &[Certificate]) -> Option<&Certificate> {
        self.certificates().find(|it| trusted.contains(it))
    }

    /// The first of them that is not valid throughout an interval, and why.
    pub(crate) fn require_valid(
        &self,
        from: Timestamp,
        until: Timestamp,
        when: &str,
    ) -> Result<(), String> {
        for certificate in self.certificates() {
            let (start, end) = certificate.validity();
            if from < start {
                let subject = certificate.subject();
                return Err(format!(
                    "{subject} is valid from {start} on, which is after {when}"
                ));
            }
            if until > end {
                let subject = certificate.subject();
                return Err(format!(
                    "{subject} was valid until {end}, which is before {when}"
                ));
            }
        }
        Ok(())
    }

    /// The first of them of which somebody else knows whether it was revoked. Nobody revokes a root.
    pub(crate) fn revocable(&self) -> Option<&Certificate> {
        let below_root = self.authorities.len();
        let mut all = self.certificates().take(below_root);
        all.find(|it| it.can_be_revoked())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{
        CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    };

    use super::*;

    fn check(purpose: Purpose, usage: &[u8], is_critical: bool) -> Result<Chain, TrustError> {
        let mut params = CertificateParams::default();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let mut usage = CustomExtension::from_oid_content(&[2, 5, 29, 37], usage.to_vec());
        usage.set_criticality(is_critical);
        params.custom_extensions = vec![usage];
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        Chain::new(&[certificate.der().to_vec()], purpose)
    }

    #[test]
    fn whoever_vouches_for_times_does_nothing_else() {
        const CODE: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 3];
        const TIMES: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];

        let usages = |all: &[&[u8]]| {
            let all = all.concat();
            [&[0x30, u8::try_from(all.len()).unwrap()], &*all].concat()
        };
        let times = usages(&[TIMES]);
        assert!(check(Purpose::Timestamping, &times, true).is_ok());
        for (usage, is_critical) in [
            (times.clone(), false),
            (usages(&[CODE]), true),
            (usages(&[TIMES, CODE]), true),
        ] {
            let error = check(Purpose::Timestamping, &usage, is_critical).unwrap_err();
            assert!(
                error.to_string().contains("not for timestamps alone"),
                "{error}"
            );
        }
        assert!(check(Purpose::Signing, &usages(&[CODE]), true).is_ok());
        assert!(check(Purpose::Signing, &times, true).is_err());
        let mut params = CertificateParams::default();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let der = [certificate.der().to_vec()];
        assert!(Chain::new(&der, Purpose::Timestamping).is_err());
    }
}
