//! How registries are reached.

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, time::Duration};

/// Docker Hub, as image references name it.
pub(crate) const DOCKER_HUB: &str = "docker.io";

/// Where Docker Hub's API is.
/// See: <https://docs.docker.com/reference/api/registry/latest/>
const DOCKER_HUB_API: &str = "registry-1.docker.io";

/// How registries are reached.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What is known about each registry, by its name in references.
    pub hosts: BTreeMap<String, HostSettings>,
    /// Authorities of certificates besides the machine's, for every registry.
    pub authorities: Vec<Authority>,
    /// Whether registries may be asked without TLS; those on this machine always may.
    pub plain_http: bool,
    /// Files with credentials, the first that knows a registry counts; see [`crate::credential_files`].
    pub credential_files: Vec<PathBuf>,
    /// How long is waited for what.
    pub patience: Patience,
}

/// What is known about one registry.
#[derive(Clone, Debug, Default)]
pub struct HostSettings {
    /// Registries that are asked before it, each with a path under which it keeps the repositories of this one.
    pub mirrors: Vec<String>,
    /// Authorities of its certificate besides the machine's.
    pub authorities: Vec<Authority>,
    /// Whether it may be asked without TLS.
    pub plain_http: bool,
}

/// Certificates of authorities.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Where they are from, for messages.
    pub name: String,
    /// The certificates, in PEM.
    pub pem: Vec<u8>,
}

/// How long is waited for what, and how often it is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the start of an answer, and for each part of it.
    pub answer: Duration,
    /// For a whole manifest, configuration or token.
    pub document: Duration,
    /// For a program that knows credentials.
    pub helper: Duration,
    /// A layer has to bring `least_bytes` in each of these stretches of waiting.
    pub stretch: Duration,
    /// What a layer has to bring in each stretch.
    pub least_bytes: u64,
    /// How often a request, or a broken layer, is tried again.
    pub retries: u32,
    /// Wait before the first of them; each next one waits twice as long.
    pub first_wait: Duration,
    /// Longest wait before one, also where a registry asks for a longer one.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            document: Duration::from_secs(60),
            helper: Duration::from_secs(30),
            stretch: Duration::from_secs(60),
            least_bytes: 64 << 10,
            retries: 4,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// What is known about a registry, and the authorities that count for it.
    pub(crate) fn of(&self, registry: &str) -> (HostSettings, Vec<Authority>) {
        let host = self.hosts.get(registry).cloned().unwrap_or_default();
        let authorities = [&*self.authorities, &*host.authorities].concat();
        (host, authorities)
    }
}

/// Where the API of a registry is.
pub(crate) fn api_host(registry: &str) -> &str {
    if registry == DOCKER_HUB {
        DOCKER_HUB_API
    } else {
        registry
    }
}

/// Whether a host, with or without a port, is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(address, _)| address),
        None => host.rsplit_once(':').map_or(host, |(name, port)| {
            if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.contains(':') {
                name
            } else {
                host
            }
        }),
    };
    match name.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_this_machine_alone() {
        for host in [
            "localhost",
            "localhost:5000",
            "127.0.0.1",
            "127.9.9.9:1",
            "[::1]:5000",
            "::1",
            "a.localhost:80",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "docker.io",
            "localhost.example.com",
            "127.0.0.1.example.com:5000",
            "10.0.0.1:5000",
            "[::2]:1",
            "mylocalhost",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
