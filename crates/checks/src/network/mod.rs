//! Services, network policies, and who can reach what.

pub(crate) mod address;
mod admin_interface;
mod append;
pub(crate) mod coverage;
mod dangling_network_policy;
mod dangling_network_policy_peer;
mod dangling_service;
mod dangling_service_monitor;
mod entrance;
mod exposed_admin_interface;
mod exposed_service_type;
pub(crate) mod image_repository;
mod internet_exposed_workload;
mod missing_cni_network_policy;
mod missing_namespace_network_policy;
mod missing_network_policy;
mod no_authentication;
mod operator_made;
mod partial_network_policy;
mod plugin_policy;
mod plugin_rule;
pub(crate) mod policy;
mod public_load_balancer;
mod public_network_policy_ingress;
mod reachable_cloud_metadata;
pub(crate) mod service;
mod service_external_ips;
mod unauthenticated_service;
mod undeclared_service_target_port;
mod unenforced_istio_mtls;
mod unenforced_network_policy;
mod unrestricted_agent_sandbox_egress;
mod unrestricted_istio_authorization;
mod unrestricted_load_balancer_sources;
mod unrestricted_network_policy_rule;
mod untrusted_external_name_service;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &dangling_network_policy::DanglingNetworkPolicy,
    &dangling_network_policy_peer::DanglingNetworkPolicyPeer,
    &dangling_service::DanglingService,
    &dangling_service_monitor::DanglingServiceMonitor,
    &exposed_admin_interface::ExposedAdminInterface,
    &exposed_service_type::ExposedServiceType,
    &internet_exposed_workload::InternetExposedWorkload,
    &missing_cni_network_policy::MissingCniNetworkPolicy,
    &missing_namespace_network_policy::MissingNamespaceNetworkPolicy,
    &missing_network_policy::MissingNetworkPolicy,
    &partial_network_policy::PartialNetworkPolicy,
    &public_load_balancer::PublicLoadBalancer,
    &public_network_policy_ingress::PublicNetworkPolicyIngress,
    &reachable_cloud_metadata::ReachableCloudMetadata,
    &service_external_ips::ServiceExternalIps,
    &unauthenticated_service::UnauthenticatedService,
    &undeclared_service_target_port::UndeclaredServiceTargetPort,
    &unenforced_istio_mtls::UnenforcedIstioMtls,
    &unenforced_network_policy::UnenforcedNetworkPolicy,
    &unrestricted_agent_sandbox_egress::UnrestrictedAgentSandboxEgress,
    &unrestricted_istio_authorization::UnrestrictedIstioAuthorization,
    &unrestricted_load_balancer_sources::UnrestrictedLoadBalancerSources,
    &unrestricted_network_policy_rule::UnrestrictedNetworkPolicyRule,
    &untrusted_external_name_service::UntrustedExternalNameService,
];
