//! What the API server refuses in an audit policy; it does not start with such a file.

use ringwall_input::yaml::Node;

use super::{Level, Policy, Rule, STAGES};

/// One mistake and its place.
#[derive(Clone, Debug)]
pub struct Problem<'a> {
    /// What is wrong.
    pub node: Node<'a>,
    /// Says so, behind the name of the policy: `has no rules`.
    pub message: String,
}

/// Everything the API server refuses, in the order of the file.
pub fn problems<'a>(policy: &Policy<'a>) -> Vec<Problem<'a>> {
    let mut problems = Vec::new();
    stages(policy.node, "omitStages", &mut problems);
    if policy.rules.is_empty() {
        problems.push(Problem {
            node: policy.node.get("rules").unwrap_or(policy.node),
            message: "has no rules".to_owned(),
        });
    }
    for (index, rule) in policy.rules.iter().enumerate() {
        level(rule, index, &mut problems);
        urls(rule, index, &mut problems);
        resources(rule, index, &mut problems);
        stages(
            rule.node,
            &format!("rules[{index}].omitStages"),
            &mut problems,
        );
    }
    problems
}

fn level<'a>(rule: &Rule<'a>, index: usize, problems: &mut Vec<Problem<'a>>) {
    if rule.level.is_some() {
        return;
    }
    let levels = Level::ALL.map(Level::as_str).join(", ");
    let (node, message) = match rule.node.get("level") {
        Some(level) => (
            level,
            format!(
                "has an unknown level {} in rules[{index}]; the levels are {levels}",
                level.text()
            ),
        ),
        None => (
            rule.node,
            format!("has no level in rules[{index}]; the levels are {levels}"),
        ),
    };
    problems.push(Problem { node, message });
}

fn urls<'a>(rule: &Rule<'a>, index: usize, problems: &mut Vec<Problem<'a>>) {
    for url in rule.node.list("nonResourceURLs") {
        let text = url.text();
        let message = if text == "*" {
            continue;
        } else if !text.starts_with('/') {
            "does not begin with /"
        } else if text.trim_end_matches('*').contains('*') || text.ends_with("**") {
            "has a * that is not its last character"
        } else {
            continue;
        };
        problems.push(Problem {
            node: url,
            message: format!("has a path {text} in rules[{index}].nonResourceURLs that {message}"),
        });
    }
    if !rule.non_resource_urls.is_empty()
        && (!rule.resources.is_empty() || !rule.namespaces.is_empty())
    {
        problems.push(Problem {
            node: rule.node.get("nonResourceURLs").unwrap_or(rule.node),
            message: format!("has resources and nonResourceURLs in one rule, rules[{index}]"),
        });
    }
}

fn resources<'a>(rule: &Rule<'a>, index: usize, problems: &mut Vec<Problem<'a>>) {
    for entry in &rule.resources {
        let group = entry.node.get("group");
        if let Some(group) = group.filter(|group| !is_group(group.text())) {
            problems.push(Problem {
                node: group,
                message: format!(
                    "names {} in rules[{index}].resources, which is no API group (a group has no version)",
                    group.text()
                ),
            });
        }
        if !entry.resource_names.is_empty() && entry.resources.is_empty() {
            problems.push(Problem {
                node: entry.node.get("resourceNames").unwrap_or(entry.node),
                message: format!("has resourceNames without resources in rules[{index}]"),
            });
        }
    }
}

/// The empty group, `*`, or a DNS subdomain.
fn is_group(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !label.is_empty()
            && label.chars().all(is_inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.is_empty() || text == "*" || (text.len() <= 253 && text.split('.').all(is_label))
}

fn stages<'a>(node: Node<'a>, path: &str, problems: &mut Vec<Problem<'a>>) {
    for stage in node.list("omitStages") {
        if !STAGES.contains(&stage.text()) {
            problems.push(Problem {
                node: stage,
                message: format!(
                    "has an unknown stage {} in {path}; the stages are {}",
                    stage.text(),
                    STAGES.join(", ")
                ),
            });
        }
    }
}
