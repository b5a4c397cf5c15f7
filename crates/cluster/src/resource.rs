//! What an API server serves.

use kube::{
    Client,
    core::ApiResource,
    discovery::{Discovery, Scope, verbs},
};

/// A resource whose objects can be listed and watched, in the version that the server prefers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// API group; empty for the core group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Kind of its objects.
    pub kind: String,
    /// Name in paths and rules.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub is_namespaced: bool,
}

impl Resource {
    /// `version` for the core group, `group/version` for all others.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    pub(crate) fn to_api_resource(&self) -> ApiResource {
        ApiResource {
            group: self.group.clone(),
            version: self.version.clone(),
            api_version: self.api_version(),
            kind: self.kind.clone(),
            plural: self.plural.clone(),
        }
    }
}

/// Every resource that can be watched, sorted by group and name.
pub(crate) async fn discover(client: Client) -> Result<Vec<Resource>, kube::Error> {
    let discovery = Discovery::new(client).run().await?;
    let mut found = Vec::new();
    for group in discovery.groups() {
        for (resource, capabilities) in group.recommended_resources() {
            let can = |verb| capabilities.supports_operation(verb);
            if can(verbs::LIST) && can(verbs::WATCH) {
                found.push(Resource {
                    group: resource.group,
                    version: resource.version,
                    kind: resource.kind,
                    plural: resource.plural,
                    is_namespaced: capabilities.scope == Scope::Namespaced,
                });
            }
        }
    }
    found.sort_by(|a, b| (&a.group, &a.plural).cmp(&(&b.group, &b.plural)));
    Ok(found)
}
