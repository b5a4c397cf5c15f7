//! Whether a workload stays up: probes, replicas, disruptions, scheduling, jobs.

mod abrupt_termination;
mod blocking_pod_disruption_budget;
mod control_plane_scheduling;
mod cron_job_persistence;
mod dangling_autoscaler_target;
mod default_namespace;
mod disruption;
mod disruption_budget_above_min_replicas;
mod empty_pod_disruption_budget;
mod fixed_size_autoscaler;
mod identical_probes;
mod low_autoscaler_min_replicas;
mod low_replica_count;
mod missing_headless_service;
mod missing_pod_disruption_budget;
mod naked_pod;
mod non_rolling_update;
mod overlapping_cron_job;
mod purpose;
mod replicas_on_autoscaled_workload;
mod scale;
mod selection;
mod shared_volume_claim_template;
mod spreading;
mod unapproved_priority_class;
mod undeclared_probe_port;
mod unset_cron_job_deadline;
mod unset_dns_config_options;
mod unset_liveness_probe;
mod unset_node_affinity;
mod unset_pod_anti_affinity;
mod unset_readiness_probe;
mod unset_topology_spread_constraint;
mod unset_unhealthy_pod_eviction_policy;
mod unset_volume_claim_storage;
mod unsuitable_job_ttl;
mod unsuitable_restart_policy;
mod wildcard_toleration;
mod workload_in_kube_system;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &unset_liveness_probe::UnsetLivenessProbe,
    &unset_readiness_probe::UnsetReadinessProbe,
    &identical_probes::IdenticalProbes,
    &undeclared_probe_port::UndeclaredProbePort,
    &default_namespace::DefaultNamespace,
    &workload_in_kube_system::WorkloadInKubeSystem,
    &naked_pod::NakedPod,
    &low_replica_count::LowReplicaCount,
    &non_rolling_update::NonRollingUpdate,
    &unset_pod_anti_affinity::UnsetPodAntiAffinity,
    &unset_node_affinity::UnsetNodeAffinity,
    &unset_topology_spread_constraint::UnsetTopologySpreadConstraint,
    &unapproved_priority_class::UnapprovedPriorityClass,
    &missing_pod_disruption_budget::MissingPodDisruptionBudget,
    &blocking_pod_disruption_budget::BlockingPodDisruptionBudget,
    &unset_unhealthy_pod_eviction_policy::UnsetUnhealthyPodEvictionPolicy,
    &empty_pod_disruption_budget::EmptyPodDisruptionBudget,
    &disruption_budget_above_min_replicas::DisruptionBudgetAboveMinReplicas,
    &low_autoscaler_min_replicas::LowAutoscalerMinReplicas,
    &fixed_size_autoscaler::FixedSizeAutoscaler,
    &dangling_autoscaler_target::DanglingAutoscalerTarget,
    &replicas_on_autoscaled_workload::ReplicasOnAutoscaledWorkload,
    &unsuitable_restart_policy::UnsuitableRestartPolicy,
    &unsuitable_job_ttl::UnsuitableJobTtl,
    &unset_cron_job_deadline::UnsetCronJobDeadline,
    &cron_job_persistence::CronJobPersistence,
    &overlapping_cron_job::OverlappingCronJob,
    &unset_dns_config_options::UnsetDnsConfigOptions,
    &abrupt_termination::AbruptTermination,
    &missing_headless_service::MissingHeadlessService,
    &shared_volume_claim_template::SharedVolumeClaimTemplate,
    &unset_volume_claim_storage::UnsetVolumeClaimStorage,
    &control_plane_scheduling::ControlPlaneScheduling,
    &wildcard_toleration::WildcardToleration,
];
