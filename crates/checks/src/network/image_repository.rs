//! Which program an image holds, by its name.

use crate::Container;

/// The repository of a container's image without registry, tag and digest: `argoproj/argocd`.
pub(crate) fn repository<'a>(container: &Container<'a>) -> Option<&'a str> {
    Some(container.reference?.repository)
}

/// Whether the repository of a container's image is one of these, or ends with `/` and one of these.
pub(crate) fn is_image_of(container: &Container<'_>, names: &[&str]) -> bool {
    repository(container).is_some_and(|repository| is_named(repository, names))
}

/// Whether a repository is one of these, or ends with `/` and one of these.
pub(crate) fn is_named(repository: &str, names: &[&str]) -> bool {
    names.iter().any(|name| {
        repository
            .strip_suffix(name)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    })
}
