//! Ingresses, gateways and routes.

mod ambiguous_ingress_path;
pub(crate) mod authentication;
pub(crate) mod backend;
mod cross_namespace_route_attachment;
mod custom_route;
mod dangling_ingress_backend;
mod dangling_route_backend;
pub(crate) mod end_of_life_ingress_nginx;
mod ingress_nginx_alias_snippet;
mod ingress_nginx_lua_snippet;
mod ingress_nginx_snippet;
pub(crate) mod listeners;
mod plaintext_gateway_listener;
mod plaintext_ingress;
mod snippet;
mod unauthenticated_admin_ingress;
mod unverified_ingress_backend;
mod weak_ingress_tls;
mod weak_tls;
mod wildcard_ingress_host;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &ambiguous_ingress_path::AmbiguousIngressPath,
    &cross_namespace_route_attachment::CrossNamespaceRouteAttachment,
    &dangling_ingress_backend::DanglingIngressBackend,
    &dangling_route_backend::DanglingRouteBackend,
    &end_of_life_ingress_nginx::EndOfLifeIngressNginx,
    &ingress_nginx_alias_snippet::IngressNginxAliasSnippet,
    &ingress_nginx_lua_snippet::IngressNginxLuaSnippet,
    &ingress_nginx_snippet::IngressNginxSnippet,
    &plaintext_gateway_listener::PlaintextGatewayListener,
    &plaintext_ingress::PlaintextIngress,
    &unauthenticated_admin_ingress::UnauthenticatedAdminIngress,
    &unverified_ingress_backend::UnverifiedIngressBackend,
    &weak_ingress_tls::WeakIngressTls,
    &wildcard_ingress_host::WildcardIngressHost,
];
