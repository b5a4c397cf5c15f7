//! Settings of TLS that allow broken versions or ciphers.

/// What is weak about a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weakness {
    /// `TLS 1.0`, `the cipher RC4`.
    pub(super) what: &'static str,
    /// The value that is not, as YAML, where it is obvious.
    pub(super) instead: Option<&'static str>,
}

/// Parts of cipher names that are broken.
const CIPHERS: &[(&str, &str)] = &[
    ("RC4", "the cipher RC4"),
    ("3DES", "the cipher 3DES"),
    ("DES-CBC3", "the cipher 3DES"),
    ("DES-CBC", "the cipher DES"),
    ("MD5", "the hash MD5"),
    ("NULL", "no encryption"),
    ("EXP", "export ciphers"),
    ("ADH", "anonymous ciphers"),
    ("AECDH", "anonymous ciphers"),
    ("LOW", "low ciphers"),
];

/// What a setting allows that is broken; the name is that of an annotation without its prefix, or of a field.
pub(super) fn of_setting(name: &str, value: &str) -> Option<Weakness> {
    match name {
        "ssl-protocols" | "proxy-ssl-protocols" => protocols(value),
        "ssl-ciphers" | "proxy-ssl-ciphers" => ciphers(value),
        "ssl-policy" | "aws-load-balancer-ssl-negotiation-policy" => aws_policy(value),
        "minProtocolVersion" => lowest(value, "TLSV1_0", "TLSV1_1", "TLSV1_2"),
        "minVersion" => lowest(value, "VersionTLS10", "VersionTLS11", "VersionTLS12"),
        "minimumProtocolVersion" | "tls-minimum-protocol-version" => {
            lowest(value, "1.0", "1.1", "\"1.2\"")
        }
        _ => None,
    }
}

fn protocols(value: &str) -> Option<Weakness> {
    let what = value.split_whitespace().find_map(|word| match word {
        "SSLv2" => Some("SSL 2"),
        "SSLv3" => Some("SSL 3"),
        "TLSv1" | "TLSv1.0" => Some("TLS 1.0"),
        "TLSv1.1" => Some("TLS 1.1"),
        _ => None,
    })?;
    Some(Weakness {
        what,
        instead: Some("\"TLSv1.2 TLSv1.3\""),
    })
}

fn ciphers(value: &str) -> Option<Weakness> {
    let what = value
        .split([':', ',', ' '])
        .filter(|cipher| !cipher.starts_with(['!', '-']))
        .find_map(|cipher| {
            let mut parts = CIPHERS.iter();
            parts
                .find(|(part, _)| {
                    cipher == *part
                        || cipher.starts_with(&format!("{part}-"))
                        || cipher.contains(&format!("-{part}"))
                        || cipher.contains(&format!("_{part}_"))
                })
                .map(|(_, what)| *what)
        })?;
    Some(Weakness {
        what,
        instead: None,
    })
}

/// Policies of Elastic Load Balancing that still allow TLS 1.0 or 1.1.
/// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>.
fn aws_policy(value: &str) -> Option<Weakness> {
    let policy = value.strip_prefix("ELBSecurityPolicy-")?;
    let what = match policy {
        "2016-08" | "2015-05" | "2014-10" | "2014-01" | "2011-08" | "FS-2018-06"
        | "TLS-1-0-2015-04" => "TLS 1.0",
        "TLS-1-1-2017-01" | "FS-1-1-2019-08" => "TLS 1.1",
        _ if policy.starts_with("TLS13-1-0-") => "TLS 1.0",
        _ if policy.starts_with("TLS13-1-1-") => "TLS 1.1",
        _ => return None,
    };
    Some(Weakness {
        what,
        instead: Some("ELBSecurityPolicy-TLS13-1-2-2021-06"),
    })
}

fn lowest(value: &str, first: &str, second: &str, instead: &'static str) -> Option<Weakness> {
    let what = match value {
        _ if value == first => "TLS 1.0",
        _ if value == second => "TLS 1.1",
        _ => return None,
    };
    Some(Weakness {
        what,
        instead: Some(instead),
    })
}

#[cfg(test)]
mod tests {
    use super::of_setting;

    fn check(name: &str, value: &str, expected: Option<&str>) {
        assert_eq!(
            of_setting(name, value).map(|weakness| weakness.what),
            expected,
            "{name}: {value}"
        );
    }

    #[test]
    fn ciphers_are_judged_by_their_parts() {
        check("ssl-ciphers", "ECDHE-RSA-AES128-GCM-SHA256", None);
        check(
            "ssl-ciphers",
            "ECDHE-RSA-DES-CBC3-SHA",
            Some("the cipher 3DES"),
        );
        check("ssl-ciphers", "HIGH:!RC4:-3DES:!EXPORT", None);
        check("ssl-ciphers", "EXP-RC4-MD5", Some("the cipher RC4"));
        check(
            "ssl-ciphers",
            "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
            Some("the cipher 3DES"),
        );
    }

    #[test]
    fn versions_below_1_2_are_weak() {
        check("ssl-protocols", "TLSv1.2 TLSv1.3", None);
        check("ssl-protocols", "TLSv1.1 TLSv1.2", Some("TLS 1.1"));
        check(
            "ssl-policy",
            "ELBSecurityPolicy-TLS13-1-0-2021-06",
            Some("TLS 1.0"),
        );
        check(
            "ssl-policy",
            "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            None,
        );
        check("minProtocolVersion", "TLSV1_1", Some("TLS 1.1"));
        check("minimumProtocolVersion", "1.2", None);
    }
}
