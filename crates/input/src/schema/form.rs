//! The forms of strings that the API server's validation knows.

use std::net::IpAddr;

use super::{schedule::is_schedule, validate::is_placeholder};
use crate::{
    quantity::Quantity,
    yaml::{Node, Value},
};

/// A form of a value.
///
/// Source: the validation code of Kubernetes 1.37. Where releases differ, the widest form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A DNS label (RFC 1123).
    Label,
    /// A DNS subdomain (RFC 1123).
    Subdomain,
    /// A DNS subdomain, or what one begins with.
    Prefix,
    /// A DNS subdomain that may end in a dot.
    Domain,
    /// A DNS subdomain, or `*.` and one.
    Host,
    /// The key of a label.
    Key,
    /// The key of a `ConfigMap` or Secret.
    DataKey,
    /// The name of an environment variable.
    EnvName,
    /// An IP address.
    Ip,
    /// An IP address and the length of its prefix.
    Cidr,
    /// A path that begins with `/`.
    Absolute,
    /// A path that stays below where it begins.
    Inside,
    /// A path without `..`.
    NoBacksteps,
    /// A number, or a share in percent.
    Percent,
    /// The same, of at most all.
    Share,
    /// A quantity that is not negative.
    Amount,
    /// When a `CronJob` makes jobs.
    Schedule,
    /// A field of a pod that it can be told of.
    FieldPath,
    /// A resource of a container that it can be told of.
    ResourceField,
}

impl Form {
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "label" => Self::Label,
            "subdomain" => Self::Subdomain,
            "prefix" => Self::Prefix,
            "domain" => Self::Domain,
            "host" => Self::Host,
            "key" => Self::Key,
            "data-key" => Self::DataKey,
            "env-name" => Self::EnvName,
            "ip" => Self::Ip,
            "cidr" => Self::Cidr,
            "absolute" => Self::Absolute,
            "inside" => Self::Inside,
            "no-backsteps" => Self::NoBacksteps,
            "percent" => Self::Percent,
            "share" => Self::Share,
            "amount" => Self::Amount,
            "schedule" => Self::Schedule,
            "field-path" => Self::FieldPath,
            "resource-field" => Self::ResourceField,
            _ => return None,
        })
    }

    /// What a value must be.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Label => {
                "at most 63 lower-case letters, digits and '-', with a letter or digit at both ends"
            }
            Self::Subdomain | Self::Prefix | Self::Domain => {
                "at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at both ends of each part"
            }
            Self::Host => {
                "at most 253 lower-case letters, digits, '-' and '.', behind '*.' or alone"
            }
            Self::Key => {
                "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends, behind a DNS name and '/' or alone"
            }
            Self::DataKey => "at most 253 letters, digits, '-', '_' and '.'",
            Self::EnvName => "printable ASCII without '='",
            Self::Ip => "an IP address",
            Self::Cidr => "an IP address with the length of its prefix, such as 10.0.0.0/8",
            Self::Absolute => "a path that begins with '/'",
            Self::Inside => "a relative path without '..'",
            Self::NoBacksteps => "a path without '..'",
            Self::Percent => "a number that is not negative, or a share such as 25%",
            Self::Share => "a number that is not negative, or a share from 0% to 100%",
            Self::Amount => "a quantity that is not negative",
            Self::Schedule => {
                "five fields of minute 0-59, hour 0-23, day 1-31, month 1-12 and day of the week 0-6, or a word such as @daily"
            }
            Self::FieldPath => {
                "metadata.name, metadata.namespace, metadata.uid, metadata.labels['KEY'], metadata.annotations['KEY'], spec.nodeName, spec.serviceAccountName, status.hostIP, status.hostIPs, status.podIP or status.podIPs"
            }
            Self::ResourceField => {
                "limits or requests of cpu, memory, ephemeral-storage or hugepages, such as limits.cpu"
            }
        }
    }

    /// Whether a value has the form; of an empty string, which counts as unset, and of a value of the wrong type
    /// others tell.
    pub(super) fn fits(self, node: Node<'_>) -> bool {
        match (self, node.value()) {
            (Self::Amount, Value::String(_) | Value::Int(_) | Value::Float(_)) => {
                Quantity::of(node).is_ok_and(|amount| !amount.is_negative())
            }
            (Self::Percent | Self::Share, Value::Int(number)) => number >= 0,
            (_, Value::String(text)) => text.is_empty() || self.fits_text(text),
            _ => true,
        }
    }

    /// Whether a text is a mark in the place of a value: something else writes the value before it is applied.
    pub fn is_mark(self, text: &str) -> bool {
        let has_capitals = text.bytes().any(|byte| byte.is_ascii_uppercase());
        let has_others = text.bytes().any(|byte| byte.is_ascii_lowercase());
        is_placeholder(text)
            || text.contains(['$', '<', '{'])
            || text.starts_with("__")
            || text.starts_with('%') && text.ends_with('%')
            || text.starts_with('@') && text.ends_with('@')
            // `NAME` is no name that anybody gives.
            || !matches!(self, Self::Key | Self::DataKey | Self::EnvName | Self::Absolute | Self::Inside | Self::NoBacksteps) && has_capitals
                && !has_others
    }

    /// Whether a text that is not empty has the form.
    pub fn fits_text(self, text: &str) -> bool {
        match self {
            Self::Label => is_label(text),
            Self::Subdomain => is_subdomain(text),
            Self::Prefix => is_subdomain(text.strip_suffix('-').unwrap_or(text)),
            Self::Domain => is_subdomain(text.strip_suffix('.').unwrap_or(text)),
            Self::Host => is_subdomain(text.strip_prefix("*.").unwrap_or(text)),
            Self::Key => match text.split_once('/') {
                Some((prefix, name)) => is_subdomain(&prefix.to_ascii_lowercase()) && is_name(name),
                None => is_name(text),
            },
            Self::DataKey => {
                text.len() <= 253
                    && text.bytes().all(is_name_byte)
                    && text != "."
                    && !text.starts_with("..")
            }
            Self::EnvName => text
                .bytes()
                .all(|byte| matches!(byte, b' '..=b'~') && byte != b'='),
            Self::Ip => is_ip(text),
            Self::Cidr => is_cidr(text.trim()),
            Self::Absolute => text.starts_with('/'),
            Self::Inside => !text.starts_with('/') && has_no_backsteps(text),
            Self::NoBacksteps => has_no_backsteps(text),
            Self::Percent => percent(text).is_some(),
            Self::Share => percent(text).is_some_and(|share| share <= 100),
            Self::Amount => true,
            Self::Schedule => is_schedule(text),
            Self::FieldPath => is_field_path(text),
            Self::ResourceField => is_resource_field(text),
        }
    }
}

fn is_part(text: &str) -> bool {
    let is_alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(is_alphanumeric)
        && bytes.last().is_some_and(is_alphanumeric)
        && bytes
            .iter()
            .all(|byte| is_alphanumeric(byte) || *byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_part)
}

fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_part(text)
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && text.bytes().all(is_name_byte)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Zeros before a number of an IPv4 address are taken for nothing, as older releases do.
fn is_ip(text: &str) -> bool {
    if text.contains(':') {
        return text.parse::<IpAddr>().is_ok();
    }
    let is_number = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse::<u8>().is_ok()
    };
    text.split('.').count() == 4 && text.split('.').all(is_number)
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else {
        return false;
    };
    let most = if address.contains(':') { 128 } else { 32 };
    let is_digits = length.bytes().all(|byte| byte.is_ascii_digit());
    is_ip(address) && is_digits && length.parse::<u8>().is_ok_and(|length| length <= most)
}

fn has_no_backsteps(path: &str) -> bool {
    path.split('/').all(|part| part != "..")
}

fn percent(text: &str) -> Option<u64> {
    let digits = text.strip_suffix('%')?;
    let is_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn is_field_path(path: &str) -> bool {
    let key = |map: &str| {
        let key = path
            .strip_prefix(map)
            .and_then(|rest| rest.strip_prefix("['"))
            .and_then(|rest| rest.strip_suffix("']"));
        key.is_some_and(|key| !key.is_empty())
    };
    matches!(
        path,
        "metadata.name"
            | "metadata.namespace"
            | "metadata.uid"
            | "metadata.labels"
            | "metadata.annotations"
            | "spec.nodeName"
            | "spec.serviceAccountName"
            | "spec.host"
            | "status.hostIP"
            | "status.hostIPs"
            | "status.podIP"
            | "status.podIPs"
    ) || key("metadata.labels")
        || key("metadata.annotations")
}

fn is_resource_field(field: &str) -> bool {
    let resource = field
        .strip_prefix("limits.")
        .or_else(|| field.strip_prefix("requests."));
    resource.is_some_and(|resource| {
        matches!(resource, "cpu" | "memory" | "ephemeral-storage")
            || resource.starts_with("hugepages-")
    })
}
