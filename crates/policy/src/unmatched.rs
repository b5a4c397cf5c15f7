//! Names in what a policy is about that no object can have: misspelt groups, kinds and resources of Kubernetes itself.
//!
//! Only what is surely wrong is told. Whatever a custom kind may be called is left alone.

use std::{collections::BTreeSet, sync::LazyLock};

use ringwall_input::schema::{self, Kind};

/// What is served no more in a group that once held a bit of everything.
const REMOVED: &str = "extensions";

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

/// What is wrong with groups and the kinds or resources in them: the place of a name among those in question, and
/// what to say; groups are told first, and alone where none of them is one.
pub(crate) fn mistakes(groups: &[String], names: &[String], named: Named) -> Vec<Mistake> {
    let is_all = |names: &[String]| names.is_empty() || names.iter().any(|name| name == "*");
    if is_all(groups) {
        return Vec::new();
    }
    if groups.iter().all(|group| is_no_group(group)) {
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
    let may_be_custom =
        |group: &String| group == REMOVED || !(GROUPS.contains(&**group) || is_no_group(group));
    if is_all(names) || groups.iter().any(may_be_custom) {
        return Vec::new();
    }
    let is_listed = |kind: &Kind| groups.iter().any(|group| group == group_of(*kind));
    let found = names.iter().enumerate().filter_map(|(at, name)| {
        let message = named.mistake(name, &is_listed)?;
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

/// Whether versions of a rule about the core group are none that it has; it has never had another than `v1`.
pub(crate) fn has_no_version(groups: &[String], versions: &[String]) -> bool {
    let is_core = !groups.is_empty() && groups.iter().all(String::is_empty);
    let is_known = |version: &String| version == "*" || version == "v1";
    is_core && !versions.is_empty() && !versions.iter().any(is_known)
}

/// Whether a word is no group of any API server: the groups of custom kinds have a dot.
fn is_no_group(word: &str) -> bool {
    !word.contains('.') && word != REMOVED && !GROUPS.contains(word) || word.contains('/')
}

impl Named {
    fn mistake(self, name: &str, is_listed: &dyn Fn(&Kind) -> bool) -> Option<String> {
        let name = name.split('/').next().unwrap_or(name);
        if name == "*" {
            return None;
        }
        let own = |kind: &Kind| match self {
            Self::Kinds => kind.kind == name,
            Self::Resources => resource(kind) == Some(name),
        };
        if schema::builtin()
            .kinds()
            .any(|kind| own(&kind) && is_listed(&kind))
        {
            return None;
        }
        // Another form of a name that is known there: in the plural, in the singular, in capitals.
        let is_form = |kind: &Kind| {
            let mut forms = [Some(kind.kind), resource(kind)].into_iter().flatten();
            forms.any(|form| form.eq_ignore_ascii_case(name))
        };
        let mut kinds = schema::builtin().kinds();
        let meant = kinds.find(|kind| is_listed(kind) && is_form(kind));
        if let Some(meant) = meant {
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
        let elsewhere = schema::builtin().kinds().find(own)?;
        let group = match group_of(elsewhere) {
            "" => "the core group, which is the empty text",
            group => group,
        };
        Some(format!(
            "`{name}` is in none of these groups; it is in {group}"
        ))
    }
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
            (&["*"], &["Pods", "widget"], Named::Kinds),
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
    fn the_core_group_has_one_version() {
        let check =
            |groups: &[&str], versions: &[&str]| has_no_version(&words(groups), &words(versions));
        assert!(check(&[""], &["v1beta1"]));
        assert!(!check(&[""], &["v1beta1", "v1"]));
        assert!(!check(&[""], &["*"]));
        assert!(!check(&["", "apps"], &["v1beta1"]));
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
