//! What follows from a violation, and where: `enforcementAction` and `scopedEnforcementActions`.

use serde_json::Value;

use super::schema::Fault;
use crate::admission::Action;

/// Where constraints are enforced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnforcementPoint {
    /// The validating webhook.
    #[default]
    Webhook,
    /// The audit of what is in the cluster.
    Audit,
    /// Files and suites, as `gator` looks at them.
    Gator,
    /// A ValidatingAdmissionPolicy made from the template.
    Vap,
    /// All of these at once, as a scan looks ahead to them: of the actions of a constraint the strictest holds. No
    /// constraint names it.
    Any,
}

impl EnforcementPoint {
    /// All that constraints name.
    pub const ALL: [Self; 4] = [Self::Webhook, Self::Audit, Self::Gator, Self::Vap];

    /// The name of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "validation.gatekeeper.sh",
            Self::Audit => "audit.gatekeeper.sh",
            Self::Gator => "gator.gatekeeper.sh",
            Self::Vap => "vap.k8s.io",
            Self::Any => "*",
        }
    }
}

/// The actions of a constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// One action at every point.
    Everywhere(Action),
    /// Actions by point, each once, in the order they are written.
    Scoped(Vec<(EnforcementPoint, Action)>),
}

impl Enforcement {
    /// Reads `spec` of a constraint whose shape is settled; pointers of faults begin at `spec`.
    pub(super) fn parse(spec: &Value) -> (Self, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut fault = |pointer: String, message: String, is_warning| {
            faults.push(Fault {
                is_warning,
                ..Fault::new(pointer, message)
            });
        };
        let word = spec
            .get("enforcementAction")
            .and_then(Value::as_str)
            .unwrap_or("");
        let entries = spec
            .get("scopedEnforcementActions")
            .and_then(Value::as_array);
        if word != "scoped" {
            if entries.is_some() {
                let message = "has no effect without `enforcementAction: scoped`";
                fault(
                    "/scopedEnforcementActions".to_owned(),
                    message.to_owned(),
                    true,
                );
            }
            let action = action(word).unwrap_or_else(|| {
                let message = format!(
                    "unknown action `{word}`: violations are only recorded; actions are deny, warn, dryrun, scoped"
                );
                fault("/enforcementAction".to_owned(), message, true);
                Action::Audit
            });
            return (Self::Everywhere(action), faults);
        }
        let Some(entries) = entries else {
            let message = "`enforcementAction: scoped` needs scopedEnforcementActions";
            fault("/enforcementAction".to_owned(), message.to_owned(), false);
            return (Self::Scoped(Vec::new()), faults);
        };
        let mut scoped = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let at = format!("/scopedEnforcementActions/{index}");
            let word = entry.get("action").and_then(Value::as_str).unwrap_or("");
            let action = match word {
                "" => None,
                word => action(word),
            };
            let action = action.unwrap_or_else(|| {
                let message = format!(
                    "unknown action `{word}`: violations are only recorded; actions here are deny, warn, dryrun"
                );
                fault(format!("{at}/action"), message, true);
                Action::Audit
            });
            let (points, unknown) = points(entry);
            for name in unknown {
                let message = format!("unknown enforcement point `{name}` has no effect");
                fault(format!("{at}/enforcementPoints"), message, true);
            }
            if points.is_empty() {
                let message = "names no enforcement point, so nothing follows from it";
                fault(at, message.to_owned(), true);
            }
            for point in points {
                if !scoped.contains(&(point, action)) {
                    scoped.push((point, action));
                }
            }
        }
        (Self::Scoped(scoped), faults)
    }

    /// What follows at a point; nothing if the constraint is not enforced there.
    pub fn at(&self, point: EnforcementPoint) -> impl Iterator<Item = Action> + Clone {
        let (one, scoped) = match self {
            Self::Everywhere(action) => (Some(*action), [].as_slice()),
            Self::Scoped(scoped) => (None, scoped.as_slice()),
        };
        let (strictest, scoped) = match point {
            EnforcementPoint::Any => (
                scoped.iter().map(|(_, action)| *action).min(),
                [].as_slice(),
            ),
            _ => (None, scoped),
        };
        let scoped = scoped.iter().filter(move |(at, _)| *at == point);
        let scoped = scoped.map(|(_, action)| *action);
        one.into_iter().chain(strictest).chain(scoped)
    }
}

/// The action of a word; the empty one is the default.
pub(super) fn action(word: &str) -> Option<Action> {
    match word {
        "" | "deny" => Some(Action::Deny),
        "warn" => Some(Action::Warn),
        "dryrun" => Some(Action::Audit),
        _ => None,
    }
}

/// The points that an entry names, and the names that nobody knows.
fn points(entry: &Value) -> (Vec<EnforcementPoint>, Vec<String>) {
    let (mut points, mut unknown) = (Vec::new(), Vec::new());
    let names = entry.get("enforcementPoints").and_then(Value::as_array);
    for name in names.into_iter().flatten() {
        let name = name.get("name").and_then(Value::as_str).unwrap_or("");
        let point = EnforcementPoint::ALL.iter().find(|at| at.as_str() == name);
        match point {
            _ if name == "*" => points.extend(EnforcementPoint::ALL),
            Some(point) => points.push(*point),
            None => unknown.push(name.to_owned()),
        }
    }
    (points, unknown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        Action::{Audit, Deny, Warn},
        EnforcementPoint::{Any, Gator, Webhook},
        *,
    };

    fn at(spec: &Value, point: EnforcementPoint) -> Vec<Action> {
        Enforcement::parse(spec).0.at(point).collect()
    }

    fn faults(spec: &Value) -> Vec<(String, bool)> {
        let (_, faults) = Enforcement::parse(spec);
        faults
            .into_iter()
            .map(|fault| (fault.pointer, fault.is_warning))
            .collect()
    }

    #[test]
    fn one_action_is_for_every_point() {
        for (word, action) in [("deny", Deny), ("warn", Warn), ("dryrun", Audit)] {
            let spec = json!({"enforcementAction": word});
            assert_eq!(at(&spec, Webhook), [action]);
            assert_eq!(at(&spec, Gator), [action]);
            assert_eq!(faults(&spec), []);
        }
        assert_eq!(at(&json!({}), Webhook), [Deny]);
        let typo = json!({"enforcementAction": "Deny"});
        assert_eq!(at(&typo, Webhook), [Audit]);
        assert_eq!(faults(&typo), [("/enforcementAction".to_owned(), true)]);
    }

    #[test]
    fn scoped_actions_are_by_point() {
        let spec = json!({
            "enforcementAction": "scoped",
            "scopedEnforcementActions": [
                {"action": "warn", "enforcementPoints": [{"name": "*"}]},
                {"action": "deny", "enforcementPoints": [{"name": "validation.gatekeeper.sh"}, {"name": "validation.gatekeeper.sh"}]},
                {"action": "dryrun", "enforcementPoints": [{"name": "audit.gatekeeper.sh"}]},
            ],
        });
        assert_eq!(faults(&spec), []);
        assert_eq!(at(&spec, Webhook), [Warn, Deny]);
        assert_eq!(at(&spec, EnforcementPoint::Audit), [Warn, Audit]);
        assert_eq!(at(&spec, Gator), [Warn]);
        assert_eq!(at(&spec, Any), [Deny]);
        let somewhere = json!({
            "enforcementAction": "scoped",
            "scopedEnforcementActions": [{"action": "warn", "enforcementPoints": [{"name": "gator.gatekeeper.sh"}]}],
        });
        assert_eq!(
            (at(&somewhere, Any), at(&somewhere, Webhook)),
            (vec![Warn], vec![])
        );
    }

    #[test]
    fn what_has_no_effect_is_told() {
        let entries = json!([{"action": "deny", "enforcementPoints": [{"name": "webhook"}]}]);
        let unscoped = json!({"scopedEnforcementActions": entries});
        assert_eq!(at(&unscoped, Gator), [Deny]);
        assert_eq!(
            faults(&unscoped),
            [("/scopedEnforcementActions".to_owned(), true)]
        );
        let scoped = json!({"enforcementAction": "scoped", "scopedEnforcementActions": entries});
        assert_eq!(at(&scoped, Webhook), []);
        assert_eq!(faults(&scoped).len(), 2);
        let missing = json!({"enforcementAction": "scoped"});
        assert_eq!(faults(&missing), [("/enforcementAction".to_owned(), false)]);
    }
}
