//! Whether a rule matches a request.

use super::{GroupResources, Request, Rule, Target};

impl Rule<'_> {
    /// Whether the rule matches a request.
    pub fn matches(&self, request: &Request<'_>) -> bool {
        let has = |list: &[&str], value: &str| list.is_empty() || list.contains(&value);
        if !has(&self.users, request.user) || !has(&self.verbs, request.verb) {
            return false;
        }
        let in_group = |group: &&str| self.user_groups.contains(group);
        if !self.user_groups.is_empty() && !request.groups.iter().any(in_group) {
            return false;
        }
        if !self.namespaces.is_empty() || !self.resources.is_empty() {
            return match &request.target {
                Target::Path(_) => false,
                Target::Resource { namespace, .. } => {
                    has(&self.namespaces, namespace)
                        && (self.resources.is_empty()
                            || self
                                .resources
                                .iter()
                                .any(|one| one.matches(&request.target)))
                }
            };
        }
        if !self.non_resource_urls.is_empty() {
            return match request.target {
                Target::Path(path) => self.non_resource_urls.iter().any(|url| is_path(url, path)),
                Target::Resource { .. } => false,
            };
        }
        true
    }
}

impl GroupResources<'_> {
    fn matches(&self, target: &Target<'_>) -> bool {
        let Target::Resource {
            group,
            resource,
            subresource,
            name,
            ..
        } = *target
        else {
            return false;
        };
        if self.group != "*" && self.group != group {
            return false;
        }
        if self.resources.is_empty() {
            return true;
        }
        if !self.resource_names.is_empty() && !self.resource_names.contains(&name) {
            return false;
        }
        self.resources
            .iter()
            .any(|pattern| is_resource(pattern, resource, subresource))
    }
}

/// Whether a pattern of `resources` covers a resource, perhaps with a subresource: `*`, `pods`, `pods/log`,
/// `pods/*`, `*/scale`. `pods/*` covers the pods themselves too.
pub(super) fn is_resource(pattern: &str, resource: &str, subresource: &str) -> bool {
    let is_exact = match pattern.split_once('/') {
        Some((of, sub)) => !subresource.is_empty() && of == resource && sub == subresource,
        None => pattern == "*" || (subresource.is_empty() && pattern == resource),
    };
    is_exact
        || (!subresource.is_empty() && pattern.strip_prefix("*/") == Some(subresource))
        || pattern.strip_suffix("/*") == Some(resource)
}

/// Whether a path is the URL of a rule, or below one that ends in `*`.
pub(super) fn is_path(url: &str, path: &str) -> bool {
    url == "*" || url == path || (url.ends_with('*') && path.starts_with(url.trim_end_matches('*')))
}
