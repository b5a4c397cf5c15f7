use std::net::IpAddr;

use super::service::Service;
use crate::{Check, Confidence, Findings, Resource, check};

check! {
    /// ## What it finds
    /// `ExternalName` Services that point to the node itself, to a bare address, to the cloud's metadata service, or to a Service of another namespace, and, with low confidence, to names that anyone can register: tunnels, dynamic DNS, and hosting whose names become free when their owner leaves.
    ///
    /// ## Why it matters
    /// An ingress controller follows the name with its own rights, past the `NetworkPolicies` of the namespace it leads into.
    /// A name under another's control answers as if it were part of the cluster.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: backend
    ///   namespace: shop
    /// spec:
    ///   type: ExternalName
    ///   externalName: vault.security.svc.cluster.local # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: metadata
    /// spec:
    ///   type: ExternalName
    ///   externalName: metadata.google.internal # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: database
    /// spec:
    ///   type: ExternalName
    ///   externalName: shop.c1a2b3.eu-central-1.rds.amazonaws.com
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: alias
    ///   namespace: shop
    /// spec:
    ///   type: ExternalName
    ///   externalName: web.shop.svc.cluster.local
    /// ```
    ///
    /// ## Fix
    /// Point the Service to a name that you own and that is meant to be reached, or use a Service with a selector.
    UntrustedExternalNameService {
        id: "untrusted-external-name-service",
        title: "ExternalName Service points to an internal or attacker-controlled name",
        ring: Cluster,
        target: Network,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

/// Names that whoever comes first gets: tunnels, wildcard and dynamic DNS, hosting with reusable names.
const CLAIMABLE: &[&str] = &[
    ".ngrok.io",
    ".ngrok.app",
    ".ngrok-free.app",
    ".trycloudflare.com",
    ".loca.lt",
    ".serveo.net",
    ".duckdns.org",
    ".nip.io",
    ".sslip.io",
    ".xip.io",
    ".github.io",
    ".herokuapp.com",
    ".azurewebsites.net",
    ".cloudapp.net",
    ".cloudapp.azure.com",
    ".trafficmanager.net",
    ".s3.amazonaws.com",
    ".elasticbeanstalk.com",
    ".netlify.app",
    ".vercel.app",
    ".surge.sh",
];

impl Check for UntrustedExternalNameService {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(service) = Service::new(resource) else {
            return;
        };
        let Some(field) = service.spec.get("externalName") else {
            return;
        };
        if service.service_type() != "ExternalName" {
            return;
        }
        let name = field.text().trim_end_matches('.').to_ascii_lowercase();
        let confidence = CLAIMABLE
            .iter()
            .any(|suffix| name.ends_with(suffix))
            .then_some(Confidence::Low);
        let what = match () {
            () if confidence.is_some() => "a name that anyone can register",
            () if name == "localhost" || name.ends_with(".localhost") => "the node itself",
            () if name.parse::<IpAddr>().is_ok() => "a bare address",
            () if name == "metadata.google.internal" || name == "metadata" => {
                "the cloud metadata service"
            }
            () if leads_elsewhere(&name, resource.namespace) => "a Service of another namespace",
            () => return,
        };
        let draft = findings
            .add(Self::META)
            .at(field)
            .note(format!("points to {what}: {name}"));
        if let Some(confidence) = confidence {
            draft.confidence(confidence);
        }
    }
}

/// `vault.security.svc.cluster.local` from any namespace but `security`.
fn leads_elsewhere(name: &str, own: Option<&str>) -> bool {
    let mut parts = name.split('.');
    let (_, namespace, svc) = (parts.next(), parts.next(), parts.next());
    svc == Some("svc") && namespace.is_some() && (own.is_none() || namespace != own)
}
