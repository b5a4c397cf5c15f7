//! Patterns over `registry/path`, and names as they are held against them.

use std::net::Ipv6Addr;

use ringwall_input::image_reference::DOCKER_HUB_HOSTS;

const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

/// The port that is asked where none is named.
const DEFAULT_PORT: &str = "443";

/// A repository by the one name that patterns are written for: hosts know no case, ports are numbers, one that is asked
/// anyway need not be named, an address has one form, and Docker Hub has several names.
///
/// ```
/// use ringwall_policy::image::canonical_repository as canonical;
///
/// assert_eq!(canonical("Registry.Example.com:05000/shop"), "registry.example.com:5000/shop");
/// assert_eq!(canonical("index.docker.io:443/nginx"), "docker.io/library/nginx");
/// ```
pub fn canonical_repository(name: &str) -> String {
    let Some((host, path)) = name.split_once('/') else {
        return name.to_owned();
    };
    let host = canonical_host(host);
    if host == "docker.io" && !path.contains('/') {
        format!("{host}/library/{path}")
    } else {
        format!("{host}/{path}")
    }
}

fn canonical_host(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let (name, port) = name_and_port(&host);
    let name = match address(name) {
        Some(address) => format!("[{address}]"),
        None => name.to_owned(),
    };
    let host = match port {
        None | Some(DEFAULT_PORT) => name,
        Some(port) => format!("{name}:{port}"),
    };
    if DOCKER_HUB_HOSTS.contains(&&*host) {
        "docker.io".to_owned()
    } else {
        host
    }
}

/// The name of a host, and its port as a number is written: what has not digits alone is part of an address, or of a
/// pattern.
fn name_and_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit()) => {
            let number = port.trim_start_matches('0');
            (name, Some(if number.is_empty() { "0" } else { number }))
        }
        _ => (host, None),
    }
}

/// The address that stands in brackets.
fn address(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// The same repository with the port that is asked anyway, for patterns of hosts with a port; `None` where another is
/// named.
pub(super) fn with_port(canonical: &str) -> Option<String> {
    let (host, path) = canonical.split_once('/')?;
    let has_port = match host.strip_prefix('[') {
        Some(address) => !address.ends_with(']'),
        None => host.contains(':'),
    };
    (!has_port).then(|| format!("{host}:{DEFAULT_PORT}/{path}"))
}

/// A pattern as it is compared, or why it would never match and what to write.
pub(super) fn checked(pattern: &str) -> Result<String, String> {
    if pattern.contains("://") {
        return Err("has a scheme and would never match; write it without".to_owned());
    }
    if pattern.contains(char::is_whitespace) {
        return Err("has a space and would never match".to_owned());
    }
    if pattern.contains('@') {
        return Err("has a digest and would never match; name the repository alone".to_owned());
    }
    let (first, path) = match pattern.split_once('/') {
        Some((first, path)) => (first, Some(path)),
        None => (pattern, None),
    };
    let has_registry = first == "localhost"
        || first.contains(['.', ':'])
        || first.contains(WILDCARDS)
        || (path.is_some() && first.contains(|letter: char| letter.is_ascii_uppercase()));
    if !has_registry {
        return Err(format!(
            "names no registry and would never match; write docker.io/{pattern}"
        ));
    }
    let Some(path) = path else {
        // A repository has a registry and a path, and one part alone stands for no slash.
        if pattern.contains(WILDCARDS) && !pattern.contains("**") {
            let whole = if pattern == "*" {
                "**".to_owned()
            } else {
                format!("{pattern}/**")
            };
            return Err(format!("has no path and would never match; write {whole}"));
        }
        return Ok(canonical_host(first));
    };
    // Braces may hold several registries.
    if first.contains('{') && !first.contains('}') {
        return Ok(pattern.to_owned());
    }
    if path.contains(':') {
        return Err("has a tag and would never match; name the repository alone".to_owned());
    }
    if !path.contains('[') && path.contains(char::is_uppercase) {
        return Err("has capitals in its path and would never match; write it small".to_owned());
    }
    let host = if first.contains(WILDCARDS) {
        // The port stays, as the wildcard could stand for another one.
        match name_and_port(&first.to_ascii_lowercase()) {
            (name, Some(port)) => format!("{name}:{port}"),
            (name, None) => name.to_owned(),
        }
    } else {
        canonical_host(first)
    };
    Ok(format!("{host}/{path}"))
}
