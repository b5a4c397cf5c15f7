//! What the webhooks of a folder are sent, held against what policies ask about.

use std::collections::BTreeSet;

use ringwall_input::yaml::Node;
use ringwall_policy::{ALL, RequestRule, admission::Operation};

use super::{Asking, Set, line};

/// What the names of ringwall's webhooks end with, as `setup webhook` writes them. Those of others do not ask ringwall.
const OWN: &str = ".ringwall.dev";

/// Conditions that `setup webhook` writes where everything is sent.
const OWN_CONDITIONS: [&str; 2] = ["no-leases", "no-events"];

/// Requests of one sort that are sent to ringwall.
pub(super) struct Sent {
    /// `Validating` or `Mutating`.
    sort: &'static str,
    /// What policies do with such requests.
    does: &'static str,
    /// The file and line of the first webhook.
    at: Option<(String, u32)>,
    rules: Vec<RequestRule>,
    /// What leaves out some of what rules name, with its file and line.
    narrowed: Vec<(String, u32, &'static str)>,
}

impl Sent {
    /// To judge, and to change.
    pub(super) fn both() -> [Self; 2] {
        [("Validating", "judge"), ("Mutating", "change")].map(|(sort, does)| Self {
            sort,
            does,
            at: None,
            rules: Vec::new(),
            narrowed: Vec::new(),
        })
    }
}

impl Set {
    /// Notes what a webhook is sent, if it is one of ringwall's.
    pub(super) fn note_sent(&mut self, file: &str, is_mutating: bool, webhook: Node<'_>) {
        if !is_own(webhook) {
            return;
        }
        let [to_judge, to_change] = &mut self.sent;
        let sent = if is_mutating { to_change } else { to_judge };
        sent.at.get_or_insert((file.to_owned(), line(webhook)));
        // The API server converts what comes in another version, unless it is told not to.
        let is_exact = webhook.str("matchPolicy") == Some("Exact");
        let rules = webhook.list("rules").map(|rule| {
            let words = |field: &str| -> BTreeSet<String> {
                rule.list(field)
                    .map(|word| word.text().to_owned())
                    .collect()
            };
            RequestRule {
                api_groups: words("apiGroups"),
                api_versions: if is_exact {
                    words("apiVersions")
                } else {
                    [ALL.to_owned()].into()
                },
                operations: words("operations"),
                resources: words("resources"),
            }
        });
        sent.rules.extend(rules);
        let narrowed = narrowing(webhook).into_iter();
        let narrowed = narrowed.map(|(node, what)| (file.to_owned(), line(node), what));
        sent.narrowed.extend(narrowed);
    }

    /// Tells what is asked about and is not sent.
    pub(super) fn hold_against(&mut self, asking: &[Asking<'_>]) {
        let [to_judge, to_change] = std::mem::replace(&mut self.sent, Sent::both());
        for of in asking {
            self.hold(&to_judge, *of, &of.asked.to_validate);
            self.hold(&to_change, *of, &of.asked.to_mutate);
            self.hold_unsaid(&to_judge, &of.asked.unsaid);
        }
    }

    /// Tells operations that code looks for, where nothing says that they are to be sent, and nothing sends them.
    fn hold_unsaid(&mut self, sent: &Sent, unsaid: &[(String, Operation)]) {
        let Some((file, line)) = &sent.at else {
            return;
        };
        for (kind, operation) in unsaid {
            let word = operation.as_str();
            let mut operations = sent.rules.iter().flat_map(|rule| &rule.operations);
            if !operations.any(|sent| sent == ALL || sent == word) {
                let message = format!(
                    "the code of {kind} looks for the operation {word}, and no rule sends that: name it in `operations` of the template's target if it is to be judged"
                );
                self.not_assessed(file, *line, message);
            }
        }
    }

    fn hold(&mut self, sent: &Sent, asking: Asking<'_>, asked: &[RequestRule]) {
        let (sort, does, Asking { who, flag, .. }) = (sent.sort, sent.does, asking);
        if asked.is_empty() {
            return;
        }
        let Some((file, line)) = &sent.at else {
            let folder = self.folder.display().to_string();
            let message = format!(
                "{who} {does} requests, and no {sort}WebhookConfiguration in this folder has a webhook named *{OWN}, as setup webhook writes it"
            );
            self.not_assessed(&folder, 0, message);
            return;
        };
        for (file, line, what) in &sent.narrowed {
            let message = format!(
                "{what} leaves out some of what the rules name: whether {who} {does} any of that was not looked at"
            );
            self.not_assessed(file, *line, message);
        }
        for missing in asked.iter().flat_map(|rule| rule.beyond(&sent.rules)) {
            let is_of_group = |rule: &RequestRule| {
                missing.is_about_groups() && missing.api_groups.is_subset(&rule.api_groups)
            };
            if sent.rules.iter().any(is_of_group) {
                let message = format!(
                    "{who} {does} a custom kind, and its resource is not told by its name: whether the rules send it ({missing}) was not looked at"
                );
                self.not_assessed(file, *line, message);
            } else {
                let message = format!(
                    "{who} {does} {missing}, and no rule sends that: setup webhook {flag} writes rules that do"
                );
                self.problem(file, *line, message);
            }
        }
    }
}

/// Whether a webhook is one of ringwall's.
pub(super) fn is_own(webhook: Node<'_>) -> bool {
    webhook.str("name").is_some_and(|name| name.ends_with(OWN))
}

/// The selector of a webhook by which some objects are not sent.
pub(super) fn object_selector(webhook: Node<'_>) -> Option<Node<'_>> {
    webhook.get("objectSelector").filter(|selector| {
        has_labels(*selector) || selector.list("matchExpressions").next().is_some()
    })
}

fn has_labels(selector: Node<'_>) -> bool {
    let labels = selector.get("matchLabels");
    labels.is_some_and(|labels| !labels.entries().is_empty())
}

/// What of a webhook leaves out some of what its rules name, but for what `setup webhook` writes itself.
fn narrowing(webhook: Node<'_>) -> Vec<(Node<'_>, &'static str)> {
    // Whole namespaces that are left alone by their names.
    let exempts = |expression: Node<'_>| {
        expression.str("key") == Some("kubernetes.io/metadata.name")
            && expression.str("operator") == Some("NotIn")
    };
    let by_namespace = webhook.get("namespaceSelector").filter(|selector| {
        has_labels(*selector) || !selector.list("matchExpressions").all(exempts)
    });
    let by_object = object_selector(webhook);
    let conditions = webhook.list("matchConditions").filter(|condition| {
        let name = condition.str("name");
        !name.is_some_and(|name| OWN_CONDITIONS.contains(&name))
    });
    let scopes = webhook.list("rules").filter_map(|rule| rule.get("scope"));
    let scopes = scopes.filter(|scope| scope.text() != "*");
    let selectors = by_namespace
        .map(|selector| (selector, "namespaceSelector"))
        .into_iter()
        .chain(by_object.map(|selector| (selector, "objectSelector")));
    selectors
        .chain(conditions.map(|condition| (condition, "a condition of matchConditions")))
        .chain(scopes.map(|scope| (scope, "the scope of a rule")))
        .collect()
}
