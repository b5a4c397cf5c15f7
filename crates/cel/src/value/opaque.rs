//! Values that only functions look into.

use std::sync::Arc;

use crate::library::{
    Authorizer,
    kinds::{
        Cidr, Decision, GroupCheck, Ip, NamedFormat, PathCheck, Quantity, ResourceCheck, Semver,
        Url,
    },
};

/// A value of a type that the Kubernetes library adds.
#[derive(Clone, Debug)]
pub enum Opaque<'a> {
    /// `quantity('1Gi')`.
    Quantity(Arc<Quantity>),
    /// `url('https://…')`.
    Url(Arc<Url>),
    /// `ip('10.0.0.1')`.
    Ip(Ip),
    /// `cidr('10.0.0.0/8')`.
    Cidr(Cidr),
    /// `semver('1.2.3')`.
    Semver(Arc<Semver>),
    /// `format.dns1123Label()`.
    Format(&'static NamedFormat),
    /// `authorizer`.
    Authorizer(Authorizer<'a>),
    /// `authorizer.path('/healthz')`.
    PathCheck(Arc<PathCheck<'a>>),
    /// `authorizer.group('apps')`.
    GroupCheck(Arc<GroupCheck<'a>>),
    /// `authorizer.group('apps').resource('deployments')`.
    ResourceCheck(Arc<ResourceCheck<'a>>),
    /// `….check('create')`.
    Decision(Arc<Decision>),
}

impl Opaque<'_> {
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Url(_) => "kubernetes.URL",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Authorizer(_) => "kubernetes.authorization.Authorizer",
            Self::PathCheck(_) => "kubernetes.authorization.PathCheck",
            Self::GroupCheck(_) => "kubernetes.authorization.GroupCheck",
            Self::ResourceCheck(_) => "kubernetes.authorization.ResourceCheck",
            Self::Decision(_) => "kubernetes.authorization.Decision",
        }
    }

    /// Its text, of those that have one.
    pub(crate) fn text(&self) -> Option<String> {
        Some(match self {
            Self::Quantity(quantity) => quantity.to_string(),
            Self::Url(url) => url.to_string(),
            Self::Ip(ip) => ip.to_string(),
            Self::Cidr(cidr) => cidr.to_string(),
            Self::Semver(version) => version.to_string(),
            _ => return None,
        })
    }

    pub(crate) fn cost_size(&self) -> usize {
        match self {
            Self::Ip(ip) => ip.byte_length(),
            Self::Cidr(cidr) => cidr.prefix_bytes(),
            _ => 1,
        }
    }

    pub(crate) fn equal(left: &Self, right: &Self) -> bool {
        match (left, right) {
            (Self::Quantity(left), Self::Quantity(right)) => left == right,
            (Self::Url(left), Self::Url(right)) => left.to_string() == right.to_string(),
            (Self::Ip(left), Self::Ip(right)) => left == right,
            (Self::Cidr(left), Self::Cidr(right)) => left == right,
            (Self::Semver(left), Self::Semver(right)) => left == right,
            (Self::Format(left), Self::Format(right)) => left.name == right.name,
            _ => false,
        }
    }
}
