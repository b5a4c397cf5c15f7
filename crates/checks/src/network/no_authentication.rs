//! Arguments and environment variables that switch the authentication of a program off.

use crate::{Container, Node};

/// Environment variables, and the values that switch it off; none: any value at all.
const VARIABLES: &[(&str, &[&str])] = &[
    ("ALLOW_EMPTY_PASSWORD", &["yes", "true", "1"]),
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
    variable(container).or_else(|| argument(container))
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
