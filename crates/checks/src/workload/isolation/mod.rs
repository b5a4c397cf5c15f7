//! What separates a container from its node and from other containers.

mod all_capabilities;
mod annotated_profile;
mod apparmor;
mod capabilities;
mod capability_beyond_baseline;
mod capability_beyond_restricted;
mod container_runtime_socket;
mod custom_selinux_options;
mod deprecated_apparmor_annotation;
mod host_aliases;
mod host_ipc;
mod host_network;
mod host_path_volume;
mod host_paths;
mod host_pid;
mod host_port;
mod host_users;
mod low_group_id;
mod low_user_id;
mod missing_linux_hardening;
mod named_user;
mod net_admin_capability;
mod net_raw_capability;
mod node_escape_capability;
mod privilege_escalation;
mod privileged_container;
mod privileged_container_port;
mod removed_seccomp_annotation;
mod resource_claim_admin_access;
mod root_container;
mod root_group_id;
mod selinux;
mod sensitive_host_path;
mod shared_process_namespace;
mod ssh_container_port;
mod subpath_on_host_path;
mod sudo_in_command;
mod sys_admin_capability;
mod sys_admin_through_user_namespace;
mod sys_module_capability;
mod unconfined_apparmor_profile;
mod unconfined_seccomp_profile;
mod undropped_capabilities;
mod unmasked_proc_mount;
mod unsafe_sysctl;
mod unsandboxed_untrusted_workload;
mod unset_apparmor_profile;
mod unset_capabilities_drop;
mod unset_container_security_context;
mod unset_pod_security_context;
mod unset_run_as_non_root;
mod unset_seccomp_profile;
mod user_namespace;
mod volume_type_beyond_restricted;
mod weak_ephemeral_container;
mod weak_init_container;
mod weakened_security_context;
mod weakness;
mod windows_host_process;
mod windows_user;
mod writable_host_path;
mod writable_root_filesystem;

#[cfg(test)]
mod tests;

use crate::Check;

pub(crate) use host_paths::controls_node;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &privileged_container::PrivilegedContainer,
    &privilege_escalation::PrivilegeEscalation,
    &unset_run_as_non_root::UnsetRunAsNonRoot,
    &root_container::RootContainer,
    &low_user_id::LowUserId,
    &low_group_id::LowGroupId,
    &root_group_id::RootGroupId,
    &writable_root_filesystem::WritableRootFilesystem,
    &undropped_capabilities::UndroppedCapabilities,
    &unset_capabilities_drop::UnsetCapabilitiesDrop,
    &capability_beyond_baseline::CapabilityBeyondBaseline,
    &capability_beyond_restricted::CapabilityBeyondRestricted,
    &sys_admin_capability::SysAdminCapability,
    &sys_module_capability::SysModuleCapability,
    &net_raw_capability::NetRawCapability,
    &net_admin_capability::NetAdminCapability,
    &all_capabilities::AllCapabilities,
    &node_escape_capability::NodeEscapeCapability,
    &sys_admin_through_user_namespace::SysAdminThroughUserNamespace,
    &unset_seccomp_profile::UnsetSeccompProfile,
    &unconfined_seccomp_profile::UnconfinedSeccompProfile,
    &removed_seccomp_annotation::RemovedSeccompAnnotation,
    &unset_apparmor_profile::UnsetApparmorProfile,
    &unconfined_apparmor_profile::UnconfinedApparmorProfile,
    &deprecated_apparmor_annotation::DeprecatedApparmorAnnotation,
    &custom_selinux_options::CustomSelinuxOptions,
    &unmasked_proc_mount::UnmaskedProcMount,
    &unsafe_sysctl::UnsafeSysctl,
    &host_network::HostNetwork,
    &host_pid::HostPid,
    &host_ipc::HostIpc,
    &host_users::HostUsers,
    &shared_process_namespace::SharedProcessNamespace,
    &windows_host_process::WindowsHostProcess,
    &host_port::HostPort,
    &host_path_volume::HostPathVolume,
    &sensitive_host_path::SensitiveHostPath,
    &writable_host_path::WritableHostPath,
    &container_runtime_socket::ContainerRuntimeSocket,
    &subpath_on_host_path::SubpathOnHostPath,
    &volume_type_beyond_restricted::VolumeTypeBeyondRestricted,
    &host_aliases::HostAliases,
    &unset_pod_security_context::UnsetPodSecurityContext,
    &unset_container_security_context::UnsetContainerSecurityContext,
    &weakened_security_context::WeakenedSecurityContext,
    &privileged_container_port::PrivilegedContainerPort,
    &ssh_container_port::SshContainerPort,
    &sudo_in_command::SudoInCommand,
    &missing_linux_hardening::MissingLinuxHardening,
    &unsandboxed_untrusted_workload::UnsandboxedUntrustedWorkload,
    &weak_ephemeral_container::WeakEphemeralContainer,
    &weak_init_container::WeakInitContainer,
    &resource_claim_admin_access::ResourceClaimAdminAccess,
];
