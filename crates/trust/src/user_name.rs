//! Signers whom certificates name by neither a mail address nor an address of the web.
//!
//! Source: <https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md#1361415726417--othername-san>: a user of an
//! issuer that knows no mail addresses, as `name!domain`.

use x509_cert::{
    Certificate,
    der::{
        Decode as _,
        asn1::{ObjectIdentifier, Utf8StringRef},
    },
    ext::pkix::{SubjectAltName, name::GeneralName},
};

/// What Fulcio calls such a name.
const USER_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");

/// The name in a certificate, where it is the only one: of two, one would be believed that the other does not mean.
pub(crate) fn user_name(certificate: &[u8]) -> Option<String> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let names = certificate
        .tbs_certificate()
        .get_extension::<SubjectAltName>();
    let (_, names) = names.ok()??;
    let [GeneralName::OtherName(other)] = &*names.0 else {
        return None;
    };
    if other.type_id != USER_NAME {
        return None;
    }
    let name: Utf8StringRef<'_> = other.value.decode_as().ok()?;
    Some(name.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    const FULCIO: [u64; 9] = [1, 3, 6, 1, 4, 1, 57264, 1, 7];

    fn other(kind: &[u64], name: &str) -> SanType {
        SanType::OtherName((kind.to_vec(), name.into()))
    }

    fn read(names: Vec<SanType>) -> Option<String> {
        let mut parameters = CertificateParams::default();
        parameters.subject_alt_names = names;
        let key = KeyPair::generate().unwrap();
        user_name(parameters.self_signed(&key).unwrap().der())
    }

    #[test]
    fn a_user_is_named_by_the_only_name_of_the_certificate() {
        let known = || other(&FULCIO, "ana!shop.example");
        assert_eq!(read(vec![known()]).as_deref(), Some("ana!shop.example"));
        // As smart cards call their owners.
        let card = || other(&[1, 3, 6, 1, 4, 1, 311, 20, 2, 3], "ana!shop.example");
        let host = || SanType::DnsName("shop.example".try_into().unwrap());
        for names in [
            vec![],
            vec![card()],
            vec![host()],
            vec![known(), card()],
            vec![host(), known()],
        ] {
            assert_eq!(read(names.clone()), None, "{names:?}");
        }
        assert_eq!(user_name(b"no certificate"), None);
    }
}
