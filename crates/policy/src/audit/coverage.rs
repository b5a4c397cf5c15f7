//! Rules that can never match: an earlier one takes all they would, or nothing is named so.

use ringwall_input::yaml::Node;

use super::{
    GroupResources, Policy, Rule,
    matching::{is_path, is_resource},
};

/// Why a rule never matches.
#[derive(Clone, Debug)]
pub enum Unreachable<'a> {
    /// An earlier rule, by its number from 0, matches everything that this one would.
    Covered(usize, Node<'a>),
    /// A `*` where it stands for itself, and its field: nothing has that name.
    Wildcard(&'static str, Node<'a>),
    /// A verb with capital letters; requests have none.
    Capitals(Node<'a>),
}

/// The rules that never match, by their numbers from 0.
pub fn unreachable<'a>(policy: &Policy<'a>) -> Vec<(usize, Unreachable<'a>)> {
    let mut found = Vec::new();
    for (index, rule) in policy.rules.iter().enumerate() {
        if let Some(reason) = names_nothing(rule) {
            found.push((index, reason));
            continue;
        }
        let earlier = policy.rules.iter().take(index).enumerate();
        let cover = earlier
            .into_iter()
            .find(|(_, earlier)| names_nothing(earlier).is_none() && covers(earlier, rule));
        if let Some((number, earlier)) = cover {
            found.push((index, Unreachable::Covered(number, earlier.node)));
        }
    }
    found
}

/// Lists whose every member is a name that nothing has.
fn names_nothing<'a>(rule: &Rule<'a>) -> Option<Unreachable<'a>> {
    for field in ["users", "userGroups", "verbs", "namespaces"] {
        let mut members = rule.node.list(field).peekable();
        if members.peek().is_some() && members.all(|member| member.text().contains('*')) {
            return Some(Unreachable::Wildcard(field, rule.node.list(field).next()?));
        }
    }
    let has_capitals = |verb: &Node<'_>| verb.text().contains(|c: char| c.is_ascii_uppercase());
    let mut verbs = rule.node.list("verbs").peekable();
    if verbs.peek().is_some() && verbs.all(|verb| has_capitals(&verb)) {
        return rule.node.list("verbs").next().map(Unreachable::Capitals);
    }
    None
}

/// Whether the first rule matches every request that the second does.
fn covers(first: &Rule<'_>, second: &Rule<'_>) -> bool {
    includes(&first.users, &second.users)
        && includes(&first.user_groups, &second.user_groups)
        && includes(&first.verbs, &second.verbs)
        && covers_targets(first, second)
}

fn covers_targets(first: &Rule<'_>, second: &Rule<'_>) -> bool {
    let is_about_resources =
        |rule: &Rule<'_>| !rule.resources.is_empty() || !rule.namespaces.is_empty();
    if is_about_resources(first) {
        // A rule for everything is also one for paths.
        return is_about_resources(second)
            && includes(&first.namespaces, &second.namespaces)
            && (first.resources.is_empty()
                || (!second.resources.is_empty()
                    && second
                        .resources
                        .iter()
                        .all(|entry| covers_entry(first, entry))));
    }
    if first.non_resource_urls.is_empty() {
        return true;
    }
    let is_covered = |url: &&str| {
        first
            .non_resource_urls
            .iter()
            .any(|earlier| is_path(earlier, url))
    };
    !is_about_resources(second)
        && !second.non_resource_urls.is_empty()
        && second.non_resource_urls.iter().all(is_covered)
}

/// Whether the entries of a rule cover each resource of another's entry.
fn covers_entry(rule: &Rule<'_>, entry: &GroupResources<'_>) -> bool {
    let candidates = || {
        rule.resources.iter().filter(|earlier| {
            (earlier.group == "*" || earlier.group == entry.group)
                && (earlier.resources.is_empty()
                    || includes(&earlier.resource_names, &entry.resource_names))
        })
    };
    if entry.resources.is_empty() {
        return candidates()
            .any(|earlier| earlier.resources.is_empty() || earlier.resources.contains(&"*"));
    }
    entry.resources.iter().all(|resource| {
        candidates().any(|earlier| {
            earlier.resources.is_empty()
                || earlier
                    .resources
                    .iter()
                    .any(|pattern| covers_pattern(pattern, resource))
        })
    })
}

/// Whether a pattern of `resources` covers another pattern.
fn covers_pattern(first: &str, second: &str) -> bool {
    if first == "*" || first == second {
        return true;
    }
    match second.split_once('/') {
        None => second != "*" && is_resource(first, second, ""),
        Some(("*", _) | (_, "*")) => false,
        Some((resource, subresource)) => is_resource(first, resource, subresource),
    }
}

/// Whether a list, of which none means all, has every member of another.
fn includes(first: &[&str], second: &[&str]) -> bool {
    first.is_empty() || (!second.is_empty() && second.iter().all(|member| first.contains(member)))
}
