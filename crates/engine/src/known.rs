//! The ids that the engine itself gives, besides those of checks and detectors.

use ringwall_model::{Ring, Severity};

/// Something that the engine itself can say.
#[derive(Clone, Copy, Debug)]
pub struct EngineCheck {
    /// The id.
    pub id: &'static str,
    /// What it says, in one line.
    pub title: &'static str,
    /// The ring of its findings.
    pub ring: Ring,
    /// The severity of its findings.
    pub severity: Severity,
    /// Whether it stands in `not_assessed` and not among the findings.
    pub is_not_assessed: bool,
    /// Whether images and the packages of lock files alone are found to have it, so that a scan of files without
    /// a database says nothing about it.
    pub is_of_image: bool,
    /// What to do.
    pub remediation: &'static str,
}

const fn finding(
    id: &'static str,
    title: &'static str,
    severity: Severity,
    remediation: &'static str,
) -> EngineCheck {
    EngineCheck {
        id,
        title,
        ring: Ring::Code,
        severity,
        is_not_assessed: false,
        is_of_image: false,
        remediation,
    }
}

const fn not_assessed(
    id: &'static str,
    title: &'static str,
    remediation: &'static str,
) -> EngineCheck {
    EngineCheck {
        id,
        title,
        ring: Ring::Code,
        severity: Severity::Medium,
        is_not_assessed: true,
        is_of_image: false,
        remediation,
    }
}

const fn image_gap(
    id: &'static str,
    title: &'static str,
    remediation: &'static str,
) -> EngineCheck {
    EngineCheck {
        ring: Ring::Container,
        is_of_image: true,
        ..not_assessed(id, title, remediation)
    }
}

const fn malware(
    id: &'static str,
    title: &'static str,
    severity: Severity,
    remediation: &'static str,
) -> EngineCheck {
    EngineCheck {
        ring: Ring::Container,
        is_of_image: true,
        ..finding(id, title, severity, remediation)
    }
}

/// Everything that the engine itself can say.
pub const ENGINE_CHECKS: &[EngineCheck] = &[
    finding(
        "expired-exception",
        "Exception whose last day has passed",
        Severity::Medium,
        "Fix what it covered, or decide anew and move `until`.",
    ),
    finding(
        "unused-exception",
        "Exception that covers nothing",
        Severity::Low,
        "Remove it: what it covered is gone, or it stands in the wrong place.",
    ),
    finding(
        "unknown-exception-id",
        "Exception for an id that does not exist",
        Severity::Medium,
        "Correct the id; `ringwall checks` lists all of them.",
    ),
    finding(
        "invalid-exception",
        "Exception that cannot be read or gives no reason",
        Severity::Medium,
        "Write it as `ringwall: ignore[<id>] reason=\"...\" owner=<who> until=<YYYY-MM-DD>`.",
    ),
    EngineCheck {
        id: "image-policy-violation",
        title: "Image that the image policy of ringwall.toml refuses",
        ring: Ring::Container,
        severity: Severity::High,
        is_not_assessed: false,
        is_of_image: false,
        remediation: "Use an image that the policy allows, or change the policy.",
    },
    EngineCheck {
        ring: Ring::Container,
        ..finding(
            "root-image-in-non-root-container",
            "Image that runs as root, or as a name, where runAsNonRoot forbids it",
            Severity::Medium,
            "Set a USER with a number in the image, or runAsUser in the container: the kubelet does not start it as it is.",
        )
    },
    EngineCheck {
        ring: Ring::Container,
        is_of_image: true,
        ..finding(
            "stale-image",
            "Image that was built more than a year ago",
            Severity::Low,
            "Build it again on a base image of today.",
        )
    },
    EngineCheck {
        ring: Ring::Container,
        is_of_image: true,
        ..finding(
            "privileged-image-port",
            "EXPOSE of a port below 1024",
            Severity::Info,
            "Listen on a port from 1024 on; a Service maps it to any other.",
        )
    },
    EngineCheck {
        ring: Ring::Container,
        is_of_image: true,
        ..finding(
            "shell-in-image",
            "Image with a shell",
            Severity::Info,
            "Build on an image without one, such as distroless or scratch: what is not there helps no attacker.",
        )
    },
    EngineCheck {
        ring: Ring::Container,
        is_of_image: true,
        ..finding(
            "package-manager-in-image",
            "Image with a package manager",
            Severity::Info,
            "Build in one stage and copy the result into another that has none.",
        )
    },
    malware(
        "malware-test-file-in-image",
        "File by which scanners for malware are tested",
        Severity::High,
        "Remove it, or accept it where it is there for a test.",
    ),
    malware(
        "coin-miner-in-image",
        "Coin miner, or what starts or configures one",
        Severity::Critical,
        "Do not run the image; find out who put the miner there, and build the image anew from sources that you trust.",
    ),
    malware(
        "web-shell-in-image",
        "Page that runs what a request tells it",
        Severity::Critical,
        "Do not run the image; find out who put the page there, and build the image anew from sources that you trust.",
    ),
    malware(
        "reverse-shell-in-image",
        "Script that gives a shell to whoever it connects to",
        Severity::Critical,
        "Do not run the image; find out who put the script there, and build the image anew from sources that you trust.",
    ),
    malware(
        "yara-match-in-image",
        "File that matches a rule of YARA that the user brings",
        Severity::High,
        "Look at what the rule says of the file; build the image without it, or accept it with a reason.",
    ),
    not_assessed(
        "unassessed-image",
        "Image of which the image policy asks what nobody could look at",
        "Look at it with a tool for images until ringwall does, or do not ask for it in the policy.",
    ),
    not_assessed(
        "unparsable-file",
        "File that cannot be parsed",
        "Correct the file at the place named.",
    ),
    not_assessed(
        "unreadable-file",
        "File that cannot be read",
        "Give ringwall the right to read it, or exclude it in ringwall.toml.",
    ),
    not_assessed(
        "oversized-file",
        "File too large to be judged",
        "Split it, or exclude it in ringwall.toml.",
    ),
    not_assessed(
        "incomplete-object",
        "Looks like a Kubernetes object, but lacks apiVersion or kind",
        "Add what is missing, or exclude the file in ringwall.toml.",
    ),
    not_assessed(
        "unassessed-workload",
        "Parts of a pod in a custom object of which it is not known where its pod is",
        "Say where with `[[workloads]]` in ringwall.toml, or scan the pods that it makes.",
    ),
    not_assessed(
        "unassessed-object",
        "Objects within a custom object, which something else applies",
        "Scan what is made of it, such as the output of `oc process`.",
    ),
    not_assessed(
        "unassessed-configuration",
        "Configuration of a component of the cluster that no check looks at",
        "Look at it with a tool for nodes, such as kube-bench, until ringwall does.",
    ),
    not_assessed(
        "missing-pod",
        "Object without a pod where ringwall.toml says its kind carries one",
        "Correct the path of the kind in [[workloads]], or accept this for an object that has none.",
    ),
    not_assessed(
        "unrenderable-chart",
        "Helm chart that was not rendered",
        "Render it and scan the result: helm template . | ringwall scan -",
    ),
    not_assessed(
        "unrenderable-overlay",
        "Kustomize overlay that was not rendered",
        "Render it and scan the result: kubectl kustomize . | ringwall scan -",
    ),
    not_assessed(
        "unrenderable-template",
        "Template of Kubernetes objects that was not rendered",
        "Render it and scan the result: jsonnet pod.jsonnet | ringwall scan -",
    ),
    not_assessed(
        "empty-input",
        "Standard input without anything that could be judged",
        "Look at why the program before the pipe wrote no Kubernetes object and no Dockerfile.",
    ),
    not_assessed(
        "unassessed-terraform",
        "Terraform root that was not judged",
        "Judge it with a tool for Terraform until ringwall reads it.",
    ),
    not_assessed(
        "unparsable-dockerfile",
        "Dockerfile instruction that cannot be parsed",
        "Correct the instruction at the place named.",
    ),
    not_assessed(
        "unusable-policy",
        "Policy that cannot judge, or not as it is written",
        "Correct the policy at the place named.",
    ),
    not_assessed(
        "failed-policy",
        "Policy that gave no answer about an object",
        "Give the policy what it lacks, or correct it; the object was not judged by it.",
    ),
    not_assessed(
        "truncated-secrets",
        "File with more secrets than are reported",
        "Remove the secrets that are reported, then scan again.",
    ),
    image_gap(
        "unassessed-vulnerabilities",
        "Packages whose flaws are not known, as there are no advisories about them",
        "Fetch advisories about their ecosystem or release (ringwall db update), or import them (ringwall db import).",
    ),
    image_gap(
        "undecided-vulnerability",
        "Advisory of which one cannot tell whether it is about this version",
        "Look at the advisory, and accept this with what you found out.",
    ),
    image_gap(
        "unrated-vulnerabilities",
        "Flaws of which nobody says how bad they are",
        "Import more sources of advisories; others may rate the same flaws.",
    ),
    image_gap(
        "unreadable-advisories",
        "Advisories that could not be read when the database was built",
        "Fetch or import them again; ringwall db update and ringwall db import name what they cannot read.",
    ),
    image_gap(
        "stale-advisories",
        "Advisory database that is older than 30 days, or was built of old files",
        "Fetch the advisories of today (ringwall db update), or import them (ringwall db import).",
    ),
    image_gap(
        "unsupported-distribution",
        "Distribution whose support has ended, so that new flaws may stand in no advisory",
        "Move to a release that has support, or accept this with a reason.",
    ),
    image_gap(
        "incomplete-sbom",
        "SBOM that says that it lists less than there is",
        "Make it anew with a tool that reads all of the image, or scan the image itself.",
    ),
    image_gap(
        "unusable-vex",
        "Statement of VEX that breaks a rule of its format",
        "Correct the statement.",
    ),
    image_gap(
        "unassessed-program",
        "Programs that do not say what they were built from",
        "Build them with what says so: Go does, cargo auditable does; or install them as packages.",
    ),
    image_gap(
        "unassessed-java-archive",
        "Java archives that do not say what they are",
        "Keep the metadata of Maven when archives are built.",
    ),
    image_gap(
        "unassessed-packages",
        "Packages of a kind that is not read yet, or without a published version",
        "Look at them with a tool for their kind, and pin what is not pinned.",
    ),
    image_gap(
        "unreadable-package-list",
        "List of packages that is damaged, removed or emptied",
        "Keep the lists of package managers in the image.",
    ),
    image_gap(
        "unreadable-layer",
        "Layer that is damaged or could not be read whole",
        "Pull or build the image again.",
    ),
    image_gap(
        "unread-file",
        "Files and folders of a file system that could not be read",
        "Run ringwall as who may read them, or accept this.",
    ),
    image_gap(
        "unread-mount",
        "File system of the network or of a container that is mounted in the one that was read",
        "Look at it by itself, or accept this.",
    ),
    image_gap(
        "unsearched-file",
        "Files that are too long to be searched for secrets or malware, as a whole or behind their beginning",
        "Look at what they hold, and accept this.",
    ),
    image_gap(
        "unmatched-file",
        "Files that were not held against the rules of --yara: they are too large, or took too long",
        "Look at what they hold, or accept this.",
    ),
    image_gap(
        "unusable-yara-rules",
        "Rules of --yara that cannot be used",
        "Correct the rule at the place named, or leave its file out.",
    ),
    image_gap(
        "unknown-distribution",
        "No os-release says which distribution it is",
        "Keep /etc/os-release in the image.",
    ),
];

/// The entry of an id; the list is short.
pub(crate) fn engine_check(id: &str, is_not_assessed: bool) -> Option<&'static EngineCheck> {
    ENGINE_CHECKS
        .iter()
        .find(|check| check.id == id && check.is_not_assessed == is_not_assessed)
}
