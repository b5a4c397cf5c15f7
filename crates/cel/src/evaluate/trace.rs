//! Which places of JSON a result rests on.
//!
//! A walk that is traced notes each step that it takes from a list or an object of JSON, to something that is there or
//! not, and lets go of the notes that turn out not to matter: of `&&` and `||` the term that decides counts, of
//! `all` and `exists` the elements that decide, of `filter` those that stay. What was read is told apart by where
//! in memory it lies, as values borrow JSON and are handed on through variables and lists.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Bound,
};

use serde_json::Value as Json;

use super::Outcome;
use crate::{
    program::Program,
    value::{List, Map, Value},
};

/// Notes that a trace keeps; of a result that rests on more nothing is told, rather than a part.
pub(super) const MAX_READS: usize = 10_000;

/// Places that are told; nobody reads more.
const MAX_PLACES: usize = 200;

/// Notes of one evaluation.
#[derive(Default)]
pub(crate) struct Trace<'a> {
    reads: Vec<Read>,
    /// Whether there were too many.
    is_incomplete: bool,
    /// Notes that somebody marked, and counts on.
    marked: usize,
    lazies: Vec<Lazy<'a>>,
}

/// A list or an object of JSON, by its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Container {
    List(usize),
    Object(usize),
}

/// A step from a list or an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    of: Container,
    step: String,
    /// What was found, if that is a list or an object itself.
    found: Option<Container>,
}

/// The value of a lazy variable, and what it rests on.
struct Lazy<'a> {
    program: usize,
    outcome: Outcome<'a>,
    reads: Vec<Read>,
}

impl Container {
    fn of(value: &Value<'_>) -> Option<Self> {
        match value {
            // Nothing tells where an empty list lies.
            Value::List(List::Json([])) => None,
            Value::List(List::Json(elements)) => Some(Self::List(elements.as_ptr().addr())),
            Value::Map(Map::Json(members)) => {
                Some(Self::Object(std::ptr::from_ref(*members).addr()))
            }
            _ => None,
        }
    }
}

impl<'a> Trace<'a> {
    /// How many notes there are; these stay where they are.
    pub(super) fn mark(&mut self) -> usize {
        self.marked = self.reads.len();
        self.marked
    }

    /// Takes away the notes from a mark on.
    pub(super) fn take_from(&mut self, mark: usize) -> Vec<Read> {
        self.marked = self.marked.min(mark);
        self.reads.split_off(mark.min(self.reads.len()))
    }

    /// Forgets the notes between two marks.
    pub(super) fn forget(&mut self, from: usize, to: usize) {
        self.reads.drain(from.min(to)..to.min(self.reads.len()));
        self.marked = self.marked.min(self.reads.len());
    }

    pub(super) fn put(&mut self, reads: Vec<Read>) {
        self.is_incomplete |= self.reads.len() + reads.len() > MAX_READS;
        if !self.is_incomplete {
            self.reads.extend(reads);
        }
    }

    /// Notes a step from a value; what led to that value says no more than this step does.
    pub(super) fn read(&mut self, of: &Value<'_>, step: &str, found: Option<&Value<'_>>) {
        let Some(of) = Container::of(of) else { return };
        if self.reads.len() > self.marked {
            self.reads.pop_if(|last| last.found == Some(of));
        }
        self.put(vec![Read {
            of,
            step: step.to_owned(),
            found: found.and_then(Container::of),
        }]);
    }

    /// The value that a lazy variable had; notes what it rests on.
    pub(super) fn remembered(&mut self, program: &Program) -> Option<Outcome<'a>> {
        let address = std::ptr::from_ref(program).addr();
        let known = self.lazies.iter().find(|lazy| lazy.program == address)?;
        let (outcome, reads) = (known.outcome.clone(), known.reads.clone());
        self.put(reads);
        Some(outcome)
    }

    /// Remembers the value of a lazy variable with the notes since a mark.
    pub(super) fn remember(&mut self, program: &'a Program, outcome: Outcome<'a>, mark: usize) {
        let reads = self.reads.get(mark..).unwrap_or_default().to_vec();
        self.lazies.push(Lazy {
            program: std::ptr::from_ref(program).addr(),
            outcome,
            reads,
        });
    }

    /// Whether a note is about a member of a document, or about what is inside of that; also where there were too many.
    pub(crate) fn rests_on(&self, document: &Json, member: &str) -> bool {
        let mut inside: HashMap<Container, Option<Vec<String>>> = HashMap::new();
        inside.extend(self.reads.iter().map(|read| (read.of, None)));
        let below = document.get(member).unwrap_or(&Json::Null);
        find(below, &mut Vec::new(), &mut inside);
        let document = Container::of(&Value::from_json(document));
        self.is_incomplete
            || self.reads.iter().any(|read| {
                (Some(read.of) == document && read.step == member)
                    || inside.get(&read.of).is_some_and(Option::is_some)
            })
    }

    /// The paths of the notes within a document: those first that say most, each once. What lies elsewhere has none.
    pub(crate) fn paths(&self, document: &Json) -> Vec<Vec<String>> {
        if self.is_incomplete {
            return Vec::new();
        }
        let mut wanted: HashMap<Container, Option<Vec<String>>> = HashMap::new();
        wanted.extend(self.reads.iter().map(|read| (read.of, None)));
        find(document, &mut Vec::new(), &mut wanted);
        let mut known = BTreeSet::new();
        let mut paths: Vec<Vec<String>> = Vec::new();
        for read in &self.reads {
            let Some(Some(of)) = wanted.get(&read.of) else {
                continue;
            };
            let path: Vec<String> = of.iter().chain([&read.step]).cloned().collect();
            if known.insert(path.clone()) {
                paths.push(path);
            }
        }
        // Those that go on from a path follow it in the set.
        let leads_on = |path: &Vec<String>| {
            let next = known.range::<Vec<String>, _>((Bound::Excluded(path), Bound::Unbounded));
            next.take(1).any(|next| next.starts_with(path))
        };
        paths.sort_by_cached_key(leads_on);
        paths.truncate(MAX_PLACES);
        paths
    }
}

/// Looks for lists and objects below a value, and notes the paths to them.
fn find(
    value: &Json,
    path: &mut Vec<String>,
    wanted: &mut HashMap<Container, Option<Vec<String>>>,
) {
    let container = Container::of(&Value::from_json(value));
    if let Some(place) = container.and_then(|container| wanted.get_mut(&container)) {
        *place = Some(path.clone());
    }
    let mut below = |step: String, value: &Json| {
        if value.is_array() || value.is_object() {
            path.push(step);
            find(value, path, wanted);
            path.pop();
        }
    };
    match value {
        Json::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                below(index.to_string(), element);
            }
        }
        Json::Object(members) => {
            for (key, member) in members {
                below(key.clone(), member);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use crate::{Bindings, Budget, Environment, Type};

    /// The places that an expression over this pod rests on, in one line.
    fn places(expression: &str) -> String {
        let object = json!({
            "metadata": {"labels": {"app": "web", "a/b": "c"}},
            "spec": {
                "hostNetwork": true,
                "containers": [
                    {"name": "a", "image": "x/a", "securityContext": {"privileged": false}},
                    {"name": "b", "image": "y/b", "args": ["--fast", "--open"], "securityContext": {"privileged": true}},
                    {"name": "c", "image": "x/c", "securityContext": {"privileged": true}},
                    {"name": "d", "image": "x/d"},
                ],
            },
        });
        let params = json!({"repositories": ["x/"]});
        let mut environment = Environment::kubernetes(37)
            .variable("object", Type::Dyn)
            .variable("params", Type::Dyn);
        for (name, text) in [
            (
                "variables.known",
                "object.spec.containers.filter(c, params.repositories.exists(r, c.image.startsWith(r)))",
            ),
            (
                "variables.bad",
                "variables.known.filter(c, c.?securityContext.?privileged.orValue(false)).map(c, 'bad: ' + c.name)",
            ),
        ] {
            let program = environment.compile(text).unwrap();
            environment = environment.lazy_variable(name, Arc::new(program));
        }
        let program = environment.compile(expression).unwrap();
        let mut bindings = Bindings::new();
        bindings
            .bind_json("object", &object)
            .bind_json("params", &params);
        let mut budget = Budget::new(Budget::PER_CALL);
        // As a judge does: what it remembers must not hide what a value rests on.
        program.evaluate(&bindings, &mut budget).unwrap();
        let places = program.places(&bindings, &object, &mut budget);
        let places: Vec<String> = places.iter().map(|place| place.join("/")).collect();
        places.join(" ")
    }

    #[track_caller]
    fn check(expression: &str, expected: &str) {
        assert_eq!(places(expression), expected, "{expression}");
    }

    #[test]
    fn a_path_is_told_to_its_end_also_where_nothing_stands() {
        check("object.spec.hostNetwork", "spec/hostNetwork");
        check("has(object.spec.hostPID)", "spec/hostPID");
        check(
            "object.?spec.?securityContext.?runAsUser.hasValue()",
            "spec/securityContext",
        );
        check("'team' in object.metadata.labels", "metadata/labels");
        check(
            "object.metadata.labels['a/b'] == 'd'",
            "metadata/labels/a/b",
        );
        check(
            "object.spec.containers[1].args[0] == ''",
            "spec/containers/1/args/0",
        );
        check("size(params.repositories) > 3 || 1 > 2", "");
    }

    #[test]
    fn of_terms_those_count_that_decide() {
        check(
            "object.spec.hostNetwork && has(object.spec.hostPID) && object.spec.x",
            "spec/hostPID",
        );
        check(
            "has(object.spec.hostPID) || !object.spec.hostNetwork",
            "spec/hostPID spec/hostNetwork",
        );
        check(
            "object.spec.hostNetwork || has(object.spec.hostPID)",
            "spec/hostNetwork",
        );
        check(
            "has(object.spec.hostIPC) ? object.spec.hostIPC : !object.spec.hostNetwork",
            "spec/hostIPC spec/hostNetwork",
        );
    }

    #[test]
    fn of_elements_all_count_that_decide() {
        let field = "securityContext/privileged";
        let of_two = format!("spec/containers/1/{field} spec/containers/2/{field}");
        let is_plain = "!has(c.securityContext) || !c.securityContext.privileged";
        let all = format!("object.spec.containers.all(c, {is_plain})");
        // That there is a securityContext is part of it.
        check(
            &all,
            &format!(
                "spec/containers/1/{field} spec/containers/2/{field} spec/containers/1/securityContext spec/containers/2/securityContext"
            ),
        );
        let exists =
            "object.spec.containers.exists(c, c.?securityContext.?privileged.orValue(false))";
        check(exists, &of_two);
        check(&format!("!{exists}"), &of_two);
        check(
            "object.spec.containers[1].args.all(a, a != '--open')",
            "spec/containers/1/args/1",
        );
        check(
            "object.metadata.labels.all(k, k != 'app')",
            "metadata/labels/app",
        );
    }

    #[test]
    fn where_no_element_decides_each_one_counts() {
        check(
            "object.spec.containers.exists(c, c.name == 'z')",
            "spec/containers/0/name spec/containers/1/name spec/containers/2/name spec/containers/3/name spec/containers",
        );
    }

    #[test]
    fn what_is_looked_at_of_a_member_is_told_of_failures_too() {
        let request = json!({"userInfo": {"extra": {}}, "name": "a"});
        let environment = Environment::kubernetes(37).variable("request", Type::Dyn);
        let check = |expression: &str, expected: bool| {
            let program = environment.compile(expression).unwrap();
            let mut bindings = Bindings::new();
            bindings.bind_json("request", &request);
            let mut budget = Budget::new(Budget::PER_CALL);
            let found = program.rests_on(&bindings, &request, "userInfo", &mut budget);
            assert_eq!(found, expected, "{expression}");
        };
        check("'a' in request.userInfo.groups", true);
        check("has(request.userInfo.groups)", true);
        check("has(request.userInfo)", true);
        check("size(request.userInfo.extra) == 0", true);
        check("request.name == 'a'", false);
        // The other term decides.
        check("request.name == 'b' && has(request.userInfo.groups)", false);
        // The first that decides is all that is looked at.
        check("has(request.userInfo.groups) && request.name == 'b'", true);
        check("request.name == 'a' || has(request.userInfo.groups)", false);
        check("request.name == 'a' && has(request.userInfo.groups)", true);
    }

    #[test]
    fn what_rests_on_too_much_tells_nothing_and_takes_no_time() {
        let items = |count: usize| -> serde_json::Value {
            (0..count)
                .map(|number| json!({"number": number, "name": format!("n{number}")}))
                .collect()
        };
        let places = |count: usize, expression: &str| {
            let object = json!({"items": items(count)});
            let environment = Environment::kubernetes(37).variable("object", Type::Dyn);
            let program = environment.compile(expression).unwrap();
            let mut bindings = Bindings::new();
            bindings.bind_json("object", &object);
            let mut budget = Budget::new(Budget::PER_CALL);
            program.places(&bindings, &object, &mut budget)
        };
        let last = "object.items.all(i, i.number < 2999)";
        assert_eq!(places(3_000, last), [["items", "2999", "number"]]);
        let none = "object.items.exists(i, i.name == 'x')";
        assert_eq!(places(150, none).len(), 151);
        assert_eq!(places(3_000, none).len(), super::MAX_PLACES);
        assert_eq!(places(30_000, none), [[""; 0]; 0]);
        assert_eq!(
            places(30_000, "object.items.all(i, i.number < 0)"),
            [[""; 0]; 0]
        );
    }

    #[test]
    fn what_variables_gather_is_traced_through_them() {
        // The container of another repository is privileged and is none of those; the names only make the text.
        check(
            "size(variables.bad) == 0",
            "spec/containers/2/securityContext/privileged spec/containers/2/name",
        );
        check(
            "variables.known.all(c, c.name != 'd') && size(variables.known) > 3",
            "spec/containers/3/name",
        );
    }
}
