use crate::{
    Check, Confidence, Container, Findings, check, ingress::end_of_life_ingress_nginx,
    network::image_repository::is_named,
};

check! {
    /// ## What it finds
    /// Add-ons whose tag names a version with a hole that gave others the cluster or its secrets:
    /// Argo CD, Grafana, ingress-nginx, Kyverno.
    ///
    /// It knows a few well-known holes and no others; `ringwall image` finds the rest.
    /// A tag of fewer than three numbers says no version, and nothing is found.
    ///
    /// ## Why it matters
    /// Add-ons hold rights over the whole cluster, so a hole in one of them is a hole in everything.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: ingress-nginx-controller
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: controller
    ///           image: registry.k8s.io/ingress-nginx/controller:v1.11.4 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: ingress-nginx-controller
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: controller
    ///           image: registry.k8s.io/ingress-nginx/controller:v1.11.5
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: addons
    /// spec:
    ///   containers:
    ///     - name: argocd-server
    ///       image: quay.io/argoproj/argocd:v2.13.8 # <-
    ///     - name: grafana
    ///       image: grafana/grafana:9.2.3-ubuntu # <-
    ///     - name: kyverno
    ///       image: mirror.example/kyverno/kyverno:v1.15.3-rc.1 # <-
    ///     - name: ingress
    ///       image: rancher/nginx-ingress-controller:nginx-1.11.3-rancher1 # <-
    ///     - name: old-ingress
    ///       image: quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.33.0 # <-
    ///     - name: fixed
    ///       image: grafana/grafana:9.2.4
    ///     - name: moving
    ///       image: grafana/grafana:9.2
    ///     - name: other
    ///       image: mygrafana/grafana:9.2.3
    /// ```
    ///
    /// ## Fix
    /// Run the version that the message names, or a later one.
    VulnerableClusterAddon {
        id: "vulnerable-cluster-addon",
        title: "Add-on image with known CVE (Argo CD, Grafana, Kyverno, ingress-nginx)",
        ring: Cluster,
        target: Workload,
        hooks: [Container],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:UPG", "mitre:T1190"],
    }
}

type Version = (u32, u32, u32);

struct Hole {
    /// The ends of the image's name.
    images: &'static [&'static str],
    cve: &'static str,
    /// First version with the hole, first version without it.
    ranges: &'static [(Version, Version)],
}

const ARGO_CD: &[&str] = &["argoproj/argocd"];
const GRAFANA: &[&str] = &[
    "grafana/grafana",
    "grafana/grafana-oss",
    "grafana/grafana-enterprise",
];
const KYVERNO: &[&str] = &["kyverno/kyverno"];

// Source of the ranges: the OSV records of the Go vulnerability database and of Bitnami
// (GO-2024-2877, GO-2025-3934, GO-2026-5099, GO-2025-3567, GO-2022-1180, GO-2026-4381,
// BIT-grafana-2021-43798, BIT-grafana-2022-39328, BIT-grafana-2026-27876).
const HOLES: &[Hole] = &[
    Hole {
        images: ARGO_CD,
        cve: "CVE-2024-31989",
        ranges: &[
            ((0, 0, 0), (2, 8, 19)),
            ((2, 9, 0), (2, 9, 15)),
            ((2, 10, 0), (2, 10, 10)),
            ((2, 11, 0), (2, 11, 1)),
        ],
    },
    Hole {
        images: ARGO_CD,
        cve: "CVE-2025-55190",
        ranges: &[
            ((2, 13, 0), (2, 13, 9)),
            ((2, 14, 0), (2, 14, 16)),
            ((3, 0, 0), (3, 0, 14)),
            ((3, 1, 0), (3, 1, 2)),
        ],
    },
    Hole {
        images: ARGO_CD,
        cve: "CVE-2026-42880",
        ranges: &[((3, 2, 0), (3, 2, 11)), ((3, 3, 0), (3, 3, 9))],
    },
    Hole {
        images: GRAFANA,
        cve: "CVE-2021-43798",
        ranges: &[
            ((8, 0, 0), (8, 0, 7)),
            ((8, 1, 0), (8, 1, 8)),
            ((8, 2, 0), (8, 2, 7)),
            ((8, 3, 0), (8, 3, 1)),
        ],
    },
    Hole {
        images: GRAFANA,
        cve: "CVE-2022-39328",
        ranges: &[((9, 2, 0), (9, 2, 4))],
    },
    Hole {
        images: GRAFANA,
        cve: "CVE-2026-27876",
        ranges: &[
            ((11, 6, 0), (11, 6, 14)),
            ((12, 0, 0), (12, 1, 10)),
            ((12, 2, 0), (12, 2, 8)),
            ((12, 3, 0), (12, 3, 6)),
            ((12, 4, 0), (12, 4, 2)),
        ],
    },
    Hole {
        images: end_of_life_ingress_nginx::IMAGES,
        cve: "CVE-2025-1974",
        ranges: &[((0, 0, 0), (1, 11, 5)), ((1, 12, 0), (1, 12, 1))],
    },
    Hole {
        images: KYVERNO,
        cve: "CVE-2022-47633",
        ranges: &[((1, 8, 3), (1, 8, 5))],
    },
    Hole {
        images: KYVERNO,
        cve: "CVE-2026-22039",
        ranges: &[((0, 0, 0), (1, 15, 3)), ((1, 16, 0), (1, 16, 3))],
    },
];

impl Check for VulnerableClusterAddon {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let (Some(image), Some(reference)) = (container.image, container.reference) else {
            return;
        };
        let Some((version, is_early)) = reference.tag.and_then(version) else {
            return;
        };
        for hole in HOLES {
            let is_image = is_named(reference.repository, hole.images);
            let range = hole.ranges.iter().find(|(first, fixed)| {
                version >= *first && (version < *fixed || (version == *fixed && is_early))
            });
            let (true, Some((_, (major, minor, patch)))) = (is_image, range) else {
                continue;
            };
            let draft = findings
                .add(Self::META)
                .at(image)
                .image(image.text())
                .note(format!(
                    "runs {}, which has {}; fixed in {major}.{minor}.{patch}",
                    image.text(),
                    hole.cve
                ));
            if reference.digest.is_some() {
                // The digest decides; the tag is only what somebody wrote beside it.
                draft.confidence(Confidence::Medium);
            }
        }
    }
}

/// The three numbers of a tag such as `v1.11.4`, `9.2.3-ubuntu` or Rancher's `nginx-1.11.3-rancher1`, and whether it comes before that version.
fn version(tag: &str) -> Option<(Version, bool)> {
    let tag = tag.strip_prefix("nginx-").unwrap_or(tag);
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let (numbers, suffix) = tag.split_once('-').unwrap_or((tag, ""));
    let mut parts = numbers.split('.').map(|part| part.parse().ok());
    let version = (parts.next()??, parts.next()??, parts.next()??);
    let is_early = ["rc", "alpha", "beta"]
        .iter()
        .any(|word| suffix.starts_with(word));
    parts.next().is_none().then_some((version, is_early))
}
