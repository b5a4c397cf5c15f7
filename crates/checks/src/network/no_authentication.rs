//! Arguments and environment variables that switch the authentication of a program off.

use super::{address::Addresses, image_repository};
use crate::{Container, Node};

/// Environment variables, and the values that switch it off; none: any value at all.
const VARIABLES: &[(&str, &[&str])] = &[
    ("ALLOW_EMPTY_PASSWORD", &["yes", "true", "1"]),
    ("ALLOW_NONE_AUTHENTICATION", &["yes", "true", "1"]),
    ("ALLOW_ANONYMOUS_LOGIN", &["yes", "true", "1"]),
    ("MYSQL_ALLOW_EMPTY_PASSWORD", &[]),
    ("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", &[]),
    ("POSTGRES_HOST_AUTH_METHOD", &["trust"]),
    ("xpack.security.enabled", &["false"]),
    ("DISABLE_SECURITY_PLUGIN", &["true"]),
    ("plugins.security.disabled", &["true"]),
    ("NEO4J_AUTH", &["none"]),
    ("GF_AUTH_ANONYMOUS_ENABLED", &["true", "1"]),
    ("ME_CONFIG_BASICAUTH", &["false"]),
    ("DISABLE_AUTH", &["true", "yes", "1"]),
    ("DISABLE_AUTHENTICATION", &["true", "yes", "1"]),
    ("NO_AUTH", &["true", "yes", "1"]),
];

/// Arguments that switch it off on their own.
const ARGUMENTS: &[&str] = &[
    "--noauth",
    "--no-auth",
    "--auth=none",
    "--disable-auth",
    "--disable-auth=true",
    "--disable-authentication",
    "--enable-skip-login",
    "--enable-skip-login=true",
    "--auth-mode=server",
    "--skip-grant-tables",
    "--api.insecure",
    "--api.insecure=true",
    "--NotebookApp.token=",
    "--NotebookApp.token=''",
    "--NotebookApp.token=\"\"",
    "--ServerApp.token=",
    "--ServerApp.token=''",
    "--ServerApp.token=\"\"",
    "--IdentityProvider.token=",
    "--IdentityProvider.token=''",
];

/// Arguments that switch it off together with the next one.
const PAIRS: &[(&str, &str)] = &[
    ("--auth", "none"),
    ("--auth-mode", "server"),
    ("--protected-mode", "no"),
    ("server", "-dev"),
];

/// The switch that a container sets, and what it is called.
pub(super) fn switched_off<'a>(container: &Container<'a>) -> Option<(Node<'a>, &'static str)> {
    variable(container)
        .or_else(|| argument(container))
        .or_else(|| docker(container))
}

/// Docker's daemon on TCP: it asks for a client certificate with `--tlsverify`, and for nothing without.
/// The entry point of its image adds that flag, unless `DOCKER_TLS_CERTDIR` is empty or the command names the
/// program itself.
/// See: <https://github.com/docker-library/docker/blob/master/dockerd-entrypoint.sh>.
fn docker<'a>(container: &Container<'a>) -> Option<(Node<'a>, &'static str)> {
    let words = container.command_line().flat_map(|node| {
        let words = node.text().split_whitespace();
        words.map(move |word| (node, word)).collect::<Vec<_>>()
    });
    let words: Vec<(Node<'_>, &str)> = words.collect();
    let has = |wanted: &str| words.iter().any(|(_, word)| *word == wanted);
    let names_daemon = words
        .iter()
        .any(|(_, word)| word.rsplit('/').next() == Some("dockerd"));
    let is_daemon_image = image_repository::is_image_of(container, &["docker"])
        && container
            .image
            .is_some_and(|image| image.text().contains("dind"));
    if !(names_daemon || is_daemon_image) || has("--tlsverify") || has("--tlsverify=true") {
        return None;
    }
    let variable = container
        .node
        .list("env")
        .find(|entry| entry.str("name") == Some("DOCKER_TLS_CERTDIR"));
    let without_certificates = variable.filter(|entry| {
        entry.str("value").is_none_or(str::is_empty) && entry.get("valueFrom").is_none()
    });
    let host = words.iter().enumerate().find_map(|(at, (node, word))| {
        let address = word
            .strip_prefix("--host=")
            .or_else(|| word.strip_prefix("-H="))
            .or_else(|| {
                let before = words.get(at.checked_sub(1)?)?.1;
                matches!(before, "--host" | "-H").then_some(*word)
            })?;
        is_open_address(address).then_some(*node)
    });
    // The entry point of the image opens the port itself.
    if let Some(entry) =
        without_certificates.filter(|_| is_daemon_image && (!names_daemon || words.len() == 1))
    {
        return Some((entry, "DOCKER_TLS_CERTDIR"));
    }
    let is_off = names_daemon || without_certificates.is_some() || has("--tls=false");
    host.filter(|_| is_off)
        .map(|node| (node, "--host without --tlsverify"))
}

/// Whether others reach an address such as `tcp://0.0.0.0:2375`.
fn is_open_address(address: &str) -> bool {
    let Some(host) = address.strip_prefix("tcp://") else {
        return false;
    };
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let host = host.trim_matches(['[', ']']);
    let mut loopback = Addresses::default();
    loopback.add("127.0.0.0/8");
    loopback.add("::1/128");
    host != "localhost" && !loopback.holds(host)
}

fn variable<'a>(container: &Container<'a>) -> Option<(Node<'a>, &'static str)> {
    container.node.list("env").find_map(|entry| {
        let name = entry.str("name")?;
        let value = entry.get("value")?;
        let &(known, values) = VARIABLES.iter().find(|(known, _)| *known == name)?;
        let text = value.text();
        let is_off = if values.is_empty() {
            !text.is_empty()
        } else {
            values.iter().any(|word| text.eq_ignore_ascii_case(word))
        };
        is_off.then_some((value, known))
    })
}

fn argument<'a>(container: &Container<'a>) -> Option<(Node<'a>, &'static str)> {
    let mut before = "";
    for node in container.command_line() {
        // A script for a shell holds several words.
        for word in node.text().split_whitespace() {
            if let Some(known) = ARGUMENTS.iter().find(|known| **known == word) {
                return Some((node, known));
            }
            if let Some((known, _)) = PAIRS.iter().find(|pair| **pair == (before, word)) {
                return Some((node, known));
            }
            before = word;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::is_open_address;

    #[test]
    fn a_daemon_on_loopback_is_reached_by_nobody_else() {
        for (address, expected) in [
            ("tcp://0.0.0.0:2375", true),
            ("tcp://:2375", true),
            ("tcp://[::]:2375", true),
            ("tcp://127.0.0.1:2375", false),
            ("tcp://localhost:2375", false),
            ("tcp://[::1]:2375", false),
            ("unix:///var/run/docker.sock", false),
        ] {
            assert_eq!(is_open_address(address), expected, "{address}");
        }
    }
}
