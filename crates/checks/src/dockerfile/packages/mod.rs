//! Package managers: versions, caches, questions, signatures.

mod apk;
mod apt;
mod invocation;
mod npm;
mod pip;
pub(super) mod rpm;
mod zypper;

mod apt_instead_of_apt_get;
mod conda;
mod distribution_upgrade_in_build;
mod forced_apt_install;
mod interactive_apt_install;
mod interactive_dnf_install;
mod interactive_yum_install;
mod interactive_zypper_install;
mod leftover_apk_cache;
mod leftover_apt_lists;
mod leftover_dnf_cache;
mod leftover_pip_cache;
mod leftover_yarn_cache;
mod leftover_yum_cache;
mod leftover_zypper_cache;
mod recommended_apt_packages;
mod stale_package_index;
mod unpinned_apk_package;
mod unpinned_apt_package;
mod unpinned_cargo_package;
mod unpinned_conda_package;
mod unpinned_dnf_package;
mod unpinned_gem_package;
mod unpinned_go_package;
mod unpinned_npm_package;
mod unpinned_pip_package;
mod unpinned_yum_package;
mod unpinned_zypper_package;
mod unverified_apk_package;
mod unverified_apt_package;
mod unverified_conda_channel;
mod unverified_npm_registry;
mod unverified_pip_host;
mod unverified_rpm_package;
mod unverified_yum_package;
mod unverified_yum_repository;

use ringwall_input::dockerfile::{Command, ShellWord};

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &apt_instead_of_apt_get::AptInsteadOfAptGet,
    &distribution_upgrade_in_build::DistributionUpgradeInBuild,
    &forced_apt_install::ForcedAptInstall,
    &interactive_apt_install::InteractiveAptInstall,
    &interactive_dnf_install::InteractiveDnfInstall,
    &interactive_yum_install::InteractiveYumInstall,
    &interactive_zypper_install::InteractiveZypperInstall,
    &leftover_apk_cache::LeftoverApkCache,
    &leftover_apt_lists::LeftoverAptLists,
    &leftover_dnf_cache::LeftoverDnfCache,
    &leftover_pip_cache::LeftoverPipCache,
    &leftover_yarn_cache::LeftoverYarnCache,
    &leftover_yum_cache::LeftoverYumCache,
    &leftover_zypper_cache::LeftoverZypperCache,
    &recommended_apt_packages::RecommendedAptPackages,
    &stale_package_index::StalePackageIndex,
    &unpinned_apk_package::UnpinnedApkPackage,
    &unpinned_apt_package::UnpinnedAptPackage,
    &unpinned_cargo_package::UnpinnedCargoPackage,
    &unpinned_conda_package::UnpinnedCondaPackage,
    &unpinned_dnf_package::UnpinnedDnfPackage,
    &unpinned_gem_package::UnpinnedGemPackage,
    &unpinned_go_package::UnpinnedGoPackage,
    &unpinned_npm_package::UnpinnedNpmPackage,
    &unpinned_pip_package::UnpinnedPipPackage,
    &unpinned_yum_package::UnpinnedYumPackage,
    &unpinned_zypper_package::UnpinnedZypperPackage,
    &unverified_apk_package::UnverifiedApkPackage,
    &unverified_apt_package::UnverifiedAptPackage,
    &unverified_conda_channel::UnverifiedCondaChannel,
    &unverified_npm_registry::UnverifiedNpmRegistry,
    &unverified_pip_host::UnverifiedPipHost,
    &unverified_rpm_package::UnverifiedRpmPackage,
    &unverified_yum_package::UnverifiedYumPackage,
    &unverified_yum_repository::UnverifiedYumRepository,
];

/// The packages that a command of a system's package manager installs.
pub(in crate::dockerfile) fn installed(command: &Command) -> Vec<&ShellWord> {
    let invocation = apt::invocation(command)
        .filter(|apt| apt.is(&["install"]))
        .or_else(|| apk::invocation(command).filter(|apk| apk.is(&["add"])))
        .or_else(|| rpm::invocation(command).filter(|yum| yum.is(rpm::INSTALLS)))
        .or_else(|| zypper::invocation(command).filter(zypper::installs));
    invocation.map_or_else(Vec::new, |invocation| invocation.operands)
}
