//! What a check is: its declaration, its page and its hooks.

use std::sync::OnceLock;

use ringwall_input::kubernetes::{Container, Resource, Role, UsedImage, Workload};
use ringwall_model::{Ring, Severity};

use crate::{Findings, Inventory, Page, judge::Build};

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Pods, the objects around them, and objects in general.
    Workload,
    /// Dockerfiles.
    Dockerfile,
    /// Roles, bindings, service accounts.
    Rbac,
    /// Services and network policies.
    Network,
    /// Ingresses, gateways and routes.
    Ingress,
    /// Secrets, wherever they are written.
    Secret,
    /// What the API server starts with: flags, audit policies, configuration of admission, kubeconfigs.
    ControlPlane,
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 7] = [
        Self::Workload,
        Self::Dockerfile,
        Self::Rbac,
        Self::Network,
        Self::Ingress,
        Self::Secret,
        Self::ControlPlane,
    ];

    /// The word used on the command line and in the catalogue.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Workload => "workload",
            Self::Dockerfile => "dockerfile",
            Self::Rbac => "rbac",
            Self::Network => "network",
            Self::Ingress => "ingress",
            Self::Secret => "secret",
            Self::ControlPlane => "control-plane",
        }
    }
}

/// What a check overrides of [`Check`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// [`Check::resource`].
    Resource,
    /// [`Check::role`].
    Role,
    /// [`Check::workload`].
    Workload,
    /// [`Check::container`].
    Container,
    /// [`Check::image`].
    Image,
    /// [`Check::dockerfile`].
    Dockerfile,
    /// [`Check::inventory`].
    Inventory,
    /// [`Check::workload_among`].
    WorkloadAmong,
    /// [`Check::container_among`].
    ContainerAmong,
}

impl Hook {
    /// Every hook, in the order in which they are declared here.
    pub const ALL: [Self; 9] = [
        Self::Resource,
        Self::Role,
        Self::Workload,
        Self::Container,
        Self::Image,
        Self::Dockerfile,
        Self::Inventory,
        Self::WorkloadAmong,
        Self::ContainerAmong,
    ];
}

/// The declaration of a check.
#[derive(Debug)]
pub struct Meta {
    /// The id, in kebab case, naming the flaw.
    pub id: &'static str,
    /// What was found, in one line.
    pub title: &'static str,
    /// The ring it concerns.
    pub ring: Ring,
    /// What it looks at.
    pub target: Target,
    /// The hooks that it has; a hook that is not named here is never called.
    pub hooks: &'static [Hook],
    /// How bad a finding is, unless the finding says otherwise.
    pub severity: Severity,
    /// The release that brought it.
    pub since: &'static str,
    /// Controls of standards that it serves, such as `pss:baseline`, `cis:5.2.2`, `nsa:POD`.
    pub controls: &'static [&'static str],
    /// The page, in Markdown.
    pub page: &'static str,
    /// The remediation of its page, found once.
    pub(crate) fix: OnceLock<String>,
}

impl Meta {
    /// The page, taken apart.
    pub fn page(&self) -> Page<'static> {
        Page::new(self.page)
    }

    /// What to do about a finding: the first paragraph under `## Fix`.
    pub fn remediation(&'static self) -> &'static str {
        self.fix.get_or_init(|| self.page().fix())
    }
}

/// Implemented by the macro `check!`.
pub trait Declared {
    /// The declaration.
    fn meta(&self) -> &'static Meta;
}

/// What judges each pod of a scan.
pub type ForWorkload<'i, 'a> = Box<dyn Fn(&Workload<'a>, &mut Findings<'_>) + Send + Sync + 'i>;

/// What judges each container of a scan.
pub type ForContainer<'i, 'a> = Box<dyn Fn(&Container<'a>, &mut Findings<'_>) + Send + Sync + 'i>;

/// A check overrides one hook, seldom two.
pub trait Check: Declared + Send + Sync {
    /// Sees every Kubernetes object.
    fn resource(&self, _resource: &Resource<'_>, _findings: &mut Findings<'_>) {}

    /// Sees every pod, wherever it is written.
    fn workload(&self, _workload: &Workload<'_>, _findings: &mut Findings<'_>) {}

    /// Sees every container of every pod: regular, init, sidecar and ephemeral ones.
    fn container(&self, _container: &Container<'_>, _findings: &mut Findings<'_>) {}

    /// Sees every image that a pod uses and whose name can be read: those that its containers run, and those that are
    /// mounted as volumes.
    fn image(&self, _image: &UsedImage<'_>, _findings: &mut Findings<'_>) {}

    /// Sees every `Role` and `ClusterRole`.
    fn role(&self, _role: &Role<'_>, _findings: &mut Findings<'_>) {}

    /// Sees every Dockerfile.
    fn dockerfile(&self, _build: &Build<'_>, _findings: &mut Findings<'_>) {}

    /// Sees all objects of the scan at once.
    fn inventory(&self, _inventory: &Inventory<'_>, _findings: &mut Findings<'_>) {}

    /// Sees every pod with all objects of the scan at hand: looks at those once, for what it needs of
    /// them, and gives what then judges each pod.
    ///
    /// All such checks share one walk over the pods, as the pods of a large scan are in no cache.
    fn workload_among<'i, 'a>(&self, _inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        Box::new(|_, _| {})
    }

    /// The same for every container of every pod.
    fn container_among<'i, 'a>(&self, _inventory: &'i Inventory<'a>) -> ForContainer<'i, 'a> {
        Box::new(|_, _| {})
    }
}

/// Declares a check: its doc comment is its page, the fields are its [`Meta`].
macro_rules! check {
    (
        $(#[doc = $page:literal])*
        $name:ident {
            id: $id:literal,
            title: $title:literal,
            ring: $ring:ident,
            target: $target:ident,
            hooks: [$($hook:ident),+],
            severity: $severity:ident,
            since: $since:literal,
            controls: [$($control:literal),* $(,)?] $(,)?
        }
    ) => {
        $(#[doc = $page])*
        pub(crate) struct $name;

        impl $name {
            pub(crate) const META: &'static $crate::check::Meta = {
                static META: $crate::check::Meta = $crate::check::Meta {
                    id: $id,
                    title: $title,
                    ring: ringwall_model::Ring::$ring,
                    target: $crate::check::Target::$target,
                    hooks: &[$($crate::check::Hook::$hook),+],
                    severity: ringwall_model::Severity::$severity,
                    since: $since,
                    controls: &[$($control),*],
                    page: concat!($($page, "\n"),*),
                    fix: std::sync::OnceLock::new(),
                };
                &META
            };
        }

        impl $crate::check::Declared for $name {
            fn meta(&self) -> &'static $crate::check::Meta {
                Self::META
            }
        }
    };
}

pub(crate) use check;
