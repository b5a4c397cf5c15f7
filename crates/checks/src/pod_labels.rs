//! Labels that controllers put on the pods they make, which stand in no manifest.
//!
//! See: <https://kubernetes.io/docs/reference/labels-annotations-taints/>

use foldhash::HashMap;
use ringwall_input::{
    kubernetes::{Operator, Requirement, Selector, Workload},
    yaml::Node,
};

/// What the value of a label looks like.
#[derive(Clone, Copy, Debug)]
enum Value {
    /// The name of the object.
    Name,
    /// The name of the object, a hyphen and a number.
    NameAndNumber,
    /// A number.
    Number,
    /// It cannot be told.
    Any,
}

const INDEXED_JOB: &str = "batch.kubernetes.io/job-completion-index";

/// Keys of labels, and what their values look like.
type Labels = &'static [(&'static str, Value)];

/// Groups and kinds, with the labels that their pods get.
const GIVEN: &[(&str, &str, Labels)] = &[
    (
        "apps",
        "StatefulSet",
        &[
            ("statefulset.kubernetes.io/pod-name", Value::NameAndNumber),
            ("apps.kubernetes.io/pod-index", Value::Number),
            ("controller-revision-hash", Value::Any),
        ],
    ),
    (
        "apps",
        "DaemonSet",
        &[
            ("controller-revision-hash", Value::Any),
            ("pod-template-generation", Value::Number),
        ],
    ),
    ("apps", "Deployment", &[("pod-template-hash", Value::Any)]),
    (
        "argoproj.io",
        "Rollout",
        &[("rollouts-pod-template-hash", Value::Any)],
    ),
    (
        "batch",
        "Job",
        &[
            ("job-name", Value::Name),
            ("batch.kubernetes.io/job-name", Value::Name),
            ("controller-uid", Value::Any),
            ("batch.kubernetes.io/controller-uid", Value::Any),
            (INDEXED_JOB, Value::Number),
        ],
    ),
    (
        "batch",
        "CronJob",
        &[
            ("job-name", Value::NameAndNumber),
            ("batch.kubernetes.io/job-name", Value::NameAndNumber),
            ("controller-uid", Value::Any),
            ("batch.kubernetes.io/controller-uid", Value::Any),
            (INDEXED_JOB, Value::Number),
        ],
    ),
];

/// Which pods of a workload are meant, where they have different labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// At least one.
    Some,
    /// Each of them.
    Every,
}

/// A label by which pods are looked up, and its value; none of one that a controller may have set.
pub(crate) type Lookup<'a> = (&'a str, Option<&'a str>);

/// The labels under which the pods of a workload are found.
pub(crate) fn lookups<'a>(workload: &Workload<'a>) -> impl Iterator<Item = Lookup<'a>> {
    let labels = workload.pod.labels();
    let written = labels.map(Node::entries).unwrap_or_default().into_iter();
    let given = given(workload).iter().map(|&(key, _)| key);
    written
        .map(|(key, value)| lookup(key.text(), value.text()))
        .chain(
            given
                .filter(move |key| labels.is_none_or(|labels| labels.get(key).is_none()))
                .map(|key| (key, None)),
        )
}

/// The labels under each of which all the pods are found that a selector selects.
pub(crate) fn lookups_of(selector: Selector<'_>) -> impl Iterator<Item = Lookup<'_>> {
    let map = match selector {
        Selector::Map(map) => Some(map),
        Selector::Full(full) => full.get("matchLabels"),
    };
    let labels = map.map(Node::entries).unwrap_or_default().into_iter();
    labels.map(|(key, value)| lookup(key.text(), value.text()))
}

fn lookup<'a>(key: &'a str, value: &'a str) -> Lookup<'a> {
    let mut given = GIVEN.iter().flat_map(|(_, _, labels)| *labels);
    let is_given = given.any(|(known, _)| *known == key);
    (key, (!is_given).then_some(value))
}

/// Places in a list of selectors, found by the labels of a pod.
#[derive(Debug, Default)]
pub(crate) struct SelectorIndex<'a> {
    /// Those that demand labels, by the one that the fewest demand: many name the same application first.
    by_label: HashMap<Lookup<'a>, Vec<usize>>,
    /// The others.
    rest: Vec<usize>,
}

impl<'a> SelectorIndex<'a> {
    pub(crate) fn new(selectors: &[(usize, Selector<'a>)]) -> Self {
        let mut demands: HashMap<Lookup<'_>, usize> = HashMap::default();
        for lookup in selectors.iter().flat_map(|(_, it)| lookups_of(*it)) {
            *demands.entry(lookup).or_default() += 1;
        }
        let mut index = Self::default();
        for &(place, selector) in selectors {
            match lookups_of(selector).min_by_key(|it| demands.get(it)) {
                Some(label) => index.by_label.entry(label).or_default().push(place),
                None => index.rest.push(place),
            }
        }
        index
    }

    /// The places of those that may select pods of a workload, in order.
    pub(crate) fn of(&self, workload: &Workload<'_>) -> Vec<usize> {
        let by_label = lookups(workload).filter_map(|label| self.by_label.get(&label));
        let mut places: Vec<usize> = by_label.chain([&self.rest]).flatten().copied().collect();
        places.sort_unstable();
        places
    }
}

/// The conditions of a selector, read once for many pods.
#[derive(Debug)]
pub(crate) struct Conditions<'a> {
    requirements: Vec<Requirement<'a>>,
    selects_nothing: bool,
}

impl<'a> Conditions<'a> {
    pub(crate) fn new(selector: Selector<'a>) -> Self {
        Self {
            requirements: selector.requirements().collect(),
            selects_nothing: selector.selects_nothing(),
        }
    }

    /// Whether some or all of the pods of a workload satisfy them.
    pub(crate) fn select(&self, workload: &Workload<'_>, pods: Quantity) -> bool {
        let given = given(workload);
        let mut requirements = self.requirements.iter();
        !self.selects_nothing
            && requirements.all(|requirement| {
                match given.iter().find(|(key, _)| *key == requirement.key) {
                    Some((_, value)) => holds(*requirement, *value, workload, pods),
                    None => requirement.holds(workload.pod.labels()),
                }
            })
    }
}

/// Whether a selector selects some or all of the pods of a workload.
pub(crate) fn selects(selector: Selector<'_>, workload: &Workload<'_>, pods: Quantity) -> bool {
    Conditions::new(selector).select(workload, pods)
}

fn given(workload: &Workload<'_>) -> Labels {
    let resource = workload.resource();
    let group = resource.group();
    let mut kinds = GIVEN.iter();
    let kind = kinds.find(|(of, kind, _)| *kind == resource.kind && *of == group);
    kind.map(|(_, _, labels)| *labels).unwrap_or_default()
}

/// Whether a condition about a label that a controller sets holds.
fn holds(
    requirement: Requirement<'_>,
    value: Value,
    workload: &Workload<'_>,
    pods: Quantity,
) -> bool {
    let resource = workload.resource();
    let fits = |text: &&str| fits(text, value, resource.name);
    // How many values there are: that of a pod alone, of a number of them, or nobody knows.
    let most = match value {
        Value::Name => Some(1),
        Value::NameAndNumber | Value::Number => replicas(workload),
        Value::Any => None,
    };
    let is_one_named = || requirement.values().any(|text| fits(&text));
    let is_another_left = || {
        let named = requirement.values().filter(fits).count();
        most.is_none_or(|most| named < most)
    };
    match (requirement.operator, pods) {
        (Operator::In, Quantity::Some) => is_one_named(),
        (Operator::In, Quantity::Every) => !is_another_left(),
        (Operator::NotIn, Quantity::Some) => is_another_left(),
        (Operator::NotIn, Quantity::Every) => !is_one_named(),
        (Operator::Exists, _) => true,
        (Operator::DoesNotExist | Operator::Unknown, _) => false,
    }
}

fn fits(text: &str, value: Value, name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    match value {
        // One that the API server makes up is not known.
        Value::Name | Value::NameAndNumber if name.is_empty() => true,
        Value::Name => text == name,
        Value::NameAndNumber => text
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(is_number),
        Value::Number => is_number(text),
        Value::Any => true,
    }
}

/// How many pods a StatefulSet says that it has; others than it number them otherwise.
fn replicas(workload: &Workload<'_>) -> Option<usize> {
    let resource = workload.resource();
    let replicas = resource.spec?.get("replicas")?.as_i64()?;
    usize::try_from(replicas).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_input::{
        kubernetes::{Resource, workloads},
        yaml,
    };
    use ringwall_model::Source;

    use super::*;

    /// Whether a selector selects some, and every, pod of the StatefulSet `db` of two, or of the Job `sum`.
    fn check(kind: &str, selector: &str, expected: [bool; 2]) {
        let object = match kind {
            "Job" => {
                "apiVersion: batch/v1\nkind: Job\nmetadata: {name: sum}\nspec: {template: {spec: {}}}"
            }
            _ => {
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 2, template: {metadata: {labels: {app: db}}, spec: {}}}"
            }
        };
        let read = |text: &str| yaml::parse(&Arc::new(Source::new("a.yaml", text))).0;
        let (object, selector_document) = (read(object), read(selector));
        let resource = Resource::new(object[0].root()).expect("an object");
        let workload = &workloads(&resource, &[])[0];
        let full = Selector::Full(selector_document[0].root());
        let found = [Quantity::Some, Quantity::Every].map(|pods| selects(full, workload, pods));
        assert_eq!(found, expected, "{selector}");
    }

    #[test]
    fn a_pod_leads_past_selectors_that_only_name_the_same_application() {
        let read = |text: &str| yaml::parse(&Arc::new(Source::new("a.yaml", text))).0;
        let selectors = read(
            "[{part-of: shop, app: web}, {part-of: shop, app: api}, {part-of: shop}, {part-of: bank}]",
        );
        let selectors: Vec<_> = selectors[0].root().items().map(Selector::Map).collect();
        let places: Vec<_> = selectors.into_iter().enumerate().collect();
        let pod = read(
            "apiVersion: v1\nkind: Pod\nmetadata: {labels: {part-of: shop, app: api}}\nspec: {}\n",
        );
        let resource = Resource::new(pod[0].root()).expect("an object");
        let pods = workloads(&resource, &[]);
        assert_eq!(SelectorIndex::new(&places).of(&pods[0]), [1, 2]);
    }

    #[test]
    fn labels_of_controllers_are_there() {
        let stateful = |selector: &str, expected| check("StatefulSet", selector, expected);
        let name = "statefulset.kubernetes.io/pod-name";
        let one = |value: &str| format!("matchLabels: {{{name}: {value}}}");
        stateful(&one("db-1"), [true, false]);
        stateful(&one("web-1"), [false, false]);
        stateful(&one("db-x"), [false, false]);
        let is = |operator: &str, values: &str| {
            format!("matchExpressions: [{{key: {name}, operator: {operator}, values: [{values}]}}]")
        };
        stateful(&is("In", "db-0, db-1"), [true, true]);
        stateful(&is("NotIn", "db-0"), [true, false]);
        stateful(&is("NotIn", "db-0, db-1"), [false, false]);
        stateful(&is("NotIn", "web-0"), [true, true]);
        stateful(&is("Exists", ""), [true, true]);
        stateful(&is("DoesNotExist", ""), [false, false]);
        stateful(
            "matchLabels: {app: db, apps.kubernetes.io/pod-index: '0'}",
            [true, false],
        );
        stateful(
            "matchLabels: {app: web, apps.kubernetes.io/pod-index: '0'}",
            [false, false],
        );
        stateful(
            "matchLabels: {controller-revision-hash: abc}",
            [true, false],
        );
        stateful("matchLabels: {job-name: db}", [false, false]);
        check("Job", "matchLabels: {job-name: sum}", [true, true]);
        check(
            "Job",
            "matchLabels: {batch.kubernetes.io/job-name: sun}",
            [false, false],
        );
    }
}
