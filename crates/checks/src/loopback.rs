//! Addresses that do not leave the host they are used on.

use std::net::IpAddr;

/// Whether a host, with or without a port, is the one that asks for it.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['"', '\'']);
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let name = match bracketed {
        Some((address, _)) => address,
        None if host.matches(':').count() > 1 => host,
        None => host.split(':').next().unwrap_or(host),
    };
    if let Ok(address) = name.parse::<IpAddr>() {
        return address.is_loopback();
    }
    // Programs in C take 127.1 for 127.0.0.1.
    let is_short = || {
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        name.starts_with("127.") && name.split('.').all(is_number)
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    last.eq_ignore_ascii_case("localhost") || is_short()
}

/// The host of an address, with its port: `example.com:8080` of `http://example.com:8080/a`.
pub(crate) fn host_of(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_known_by_name_and_number() {
        for address in [
            "http://localhost:80/a",
            "https://127.0.0.1",
            "http://[::1]:8080/",
            "http://a@localhost/",
            "http://LOCALHOST/",
            "http://web.localhost/",
            "http://127.1:80/",
            "http://[0:0:0:0:0:0:0:1]/",
        ] {
            assert!(host_of(address).is_some_and(is_loopback), "{address}");
        }
        for address in [
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://notlocalhost/",
            "http://localhost@example.com/",
            "http://[::2]/",
            "https://example.com/localhost",
        ] {
            assert!(!host_of(address).is_some_and(is_loopback), "{address}");
        }
    }
}
