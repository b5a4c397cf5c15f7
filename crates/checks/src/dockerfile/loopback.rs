//! Addresses that do not leave the build container.

/// Whether a host, with or without a port, is the build container itself.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['"', '\'']);
    if host.starts_with("[::1]") || host == "::1" {
        return true;
    }
    let name = host.split(':').next().unwrap_or("");
    name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.")
}

/// The host of an address, with its port: `example.com:8080` of `http://example.com:8080/a`.
pub(super) fn host_of(address: &str) -> Option<&str> {
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
        ] {
            assert!(host_of(address).is_some_and(is_loopback), "{address}");
        }
        for address in [
            "http://localhost.example.com/",
            "https://example.com/localhost",
        ] {
            assert!(!host_of(address).is_some_and(is_loopback), "{address}");
        }
    }
}
