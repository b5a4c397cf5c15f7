//! Audit policies (`audit.k8s.io/v1`): which rule a request meets, and the level that it gets.
//!
//! The API server takes the first rule that matches; a request that no rule matches is not logged.
//! The semantics are those of k8s.io/apiserver (`pkg/audit/policy`, `pkg/apis/audit/validation`):
//! names are compared as they are, and only `resources`, `group` and `nonResourceURLs` know a `*`.

mod coverage;
mod matching;
mod problem;
mod request;
pub mod resources;

use std::fmt;

use ringwall_input::yaml::Node;

pub use coverage::{Unreachable, unreachable};
pub use problem::{Problem, problems};
pub use request::{Request, RequestError, Target};

/// How much of a request is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    None,
    /// Who, what and when, without bodies.
    Metadata,
    /// The body of the request too.
    Request,
    /// The bodies of request and response.
    RequestResponse,
}

impl Level {
    /// Every level, from nothing to all.
    pub const ALL: [Self; 4] = [
        Self::None,
        Self::Metadata,
        Self::Request,
        Self::RequestResponse,
    ];

    /// The level of a word, written exactly so.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// The word in a policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Metadata => "Metadata",
            Self::Request => "Request",
            Self::RequestResponse => "RequestResponse",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The stages of a request at which it may be logged.
pub const STAGES: [&str; 4] = [
    "RequestReceived",
    "ResponseStarted",
    "ResponseComplete",
    "Panic",
];

/// An audit policy, in the words of its file.
#[derive(Clone, Debug)]
pub struct Policy<'a> {
    /// The object.
    pub node: Node<'a>,
    /// Stages that no rule logs.
    pub omit_stages: Vec<&'a str>,
    /// The rules, in order.
    pub rules: Vec<Rule<'a>>,
}

/// A rule. An empty list in it excludes nothing.
#[derive(Clone, Debug)]
pub struct Rule<'a> {
    /// The rule as written.
    pub node: Node<'a>,
    /// The level; `None` if it is missing or unknown, which the API server refuses.
    pub level: Option<Level>,
    /// Names of users.
    pub users: Vec<&'a str>,
    /// Names of groups.
    pub user_groups: Vec<&'a str>,
    /// Verbs of requests.
    pub verbs: Vec<&'a str>,
    /// Resources by group.
    pub resources: Vec<GroupResources<'a>>,
    /// Namespaces; the empty name stands for objects without one.
    pub namespaces: Vec<&'a str>,
    /// Paths that are no resources.
    pub non_resource_urls: Vec<&'a str>,
    /// Stages that this rule does not log.
    pub omit_stages: Vec<&'a str>,
}

/// Resources of one group.
#[derive(Clone, Debug)]
pub struct GroupResources<'a> {
    /// The entry as written.
    pub node: Node<'a>,
    /// The group; empty for the core, `*` for every one.
    pub group: &'a str,
    /// Resources, with `/subresource`; empty for all of the group.
    pub resources: Vec<&'a str>,
    /// Names of objects.
    pub resource_names: Vec<&'a str>,
}

impl<'a> Policy<'a> {
    /// Reads a policy. Fields of a wrong shape are empty; [`problems`] names what the API server refuses.
    pub fn new(node: Node<'a>) -> Self {
        Self {
            node,
            omit_stages: texts(node, "omitStages"),
            rules: node.list("rules").map(Rule::new).collect(),
        }
    }

    /// Rules and the words in their lists. What is asked about a policy as a whole takes time by its square.
    pub fn size(&self) -> usize {
        let words = |rule: &Rule<'_>| {
            let resources = rule.resources.iter();
            let resources: usize = resources
                .map(|entry| 1 + entry.resources.len() + entry.resource_names.len())
                .sum();
            1 + rule.users.len()
                + rule.user_groups.len()
                + rule.verbs.len()
                + rule.namespaces.len()
                + rule.non_resource_urls.len()
                + resources
        };
        self.rules.iter().map(words).sum()
    }

    /// What a request gets: the level and the place of the rule that gave it.
    ///
    /// A rule without a valid level counts as one of [`Level::None`].
    pub fn evaluate(&self, request: &Request<'_>) -> Decision<'a> {
        let found = self
            .rules
            .iter()
            .enumerate()
            .find(|(_, rule)| rule.matches(request));
        let mut omit_stages = self.omit_stages.clone();
        let Some((index, rule)) = found else {
            return Decision {
                level: Level::None,
                rule: None,
                omit_stages,
            };
        };
        for stage in &rule.omit_stages {
            if !omit_stages.contains(stage) {
                omit_stages.push(stage);
            }
        }
        Decision {
            level: rule.level.unwrap_or(Level::None),
            rule: Some((index, rule.node)),
            omit_stages,
        }
    }
}

impl<'a> Rule<'a> {
    fn new(node: Node<'a>) -> Self {
        Self {
            node,
            level: node.str("level").and_then(Level::parse),
            users: texts(node, "users"),
            user_groups: texts(node, "userGroups"),
            verbs: texts(node, "verbs"),
            resources: node.list("resources").map(GroupResources::new).collect(),
            namespaces: texts(node, "namespaces"),
            non_resource_urls: texts(node, "nonResourceURLs"),
            omit_stages: texts(node, "omitStages"),
        }
    }
}

impl<'a> GroupResources<'a> {
    fn new(node: Node<'a>) -> Self {
        Self {
            node,
            group: node.str("group").unwrap_or(""),
            resources: texts(node, "resources"),
            resource_names: texts(node, "resourceNames"),
        }
    }
}

fn texts<'a>(node: Node<'a>, key: &str) -> Vec<&'a str> {
    node.list(key).map(Node::text).collect()
}

/// What a request gets.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    /// How much of it is logged.
    pub level: Level,
    /// Number, from 0, and place of the first rule that matches; `None` if no rule does.
    pub rule: Option<(usize, Node<'a>)>,
    /// Stages at which it is not logged, of the policy and of the rule.
    pub omit_stages: Vec<&'a str>,
}

#[cfg(test)]
mod tests;
