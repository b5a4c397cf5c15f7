//! Requests to the API server, as an audit policy sees them.

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Name of the user.
    pub user: &'a str,
    /// Groups of the user.
    pub groups: Vec<&'a str>,
    /// `create`, `get`, `list` and so on; for a path, the HTTP method in lower case.
    pub verb: &'a str,
    /// What is asked for.
    pub target: Target<'a>,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A resource.
    Resource {
        /// API group; empty for the core.
        group: &'a str,
        /// Plural name of the resource.
        resource: &'a str,
        /// Subresource; empty for the resource itself.
        subresource: &'a str,
        /// Namespace; empty without one.
        namespace: &'a str,
        /// Name of the object; empty where the request names none.
        name: &'a str,
    },
    /// A path that is no resource, such as `/healthz`.
    Path(&'a str),
}

/// Why words are no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// There is no verb or no target.
    #[error(
        "a request is a verb and a resource or path, such as \"create pods -n dev\" or \"get /healthz\""
    )]
    Incomplete,
    /// An option without its value.
    #[error("option {0} needs a value")]
    MissingValue(String),
    /// A word that means nothing here.
    #[error(
        "{0:?} is no part of a request; known are a verb, a resource or path, a name, -n and --all-namespaces"
    )]
    Unexpected(String),
}

impl<'a> Request<'a> {
    /// Reads what stands behind `kubectl auth can-i`: a verb, `resource`, `resource.group`,
    /// `resource/subresource` or a path, perhaps the name of an object, and `-n NAMESPACE`.
    ///
    /// User and groups are those of the arguments. A name behind the resource may also be joined to it
    /// by a blank only: `get secrets db`, for `/` starts a subresource.
    pub fn parse(text: &'a str, user: &'a str, groups: Vec<&'a str>) -> Result<Self, RequestError> {
        let mut words = text.split_whitespace();
        let mut plain = Vec::new();
        let mut namespace = "";
        while let Some(word) = words.next() {
            match word {
                "-n" | "--namespace" => {
                    namespace = words
                        .next()
                        .ok_or_else(|| RequestError::MissingValue(word.to_owned()))?;
                }
                "-A" | "--all-namespaces" => namespace = "",
                _ => match word
                    .strip_prefix("--namespace=")
                    .or_else(|| word.strip_prefix("-n="))
                {
                    Some(name) => namespace = name,
                    None if word.starts_with('-') => {
                        return Err(RequestError::Unexpected(word.to_owned()));
                    }
                    None => plain.push(word),
                },
            }
        }
        let (verb, target, name) = match plain.as_slice() {
            [verb, target] => (*verb, *target, ""),
            [verb, target, name] if !target.starts_with('/') => (*verb, *target, *name),
            [_, _, extra, ..] => return Err(RequestError::Unexpected((*extra).to_owned())),
            _ => return Err(RequestError::Incomplete),
        };
        let target = if target.starts_with('/') {
            Target::Path(target)
        } else {
            let (resource, subresource) = target.split_once('/').unwrap_or((target, ""));
            let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
            Target::Resource {
                group,
                resource,
                subresource,
                namespace,
                name,
            }
        };
        Ok(Self {
            user,
            groups,
            verb,
            target,
        })
    }
}
