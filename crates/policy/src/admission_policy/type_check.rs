//! Fields that expressions name and no object of a policy's kinds has, and calls that take no value of their types.
//!
//! To an expression an object is a map, in which a misspelt field is one that is missing: `has()` of it is false for
//! ever, and so is `object.spec.replicas == '3'`. So what a policy says is checked once more as if its objects had
//! types, for each built-in kind that it is about. What one of them lacks and another has is right:
//! `has(object.spec.template)` asks which of them it is.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use ringwall_cel::{Environment, Schema, Span, Type, admission::typed, escape};
use ringwall_input::schema::{self, Kind, Shape, TypeRef};

use super::{
    expression::Variables,
    spec::{MatchResources, NamedExpression, NamedRule},
};

/// An expression of a policy.
pub(super) struct Asked<'s> {
    /// A JSON pointer to it.
    pub(super) pointer: String,
    pub(super) text: &'s str,
    pub(super) environment: &'s Environment,
}

/// What is wrong with an expression for every object, and a JSON pointer to it.
pub(super) struct Mistake {
    pub(super) pointer: String,
    pub(super) message: String,
}

/// What is wrong with expressions; nothing where the policy is about objects that are not all known.
pub(super) fn mistakes(
    constraints: &MatchResources,
    variables: &[NamedExpression],
    environment: &Environment,
    asked: &[Asked<'_>],
) -> Vec<Mistake> {
    let kinds = kinds(&constraints.resource_rules);
    let mut seen = BTreeMap::new();
    for (kind, of) in &kinds {
        check(kind, *of, variables, environment, asked, &mut seen);
    }
    let told = seen.into_iter().filter_map(|((expression, _), seen)| {
        let message = seen.mistake.filter(|_| !seen.is_right)?;
        let pointer = match expression {
            Expression::Variable(index) => format!("/spec/variables/{index}/expression"),
            Expression::Asked(index) => asked.get(index)?.pointer.clone(),
        };
        Some(Mistake { pointer, message })
    });
    let mut mistakes: Vec<Mistake> = Vec::new();
    for one in told {
        let is_told =
            |known: &Mistake| (&known.pointer, &known.message) == (&one.pointer, &one.message);
        if !mistakes.iter().any(is_told) {
            mistakes.push(one);
        }
    }
    mistakes
}

/// Kinds that are checked at most.
const MAX_KINDS: usize = 50;

/// The kinds that rules are about; none where they may be about others besides.
fn kinds(rules: &[NamedRule]) -> Vec<(Kind, TypeRef)> {
    let mut found: Vec<(Kind, TypeRef)> = Vec::new();
    for rule in rules {
        let is_any = |words: &[String]| words.iter().any(|word| word.contains('*'));
        if is_any(&rule.api_groups) || is_any(&rule.resources) {
            return Vec::new();
        }
        for resource in &rule.resources {
            // What is sent to these is the object itself.
            let resource = resource
                .strip_suffix("/ephemeralcontainers")
                .unwrap_or(resource);
            let resource = resource.strip_suffix("/status").unwrap_or(resource);
            let covered = schema::builtin().kinds().filter(|kind| {
                let (group, version) =
                    (kind.api_version.split_once('/')).unwrap_or(("", kind.api_version));
                let is_named = |words: &[String], word: &str| words.iter().any(|it| it == word);
                kind.resource_name() == Some(resource)
                    && is_named(&rule.api_groups, group)
                    && (is_any(&rule.api_versions) || is_named(&rule.api_versions, version))
            });
            let covered: Option<Vec<_>> =
                covered.map(|kind| Some((kind, kind.type_ref()?))).collect();
            match covered {
                Some(covered) if !covered.is_empty() => found.extend(covered),
                _ => return Vec::new(),
            }
        }
    }
    if found.len() > MAX_KINDS {
        return Vec::new();
    }
    found
}

/// Checks all expressions as if the object were of a kind.
fn check(
    kind: &Kind,
    of: TypeRef,
    variables: &[NamedExpression],
    environment: &Environment,
    asked: &[Asked<'_>],
    seen: &mut BTreeMap<(Expression, Place), Seen>,
) {
    let fields = Arc::new(Fields::default());
    let object = fields.type_of(Shape::Object(of));
    let schema: Arc<dyn Schema> = Arc::<Fields>::clone(&fields);
    let typed =
        |environment: &Environment| typed(environment.clone(), &object, Arc::clone(&schema));
    let mut keep = |expression: Expression| {
        for (place, mistake) in fields.take() {
            let seen = seen.entry((expression, place)).or_default();
            match mistake {
                None => seen.is_right = true,
                Some(mistake) if seen.mistake.is_none() => {
                    let is_vowel = kind.kind.starts_with(['A', 'E', 'I', 'O']);
                    let article = if is_vowel { "an" } else { "a" };
                    seen.mistake = Some(format!("{mistake}, as {article} {} has it", kind.kind));
                }
                Some(_) => {}
            }
        }
    };
    let variables = Variables::typed(typed(environment), variables, |index| {
        keep(Expression::Variable(index));
    });
    for (index, asked) in asked.iter().enumerate() {
        // Only fields and calls count: what else is wrong in types may be right in what they stand for.
        let _ = variables
            .within(typed(asked.environment))
            .compile(asked.text);
        keep(Expression::Asked(index));
    }
}

/// Where something stands in an expression: the bytes at which it starts and ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Field(u32, u32),
    Call(u32, u32),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expression {
    Variable(usize),
    Asked(usize),
}

/// What became of a field or a call at one place of an expression.
#[derive(Default)]
struct Seen {
    /// Whether it is right for some kind.
    is_right: bool,
    /// What is wrong with it for the first kind for which it is not.
    mistake: Option<String>,
}

/// Types by the names that they have in expressions, and what was asked of them.
#[derive(Default)]
struct Fields {
    types: Mutex<BTreeMap<String, TypeRef>>,
    /// What was asked, and what is wrong with it.
    asked: Mutex<Vec<(Place, Option<String>)>>,
}

/// An ephemeral container is a container with a field more, and policies join the lists of both.
const ALIKE: [(&str, &str); 1] = [("EphemeralContainer", "Container")];

impl Fields {
    /// What is known of a shape as a type: what its values are when an expression is evaluated. The API server's own
    /// check takes times and bytes for what they stand for, and then gives policies the texts.
    fn type_of(&self, shape: Shape) -> Type {
        match shape {
            Shape::Object(of) => {
                let name = format!("{}.{}", of.package(), of.name());
                let alike = ALIKE.iter().find(|(special, _)| of.name() == *special);
                let shown = match alike {
                    Some((_, plain)) => format!("{}.{plain}", of.package()),
                    None => name.clone(),
                };
                let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
                types.insert(name, of);
                Type::object(&shown)
            }
            Shape::List(item) => Type::list(self.type_of(item.shape())),
            Shape::Map(item) => Type::map(Type::String, self.type_of(item.shape())),
            Shape::Bool => Type::Bool,
            Shape::Int32 | Shape::Int64 => Type::Int,
            Shape::String | Shape::Enum(_) => Type::String,
            // A text or a number, or one that the API server and policies take for different things.
            Shape::Float
            | Shape::Bytes
            | Shape::Time
            | Shape::Quantity
            | Shape::IntOrString
            | Shape::ObjectOrOther(_)
            | Shape::Any => Type::Dyn,
        }
    }

    /// The types that go by a name.
    fn named(&self, object: &str) -> Vec<TypeRef> {
        let types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        let special = ALIKE.iter().filter_map(|(special, plain)| {
            let package = object.strip_suffix(plain)?;
            types.get(&format!("{package}{special}"))
        });
        types
            .get(object)
            .into_iter()
            .chain(special)
            .copied()
            .collect()
    }

    fn keep(&self, place: Place, mistake: Option<String>) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push((place, mistake));
    }

    /// What was asked since this was last called.
    fn take(&self) -> Vec<(Place, Option<String>)> {
        std::mem::take(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Schema for Fields {
    fn has_type(&self, object: &str) -> bool {
        !self.named(object).is_empty()
    }

    fn field(&self, object: &str, field: &str) -> Option<Type> {
        // Both ways of writing a name that is a word of the language are in use.
        let plain = escape::unescape(field);
        let found = self
            .named(object)
            .into_iter()
            .find_map(|of| of.field(field).or_else(|| of.field(plain.as_deref()?)));
        found.map(|found| self.type_of(found.shape))
    }

    fn field_at(&self, object: &str, field: &str, place: Span) -> Option<Type> {
        let types = self.named(object);
        let first = types.first()?;
        let found = self.field(object, field);
        let unknown = found.is_none().then(|| {
            let meant = schema::suggest(field, first.field_names());
            let meant = meant
                .map(|meant| format!(", perhaps '{meant}' is meant"))
                .unwrap_or_default();
            format!("'{field}' is no field of {}{meant}", first.name())
        });
        self.keep(Place::Field(place.start, place.end), unknown);
        // One mistake is told once: nothing is known of what is below.
        Some(found.unwrap_or(Type::Error))
    }

    fn called_at(&self, place: Span, mistake: Option<&str>) {
        self.keep(
            Place::Call(place.start, place.end),
            mistake.map(str::to_owned),
        );
    }

    fn is_map(&self, object: &str) -> bool {
        self.has_type(object)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::Source;

    use super::super::AdmissionPolicies;
    use crate::manifest::Manifest;

    /// What is told of a policy over resources, and the lines that it is told of.
    fn told(resources: &str, expressions: &str) -> Vec<(String, u32)> {
        let text = format!(
            "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: p}}
spec:
  matchConstraints:
    resourceRules:
    - {{apiGroups: ['', apps, example.com], apiVersions: ['*'], operations: ['*'], resources: [{resources}]}}
{expressions}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: b}}
spec: {{policyName: p, validationActions: [Deny]}}
"
        );
        let (manifests, _) = Manifest::read(&Arc::new(Source::new("p.yaml", text)));
        let (_, problems) = AdmissionPolicies::load(&manifests);
        let problems = problems.into_iter().map(|problem| {
            assert!(problem.is_warning, "{problem}");
            (problem.message, problem.location.unwrap().start.line)
        });
        problems.collect()
    }

    fn of_expression(resources: &str, expression: &str) -> Vec<String> {
        let expressions = format!("  validations:\n  - expression: >-\n      {expression}");
        let told = told(resources, &expressions);
        told.into_iter().map(|(message, _)| message).collect()
    }

    #[test]
    fn fields_that_no_object_has_are_told() {
        let check = |expression: &str, expected: &str| {
            assert_eq!(
                of_expression("pods", expression),
                [expected],
                "{expression}"
            );
        };
        let network =
            "'hostNetwrok' is no field of PodSpec, perhaps 'hostNetwork' is meant, as a Pod has it";
        check(
            "!has(object.spec.hostNetwrok) || !object.spec.hostNetwrok",
            network,
        );
        check("object.spec.?hostNetwrok.orValue(false) == false", network);
        check(
            "request.operation == 'DELETE' || !has(oldObject.spec.hostNetwrok)",
            network,
        );
        let privileged = "'priviledged' is no field of SecurityContext, perhaps 'privileged' is meant, as a Pod has it";
        for expression in [
            "object.spec.containers.all(c, !has(c.securityContext.priviledged))",
            "(object.spec.containers + object.spec.ephemeralContainers).all(c, !has(c.securityContext.priviledged))",
            "object.spec.containers.filter(c, has(c.securityContext)).map(c, c.securityContext).all(s, !s.?priviledged.orValue(false))",
            "[object.spec.containers, object.spec.?initContainers.orValue([])].all(l, l.all(c, !c.?securityContext.?priviledged.orValue(false)))",
        ] {
            check(expression, privileged);
        }
        check(
            "object.metadata.label.a == 'b'",
            "'label' is no field of ObjectMeta, perhaps 'labels' is meant, as a Pod has it",
        );
    }

    #[test]
    fn calls_that_take_no_such_value_are_told() {
        let check = |resources: &str, expression: &str, expected: &str| {
            let told = of_expression(resources, expression);
            let expected =
                format!("found no matching overload for {expected}, as a Deployment has it");
            assert_eq!(told, [expected], "{expression}");
        };
        check(
            "deployments",
            "object.spec.replicas == '3'",
            "'_==_' applied to '(int, string)'",
        );
        check(
            "deployments",
            "!has(object.spec.paused) || object.spec.paused != 'true'",
            "'_!=_' applied to '(bool, string)'",
        );
        check(
            "deployments",
            "object.spec.template.spec.containers.all(c, c.name in [1, 2])",
            "'@in' applied to '(string, list(int))'",
        );
        check(
            "deployments",
            "!('privileged' in object.spec.template.spec.containers)",
            "'@in' applied to '(string, list(core/v1.Container))'",
        );
        check(
            "deployments",
            "object.spec.replicas > '3'",
            "'_>_' applied to '(int, string)'",
        );
        check(
            "deployments",
            "object.spec.replicas.startsWith('3')",
            "'startsWith' applied to 'int.(string)'",
        );
        check(
            "deployments",
            "object.spec.template.spec != 'x'",
            "'_!=_' applied to '(core/v1.PodSpec, string)'",
        );
        // A Pod has no such field, and says nothing of it.
        check(
            "pods, deployments",
            "object.kind != 'Deployment' || object.spec.replicas == '3'",
            "'_==_' applied to '(int, string)'",
        );
    }

    #[test]
    fn calls_that_take_what_values_are_when_they_are_there_are_not_told() {
        for expression in [
            "object.spec.replicas == 3.0 || object.spec.replicas > 2.5 || object.spec.replicas in [1.0, 2.0]",
            "object.spec.strategy == {'type': 'Recreate'} || size(object.spec.strategy) == 1",
            "'paused' in object.spec && object.spec['paused'] == true",
            "object != null && object.spec.replicas != null && oldObject == null",
            "(has(object.spec.replicas) ? object.spec.replicas : 'none') == 'none'",
            "[object.spec.replicas, object.metadata.name].exists(it, it == 'x')",
            "{'a': object.spec.replicas, 'b': object.metadata.name}.a == 'x'",
            "object.spec.?replicas.orValue(null) == null",
            "object.metadata.creationTimestamp == '2026-01-01T00:00:00Z'",
            "timestamp(object.metadata.creationTimestamp) < timestamp('2026-01-01T00:00:00Z')",
            "object.spec.strategy.rollingUpdate.maxSurge == '25%' || object.spec.strategy.rollingUpdate.maxSurge == 1",
            "object.spec.template.spec.containers.all(c, c.resources.limits['cpu'] == '1' || quantity(c.resources.limits.cpu).isLessThan(quantity('1')))",
            "object.spec.template.spec.containers == [{'name': 'a'}]",
            "[{'name': 'a'}] + object.spec.template.spec.containers != []",
            "object.spec.template.spec.containers.map(c, c.ports.map(p, p.containerPort)).all(l, 80 in l)",
            "object.metadata.labels == {} || object.metadata.?labels.orValue({}).size() > 0",
            "dyn(object.spec.replicas) == '3' && string(object.spec.replicas) == '3'",
        ] {
            let none: [&str; 0] = [];
            assert_eq!(
                of_expression("deployments", expression),
                none,
                "{expression}"
            );
        }
        // What is wrong for one kind is right for another.
        let none: [&str; 0] = [];
        let either = of_expression(
            "services, deployments",
            "object.spec.selector == {'a': 'b'}",
        );
        assert_eq!(either, none);
    }

    #[test]
    fn what_may_be_missing_is_followed() {
        let expressions = "  variables:
  - name: spec
    expression: 'has(object.spec) ? object.spec : null'
  validations:
  - expression: variables.spec.hostNetwrok
";
        assert_eq!(told("pods", expressions).len(), 1);
    }

    #[test]
    fn variables_are_followed() {
        let expressions = "  variables:
  - name: spec
    expression: object.spec
  - name: all
    expression: variables.spec.containers + variables.spec.?initContainer.orValue([])
  validations:
  - expression: variables.spec.containers.all(c, c.img != '')
    messageExpression: object.metadata.nam
";
        let told = told("pods", expressions);
        let places = told
            .iter()
            .map(|(message, line)| (message.split(' ').next().unwrap(), *line));
        let places: Vec<_> = places.collect();
        assert_eq!(
            places,
            [("'initContainer'", 12), ("'img'", 14), ("'nam'", 15)]
        );
    }

    #[test]
    fn what_some_object_has_is_not_told() {
        let check = |resources: &str, expression: &str| {
            let none: [&str; 0] = [];
            assert_eq!(of_expression(resources, expression), none, "{expression}");
        };
        check(
            "pods, deployments",
            "has(object.spec.template) ? object.spec.template.spec.hostNetwork : object.spec.hostNetwork",
        );
        check(
            "pods, deployments",
            "(object.kind == 'Pod' ? object.spec : object.spec.template.spec).hostNetwork",
        );
        check(
            "pods",
            "object.metadata.namespace != '' && object.metadata.?labels['a'].orValue('') == object.metadata.labels.b",
        );
        check(
            "pods",
            "object.spec.containers.exists(c, c.resources.limits.memory == '1Gi' || c.livenessProbe.httpGet.port == 80)",
        );
        check(
            "pods",
            "object.spec.ephemeralContainers.all(c, !has(c.targetContainerName))",
        );
        check(
            "pods",
            "'a' in object.metadata.annotations && object['spec']['nope'] == 1",
        );
        check(
            "configmaps",
            "object.data.nope == 'x' && object.binaryData.nope == ''",
        );
        check(
            "secrets",
            "object.data.nope == 'x' && object.stringData.nope == ''",
        );
        // Nobody knows what these have.
        check("widgets", "object.spec.nope == 1");
        check("'*'", "object.spec.nope == 1");
        check("pods, widgets", "object.spec.nope == 1");
        check("pods/exec", "object.container == 'a'");
    }

    #[test]
    fn a_typo_is_told_where_a_policy_is_about_several_kinds() {
        let told = of_expression(
            "pods, deployments",
            "(object.kind == 'Pod' ? object.spec : object.spec.template.spec).hostNetwrok",
        );
        assert_eq!(told.len(), 1, "{told:?}");
        let told = of_expression(
            "pods, deployments",
            "has(object.spec.template) ? object.spec.template.spec.hostNetwrok : false",
        );
        assert_eq!(told.len(), 1, "{told:?}");
    }
}
