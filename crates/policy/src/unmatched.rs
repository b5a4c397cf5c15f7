//! Names in what a policy is about that no object can have: misspelt groups, kinds and resources of Kubernetes itself.
//!
//! Only what is surely wrong is told. Whatever a custom kind may be called is left alone.

use std::{collections::BTreeSet, sync::LazyLock};

use ringwall_input::schema::{self, Kind, Release};

/// What is served no more in a group that once held a bit of everything.
const REMOVED: &str = "extensions";

/// The first release that asked admission policies: what it did not serve, none of them was ever asked about.
const FIRST_WITH_POLICIES: Release = Release {
    major: 1,
    minor: 26,
};

/// What kubectl takes for resources, and rules do not.
const SHORT_NAMES: [(&str, &str); 27] = [
    ("cj", "cronjobs"),
    ("cm", "configmaps"),
    ("crd", "customresourcedefinitions"),
    ("csr", "certificatesigningrequests"),
    ("deploy", "deployments"),
    ("ds", "daemonsets"),
    ("ep", "endpoints"),
    ("ev", "events"),
    ("hpa", "horizontalpodautoscalers"),
    ("ing", "ingresses"),
    ("limits", "limitranges"),
    ("netpol", "networkpolicies"),
    ("no", "nodes"),
    ("ns", "namespaces"),
    ("pc", "priorityclasses"),
    ("pdb", "poddisruptionbudgets"),
    ("po", "pods"),
    ("pv", "persistentvolumes"),
    ("pvc", "persistentvolumeclaims"),
    ("quota", "resourcequotas"),
    ("rc", "replicationcontrollers"),
    ("rs", "replicasets"),
    ("sa", "serviceaccounts"),
    ("sc", "storageclasses"),
    ("sts", "statefulsets"),
    ("svc", "services"),
    ("vap", "validatingadmissionpolicies"),
];

/// Names that a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// Kinds, as Gatekeeper's `match` has them.
    Kinds,
    /// Resources, as rules of admission have them.
    Resources,
}

/// The groups of kinds that are built in.
static GROUPS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| schema::builtin().kinds().map(group_of).collect());

fn group_of(kind: Kind) -> &'static str {
    kind.api_version
        .split_once('/')
        .map_or("", |(group, _)| group)
}

fn version_of(kind: Kind) -> &'static str {
    kind.api_version
        .split_once('/')
        .map_or(kind.api_version, |(_, version)| version)
}

/// What is wrong with groups and the kinds or resources in them: the place of a name among those in question, and
/// what to say; groups are told first, and alone where none of them is one.
pub(crate) fn mistakes(groups: &[String], names: &[String], named: Named) -> Vec<Mistake> {
    if !is_all(groups) && groups.iter().all(|group| is_no_group(group)) {
        let listed = groups.iter().map(|group| format!("`{group}`"));
        let message = format!(
            "matches nothing: there is no API group {}; the core group is the empty text, and a group has no version",
            listed.collect::<Vec<_>>().join(", ")
        );
        return vec![Mistake {
            name: None,
            message,
        }];
    }
    if is_all(names) {
        return Vec::new();
    }
    let found = names.iter().enumerate().filter_map(|(at, name)| {
        let message = named.mistake(name, groups)?;
        Some(Mistake {
            name: Some(at),
            message: format!("matches nothing: {message}"),
        })
    });
    found.collect()
}

/// Something that matches nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Which of the names it is; `None` for the groups.
    pub(crate) name: Option<usize>,
    pub(crate) message: String,
}

/// What is wrong with the versions of names in groups, where no API server with admission policies serves any of them.
pub(crate) fn version_mistake(
    groups: &[String],
    versions: &[String],
    names: &[String],
    named: Named,
) -> Option<String> {
    if is_all(versions) {
        return None;
    }
    if let Some(version) = versions.first()
        && versions.iter().all(|version| is_no_version(version))
    {
        return Some(format!(
            "matches nothing: `{version}` is no version; a version stands without its group, in lower case"
        ));
    }
    if !groups.is_empty() && groups.iter().all(String::is_empty) {
        let is_known = versions.iter().any(|version| version == "v1");
        let message = "matches nothing: the core group has no other version than v1";
        return (!is_known).then(|| message.to_owned());
    }
    let kinds = named.known(groups, names)?;
    let has = |kind: &Kind, version: &String| version_of(*kind) == version;
    let is_served = kinds.iter().any(|kind| {
        let lifecycle = kind.lifecycle();
        let removed = lifecycle.and_then(|lifecycle| lifecycle.removed);
        removed.is_none_or(|removed| removed > FIRST_WITH_POLICIES)
            && versions.iter().any(|version| has(kind, version))
    });
    // Nobody knows what beta versions are still to come.
    let may_come = |version: &String| {
        let is_stable = version.trim_start_matches('v').parse::<u32>().is_ok();
        !is_stable && !kinds.iter().any(|kind| has(kind, version))
    };
    if is_served || versions.iter().any(may_come) {
        return None;
    }
    let listed: Vec<_> = versions
        .iter()
        .map(|version| format!("`{version}`"))
        .collect();
    Some(format!(
        "matches nothing: no API server with admission policies serves {} there",
        listed.join(", ")
    ))
}

/// Whether everything of these names is in namespaces, or nothing is; `None` where it is both or nobody knows.
pub(crate) fn are_namespaced(groups: &[String], names: &[String], named: Named) -> Option<bool> {
    let kinds = named.known(groups, names)?;
    let mut scopes = kinds.iter().map(Kind::is_namespaced);
    let first = scopes.next()??;
    scopes.all(|scope| scope == Some(first)).then_some(first)
}

/// Whether a list of names leaves none out.
fn is_all(names: &[String]) -> bool {
    names.is_empty() || names.iter().any(|name| name == "*")
}

/// Whether a group may hold custom kinds, or kinds that are not listed.
fn may_be_custom(group: &String) -> bool {
    group == REMOVED || !(GROUPS.contains(&**group) || is_no_group(group))
}

/// Whether a word is no group of any API server: the groups of custom kinds have a dot.
fn is_no_group(word: &str) -> bool {
    !word.contains('.') && word != REMOVED && !GROUPS.contains(word) || word.contains('/')
}

/// Whether a word is no version of any group: versions are labels.
fn is_no_version(word: &str) -> bool {
    word.contains(['/', '.']) || word.chars().any(char::is_uppercase)
}

impl Named {
    fn is_name_of(self, name: &str, kind: Kind) -> bool {
        match self {
            Self::Kinds => kind.kind == name,
            Self::Resources => resource(&kind) == Some(name),
        }
    }

    /// The kinds that are built in and meant by names in groups; `None` where others may be meant too.
    fn known(self, groups: &[String], names: &[String]) -> Option<Vec<Kind>> {
        if is_all(groups) || names.is_empty() || groups.iter().any(may_be_custom) {
            return None;
        }
        let mut found = Vec::new();
        for name in names {
            let name = name.split('/').next().unwrap_or(name);
            if name == "*" {
                return None;
            }
            let kinds = schema::builtin().kinds();
            let before = found.len();
            found.extend(kinds.filter(|kind| {
                self.is_name_of(name, *kind) && groups.iter().any(|it| it == group_of(*kind))
            }));
            if found.len() == before {
                return None;
            }
        }
        Some(found)
    }

    fn mistake(self, name: &str, groups: &[String]) -> Option<String> {
        let name = name.split('/').next().unwrap_or(name);
        if name == "*" {
            return None;
        }
        let is_anywhere = is_all(groups);
        let is_listed =
            |kind: &Kind| is_anywhere || groups.iter().any(|group| group == group_of(*kind));
        let mut kinds = schema::builtin().kinds();
        if kinds.any(|kind| self.is_name_of(name, kind) && is_listed(&kind)) {
            return None;
        }
        let is_open = !is_anywhere && groups.iter().any(may_be_custom);
        if !is_open && let Some(meant) = meant(name, is_listed) {
            return Some(match self {
                Self::Kinds => format!("`{name}` is no kind; the kind is `{}`", meant.kind),
                Self::Resources => {
                    format!(
                        "`{name}` is no resource; the resource is `{}`",
                        resource(&meant)?
                    )
                }
            });
        }
        if self == Self::Resources && name.chars().any(char::is_uppercase) {
            return Some(format!(
                "`{name}` is no resource; resources are in lower case"
            ));
        }
        if is_open || is_anywhere {
            return None;
        }
        let mut kinds = schema::builtin().kinds();
        let elsewhere = kinds.find(|kind| self.is_name_of(name, *kind))?;
        let group = match group_of(elsewhere) {
            "" => "the core group, which is the empty text",
            group => group,
        };
        Some(format!(
            "`{name}` is in none of these groups; it is in {group}"
        ))
    }
}

/// The kind that another form of its name means: in the plural, in the singular, in capitals, as kubectl shortens it.
fn meant(name: &str, is_listed: impl Fn(&Kind) -> bool) -> Option<Kind> {
    let short = SHORT_NAMES.iter().find(|(short, _)| *short == name);
    let name = short.map_or(name, |(_, resource)| resource);
    let mut kinds = schema::builtin().kinds();
    kinds.find(|kind| {
        let Some(resource) = resource(kind) else {
            return false;
        };
        let mut forms = [kind.kind, resource].into_iter();
        is_listed(kind) && forms.any(|form| form.eq_ignore_ascii_case(name))
    })
}

/// The name of a resource, without a subresource.
fn resource(kind: &Kind) -> Option<&'static str> {
    kind.resource_name().filter(|name| !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    /// What is told of names, without its beginning.
    fn told(groups: &[&str], names: &[&str], named: Named) -> Vec<String> {
        let found = mistakes(&words(groups), &words(names), named);
        let messages = found
            .into_iter()
            .map(|one| one.message.replace("matches nothing: ", ""));
        messages.collect()
    }

    #[test]
    fn misspelt_names_of_kubernetes_are_told() {
        let kinds = |groups: &[&str], names: &[&str]| told(groups, names, Named::Kinds);
        let resources = |groups: &[&str], names: &[&str]| told(groups, names, Named::Resources);
        assert_eq!(
            kinds(&[""], &["Pods"]),
            ["`Pods` is no kind; the kind is `Pod`"]
        );
        assert_eq!(
            kinds(&[""], &["Pod", "pod"]),
            ["`pod` is no kind; the kind is `Pod`"]
        );
        assert_eq!(
            kinds(&[""], &["Deployment"]),
            ["`Deployment` is in none of these groups; it is in apps"]
        );
        assert_eq!(
            resources(&[""], &["Pod"]),
            ["`Pod` is no resource; the resource is `pods`"]
        );
        assert_eq!(
            resources(&[""], &["pod/exec"]),
            ["`pod` is no resource; the resource is `pods`"]
        );
        assert_eq!(
            resources(&[""], &["cm"]),
            ["`cm` is no resource; the resource is `configmaps`"]
        );
        assert_eq!(
            resources(&["apps"], &["pods", "deployments"]),
            ["`pods` is in none of these groups; it is in the core group, which is the empty text"]
        );
        for groups in [&["v1"][..], &["core"], &["apps/v1"], &["v1", "core"]] {
            assert_eq!(resources(groups, &["pods"]).len(), 1, "{groups:?}");
            assert_eq!(kinds(groups, &["*"]).len(), 1, "{groups:?}");
        }
    }

    #[test]
    fn what_may_be_is_left_alone() {
        for (groups, names, named) in [
            (&[""][..], &["Pod", "*"][..], Named::Kinds),
            (
                &["", "apps", "batch"],
                &["Pod", "Deployment", "CronJob"],
                Named::Kinds,
            ),
            (&["*"], &["widget", "Widgets", "Pod"], Named::Kinds),
            (&["*"], &["widgets", "pods", "pods/exec"], Named::Resources),
            (&["", "shop.example.com"], &["Pods", "Widget"], Named::Kinds),
            (&["extensions"], &["Deployment"], Named::Kinds),
            (&["", "v1"], &["pods"], Named::Resources),
            (
                &[""],
                &["pods/exec", "nodes/proxy", "*/scale", "*/*"],
                Named::Resources,
            ),
            (&["metrics.k8s.io"], &["pods"], Named::Resources),
            (&["policy"], &["podsecuritypolicies"], Named::Resources),
            (
                &["", "events.k8s.io"],
                &["events", "endpoints"],
                Named::Resources,
            ),
            // Nobody knows what else an API server serves.
            (&["apps"], &["widgets"], Named::Resources),
        ] {
            assert_eq!(told(groups, names, named), [""; 0], "{groups:?} {names:?}");
        }
    }

    #[test]
    fn misspelt_names_of_kubernetes_are_told_in_every_group() {
        let kinds = ["ConfigMaps", "configmap", "Pods", "pod"];
        assert_eq!(told(&["*"], &kinds, Named::Kinds).len(), 4);
        let resources = ["configmap", "ConfigMap", "Deployment", "deploy", "pod/exec"];
        assert_eq!(told(&["*"], &resources, Named::Resources).len(), 5);
        // No resource has capitals, whoever defines it.
        for group in ["*", "apps", "shop.example.com"] {
            assert_eq!(
                told(&[group], &["Widgets"], Named::Resources),
                ["`Widgets` is no resource; resources are in lower case"]
            );
        }
    }

    #[test]
    fn versions_that_nothing_is_served_in_are_told() {
        let is_told = |groups: &[&str], versions: &[&str], names: &[&str]| {
            let [groups, versions, names] = [groups, versions, names].map(words);
            version_mistake(&groups, &versions, &names, Named::Resources).is_some()
        };
        for (groups, versions, names) in [
            (&[""][..], &["v1beta1"][..], &["pods"][..]),
            (&["apps"], &["apps/v1"], &["deployments"]),
            (&["*"], &["V1"], &["*"]),
            (&["apps"], &["v2"], &["deployments"]),
            (
                &["apps"],
                &["v1beta1", "v1beta2"],
                &["deployments", "statefulsets/scale"],
            ),
            (&["", "apps"], &["v1beta1"], &["deployments"]),
            (&["batch"], &["v1beta1"], &["cronjobs"]),
        ] {
            assert!(is_told(groups, versions, names), "{groups:?} {versions:?}");
        }
        for (groups, versions, names) in [
            (&[""][..], &["v1beta1", "v1"][..], &["pods"][..]),
            (&[""], &["*"], &["pods"]),
            (&["apps"], &["v1beta1", "v1"], &["deployments"]),
            (&["", "apps"], &["v1beta1"], &["*"]),
            (&["apps"], &["v2"], &["widgets"]),
            (&["shop.example.com"], &["v7"], &["widgets"]),
            (&["*"], &["v7"], &["pods"]),
            // Served up to 1.31, and perhaps one day.
            (
                &["flowcontrol.apiserver.k8s.io"],
                &["v1beta3"],
                &["flowschemas"],
            ),
            (&["apps"], &["v2beta1"], &["deployments"]),
        ] {
            assert!(!is_told(groups, versions, names), "{groups:?} {versions:?}");
        }
    }

    #[test]
    fn what_is_built_in_has_a_scope() {
        let scope = |groups: &[&str], names: &[&str]| {
            are_namespaced(&words(groups), &words(names), Named::Resources)
        };
        assert_eq!(
            scope(&["", "apps"], &["pods/exec", "deployments"]),
            Some(true)
        );
        assert_eq!(scope(&[""], &["namespaces", "nodes"]), Some(false));
        assert_eq!(scope(&[""], &["pods", "nodes"]), None);
        for (groups, names) in [
            (&[""][..], &["*"][..]),
            (&["*"], &["pods"]),
            (&[""], &["widgets"]),
        ] {
            assert_eq!(scope(groups, names), None, "{groups:?}");
        }
    }

    #[test]
    fn every_kind_that_is_built_in_is_one() {
        for kind in schema::builtin().kinds() {
            let group = [group_of(kind).to_owned()];
            assert_eq!(mistakes(&group, &words(&[kind.kind]), Named::Kinds), []);
            if let Some(name) = resource(&kind) {
                assert_eq!(
                    mistakes(&group, &words(&[name]), Named::Resources),
                    [],
                    "{name}"
                );
            }
        }
    }
}
