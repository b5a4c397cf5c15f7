//! Certificates and envelopes of Notation, made for tests: right ones, and wrong in every way that is asked for.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA256, date_time_ymd,
};
use ring::{rand::SystemRandom, signature};
use serde_json::{Value, json};

pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.cncf.notary.payload.v1+json";
pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    P256,
    P384,
    Rsa2048,
    Rsa3072,
    Rsa4096,
}

impl Kind {
    pub(crate) fn jws(self) -> &'static str {
        match self {
            Self::P256 => "ES256",
            Self::P384 => "ES384",
            Self::Rsa2048 => "PS256",
            Self::Rsa3072 => "PS384",
            Self::Rsa4096 => "PS512",
        }
    }

    pub(crate) fn cose(self) -> i64 {
        match self {
            Self::P256 => -7,
            Self::P384 => -35,
            Self::Rsa2048 => -37,
            Self::Rsa3072 => -38,
            Self::Rsa4096 => -39,
        }
    }

    fn pair(self) -> KeyPair {
        let rsa: &[u8] = match self {
            Self::P256 => return KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(),
            Self::P384 => return KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(),
            Self::Rsa2048 => include_bytes!("../data/notation-rsa-2048.der"),
            Self::Rsa3072 => include_bytes!("../data/notation-rsa-3072.der"),
            Self::Rsa4096 => include_bytes!("../data/notation-rsa-4096.der"),
        };
        KeyPair::from_pkcs8_der_and_sign_algo(&rsa.into(), &PKCS_RSA_SHA256).unwrap()
    }
}

/// An authority that issues certificates.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    /// Its own certificate first, its root last.
    pub(crate) chain: Vec<Vec<u8>>,
}

/// Somebody who signs.
pub(crate) struct Signer {
    kind: Kind,
    key: KeyPair,
    /// The certificate of the signer first.
    pub(crate) chain: Vec<Vec<u8>>,
}

/// Of an authority, valid from 2020 to 2100.
pub(crate) fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = names(&[(DnType::CommonName, name)]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    params
}

/// Of a signer: `C=US, ST=WA, O=shop.example, CN=Shop`, valid from 2020 to 2100.
pub(crate) fn leaf_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = names(&[
        (DnType::CountryName, "US"),
        (DnType::StateOrProvinceName, "WA"),
        (DnType::OrganizationName, "shop.example"),
        (DnType::CommonName, "Shop"),
    ]);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    params
}

pub(crate) fn names(all: &[(DnType, &str)]) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    for (kind, name) in all {
        names.push(kind.clone(), *name);
    }
    names
}

impl Authority {
    pub(crate) fn root() -> Self {
        Self::made(authority_params("Root"), Kind::P256)
    }

    pub(crate) fn made(params: CertificateParams, kind: Kind) -> Self {
        let key = kind.pair();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            chain: vec![certificate.der().to_vec()],
            params,
            key,
        }
    }

    /// Another authority, below this one.
    pub(crate) fn authority(&self, params: CertificateParams) -> Self {
        let key = Kind::P384.pair();
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        Self {
            chain: [vec![certificate.der().to_vec()], self.chain.clone()].concat(),
            params,
            key,
        }
    }

    pub(crate) fn signer(&self, kind: Kind) -> Signer {
        self.issue(&leaf_params(), kind)
    }

    pub(crate) fn issue(&self, params: &CertificateParams, kind: Kind) -> Signer {
        let key = kind.pair();
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        Signer {
            kind,
            key,
            chain: [vec![certificate.der().to_vec()], self.chain.clone()].concat(),
        }
    }

    /// The certificate of its root, in PEM.
    pub(crate) fn root_pem(&self) -> String {
        pem(self.chain.last().unwrap())
    }
}

/// A certificate, in PEM.
pub(crate) fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let (lines, rest) = text.as_bytes().as_chunks::<64>();
    let lines = lines.iter().map(|line| &line[..]).chain([rest]);
    let lines = lines.map(|line| format!("{}\n", std::str::from_utf8(line).unwrap()));
    let lines: String = lines.filter(|line| line != "\n").collect();
    format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n")
}

/// What is signed of a manifest.
pub(crate) fn payload(digest: &str, size: usize) -> Value {
    json!({ "targetArtifact": {
        "mediaType": MANIFEST_TYPE, "digest": digest, "size": size,
        "annotations": { "team": "shop" },
    }})
}

/// The headers that are signed in JWS.
pub(crate) fn headers(kind: Kind) -> Value {
    json!({
        "alg": kind.jws(), "cty": PAYLOAD_TYPE, "crit": ["io.cncf.notary.signingScheme"],
        "io.cncf.notary.signingScheme": "notary.x509",
        "io.cncf.notary.signingTime": "2026-03-01T12:00:00+01:00",
    })
}

impl Signer {
    pub(crate) fn self_signed(params: &CertificateParams, kind: Kind) -> Self {
        let key = kind.pair();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            kind,
            chain: vec![certificate.der().to_vec()],
            key,
        }
    }

    /// An envelope in JWS.
    pub(crate) fn jws(&self, payload: &Value) -> Vec<u8> {
        self.jws_with(&headers(self.kind), payload, &json!({}))
    }

    /// The same with headers, and with some that are not signed.
    pub(crate) fn jws_with(&self, headers: &Value, payload: &Value, unsigned: &Value) -> Vec<u8> {
        self.jws_of(&headers.to_string(), payload, unsigned)
    }

    pub(crate) fn jws_of(&self, headers: &str, payload: &Value, unsigned: &Value) -> Vec<u8> {
        let protected = URL_SAFE_NO_PAD.encode(headers);
        let payload = URL_SAFE_NO_PAD.encode(payload.to_string());
        let signature = self.sign(format!("{protected}.{payload}").as_bytes());
        let chain: Vec<_> = self.chain.iter().map(|der| STANDARD.encode(der)).collect();
        let mut header = json!({ "x5c": chain, "io.cncf.notary.signingAgent": "test/1" });
        for (name, value) in unsigned.as_object().unwrap() {
            header[name] = value.clone();
        }
        let envelope = json!({
            "payload": payload, "protected": protected, "header": header,
            "signature": URL_SAFE_NO_PAD.encode(signature),
        });
        envelope.to_string().into_bytes()
    }

    /// The headers that are signed in COSE.
    pub(crate) fn cose_headers(&self) -> Vec<(Cbor, Cbor)> {
        vec![
            (Cbor::Number(1), Cbor::Number(self.kind.cose())),
            (
                Cbor::Number(2),
                Cbor::List(vec![Cbor::text("io.cncf.notary.signingScheme")]),
            ),
            (Cbor::Number(3), Cbor::text(PAYLOAD_TYPE)),
            (
                Cbor::text("io.cncf.notary.signingScheme"),
                Cbor::text("notary.x509"),
            ),
            (
                Cbor::text("io.cncf.notary.signingTime"),
                Cbor::Tag(1, Box::new(Cbor::Number(1_772_362_800))),
            ),
        ]
    }

    /// An envelope in COSE.
    pub(crate) fn cose(&self, payload: &Value) -> Vec<u8> {
        self.cose_with(self.cose_headers(), payload, Vec::new())
    }

    pub(crate) fn cose_with(
        &self,
        headers: Vec<(Cbor, Cbor)>,
        payload: &Value,
        unsigned: Vec<(Cbor, Cbor)>,
    ) -> Vec<u8> {
        let protected = Cbor::Map(headers).bytes();
        let payload = payload.to_string().into_bytes();
        let signed = Cbor::List(vec![
            Cbor::text("Signature1"),
            Cbor::Bytes(protected.clone()),
            Cbor::Bytes(Vec::new()),
            Cbor::Bytes(payload.clone()),
        ]);
        let signature = self.sign(&signed.shortest());
        let chain = self.chain.iter().map(|der| Cbor::Bytes(der.clone()));
        let mut unprotected = vec![(Cbor::Number(33), Cbor::List(chain.collect()))];
        unprotected.extend(unsigned);
        let parts = vec![
            Cbor::Bytes(protected),
            Cbor::Map(unprotected),
            Cbor::Bytes(payload),
            Cbor::Bytes(signature),
        ];
        Cbor::Tag(18, Box::new(Cbor::List(parts))).bytes()
    }

    /// As envelopes are signed by such a key.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let pkcs8 = self.key.serialized_der();
        let fixed = |algorithm| {
            let pair = signature::EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &random).unwrap();
            pair.sign(&random, message).unwrap().as_ref().to_vec()
        };
        let padding: &dyn signature::RsaEncoding = match self.kind {
            Kind::P256 => return fixed(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Kind::P384 => return fixed(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Kind::Rsa2048 => &signature::RSA_PSS_SHA256,
            Kind::Rsa3072 => &signature::RSA_PSS_SHA384,
            Kind::Rsa4096 => &signature::RSA_PSS_SHA512,
        };
        let pair = signature::RsaKeyPair::from_pkcs8(pkcs8).unwrap();
        let mut signed = vec![0; pair.public().modulus_len()];
        pair.sign(padding, &random, message, &mut signed).unwrap();
        signed
    }

    /// The private key, in PEM.
    pub(crate) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}

/// A value in CBOR, written by another hand than reads it.
#[derive(Clone, Debug)]
pub(crate) enum Cbor {
    Number(i64),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Tag(u64, Box<Self>),
}

impl Cbor {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// With heads as wide as can be, which readers have to take.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.with(&|major, number| {
            let mut head = vec![(major << 5) + 27];
            head.extend(number.to_be_bytes());
            head
        })
    }

    /// With heads as short as can be, as what is signed has to have them.
    fn shortest(&self) -> Vec<u8> {
        self.with(&|major, number| match number {
            0..=23 => vec![(major << 5) + u8::try_from(number).unwrap()],
            24..=0xff => vec![(major << 5) + 24, u8::try_from(number).unwrap()],
            _ => {
                let mut head = vec![(major << 5) + 25];
                head.extend(u16::try_from(number).unwrap().to_be_bytes());
                head
            }
        })
    }

    fn with(&self, head: &dyn Fn(u8, u64) -> Vec<u8>) -> Vec<u8> {
        let length = |major: u8, length: usize| head(major, length as u64);
        let number = |number: i64| u64::try_from(number).unwrap();
        match self {
            Self::Number(it) if *it < 0 => head(1, number(-1 - it)),
            Self::Number(it) => head(0, number(*it)),
            Self::Bytes(bytes) => [length(2, bytes.len()), bytes.clone()].concat(),
            Self::Text(text) => [length(3, text.len()), text.clone().into_bytes()].concat(),
            Self::List(all) => {
                let values = all.iter().flat_map(|it| it.with(head));
                length(4, all.len()).into_iter().chain(values).collect()
            }
            Self::Map(all) => {
                let values = all.iter();
                let values = values.flat_map(|(key, it)| [key.with(head), it.with(head)].concat());
                length(5, all.len()).into_iter().chain(values).collect()
            }
            Self::Tag(tag, value) => [head(6, *tag), value.with(head)].concat(),
        }
    }
}
