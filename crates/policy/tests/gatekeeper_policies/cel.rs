//! Templates in CEL.

use super::*;

/// A template in CEL with lines below `source`.
fn cel(kind: &str, source: &str) -> String {
    format!(
        "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: {}
spec:
  crd: {{spec: {{names: {{kind: {kind}}}, validation: {{openAPIV3Schema: {{type: object, properties: {{max: {{type: integer}}}}}}}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        {}
---
",
        kind.to_lowercase(),
        source.trim().replace('\n', "\n        ")
    )
}

#[test]
fn cel_sees_parameters_and_the_object() {
    let source = "variables:
- name: replicas
  expression: variables.anyObject.spec.replicas
validations:
- expression: variables.replicas <= variables.params.max
  messageExpression: '\"at most \" + string(variables.params.max)'
- expression: object != null
  message: gone
- expression: variables.replicas > 0";
    let gatekeeper = policies(
        &[
            cel("Replicas", source),
            constraint("Replicas", "a", "parameters: {max: 3}"),
        ]
        .concat(),
    );
    assert_eq!(
        gatekeeper.templates().next().map(Template::engine),
        Some(Engine::Cel)
    );
    let deployment = |replicas: i64| json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"replicas": replicas}});
    assert_eq!(
        messages(&review(&gatekeeper, &create(deployment(5)))),
        ["at most 3"]
    );
    assert_eq!(
        messages(&review(&gatekeeper, &create(deployment(0)))),
        ["failed expression: variables.replicas > 0"]
    );
    assert_eq!(review(&gatekeeper, &create(deployment(1))), []);
    let mut request = create(deployment(1));
    request.operation = Some(Operation::Delete);
    request.old_object = request.object.take();
    assert_eq!(messages(&review(&gatekeeper, &request)), ["gone"]);
}

#[test]
fn cel_tells_the_places_that_a_violation_rests_on() {
    let source = "variables:
- name: containers
  expression: variables.anyObject.spec.containers.filter(c, !(c.name in ['known']))
- name: bad
  expression: variables.containers.filter(c, !c.?tty.orValue(false)).map(c, c.name + ' is bad')
validations:
- expression: size(variables.bad) == 0
  messageExpression: variables.bad.join(', ')";
    let gatekeeper = policies(&[cel("Tty", source), constraint("Tty", "a", "match: {}")].concat());
    let mut object = pod(json!({}));
    object["spec"]["containers"] =
        json!([{"name": "known"}, {"name": "a", "tty": true}, {"name": "b"}]);
    let inventory = Inventory::default();
    let mut surroundings = Surroundings::new(&inventory);
    let mut review = |tells_paths| {
        surroundings.tells_paths = tells_paths;
        gatekeeper.review(&create(object.clone()), &surroundings)
    };
    assert_eq!(review(false)[0].paths, [""; 0]);
    let violations = review(true);
    assert_eq!(messages(&violations), ["b is bad"]);
    assert_eq!(violations[0].paths[0], "/spec/containers/2/tty");
    assert_eq!(
        violations[0].paths[1..],
        ["/spec/containers/2/name"],
        "none of those that pass"
    );
}

#[test]
fn cel_that_fails_forbids_unless_it_is_told_to_ignore() {
    let source = "validations:\n- expression: object.spec.missing == 1";
    let closed = policies(
        &[
            cel("Closed", source),
            constraint("Closed", "a", "match: {}"),
        ]
        .concat(),
    );
    let violations = review(&closed, &create(pod(json!({}))));
    assert!(
        violations.len() == 1 && violations[0].is_error,
        "{violations:?}"
    );
    let open = format!("failurePolicy: Ignore\n{source}");
    let open = policies(&[cel("Open", &open), constraint("Open", "a", "match: {}")].concat());
    assert_eq!(review(&open, &create(pod(json!({})))), []);
    let condition = "matchCondition:\n- {name: a, expression: 'object.metadata.name != \"web\"'}\nvalidations:\n- expression: 'false'";
    let skipped = policies(
        &[
            cel("Skipped", condition),
            constraint("Skipped", "a", "match: {}"),
        ]
        .concat(),
    );
    assert_eq!(review(&skipped, &create(pod(json!({})))), []);
}

#[test]
fn cel_about_what_nobody_knows_is_told_whatever_the_failure_policy_is() {
    let of_nobody = |condition: &str, validation: &str| {
        let source = format!(
            "failurePolicy: Ignore\nmatchCondition:\n- name: who\n  expression: \"{condition}\"\nvalidations:\n- expression: \"{validation}\""
        );
        let text = [cel("Who", &source), constraint("Who", "a", "match: {}")].concat();
        let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "d", "namespace": "shop"}});
        let violations = review(&policies(&text), &create(deployment));
        let errors = violations.iter().map(|one| one.is_error);
        errors.collect::<Vec<_>>()
    };
    let by_user = "!('system:nodes' in request.userInfo.groups)";
    assert_eq!(of_nobody(by_user, "object.metadata.name != 'd'"), [true]);
    assert_eq!(
        of_nobody(by_user, "object.metadata.name == 'd'"),
        [false; 0]
    );
    assert_eq!(of_nobody("true", by_user), [true]);
    let by_namespace = "namespaceObject.metadata.labels.env == 'prod'";
    assert_eq!(of_nobody("true", by_namespace), [true]);
    // What is true whatever the namespace is does not rest on it.
    let either = "object.metadata.name == 'd' || namespaceObject.metadata.name == 'a'";
    assert_eq!(of_nobody("true", either), [false; 0]);
    // A failure of its own is ignored.
    assert_eq!(of_nobody("true", "object.spec.replicas < 5"), [false; 0]);
}

#[test]
fn cel_that_means_nothing_is_refused() {
    for (source, words) in [
        ("validations:\n- expression: object.spec.", "Syntax"),
        ("validations:\n- expression: '1 + 1'", "must give bool"),
        (
            "validations:\n- expression: params.spec",
            "undeclared reference",
        ),
        (
            "validations:\n- {expression: 'true', messageExpression: '1'}",
            "must give string",
        ),
        (
            "variables:\n- {name: params, expression: '1'}\nvalidations:\n- expression: 'true'",
            "reserved",
        ),
        (
            "variables:\n- {name: gatekeeper_internal_a, expression: '1'}\nvalidations:\n- expression: 'true'",
            "reserved",
        ),
        (
            "failurePolicy: Maybe\nvalidations:\n- expression: 'true'",
            "Fail or Ignore",
        ),
        ("validation:\n- expression: 'true'", "no validations"),
    ] {
        let (gatekeeper, problems) = load(&cel("Wrong", source));
        assert_eq!(gatekeeper.templates().len(), 0, "{source}");
        let told = told(&problems);
        assert!(
            told.iter()
                .any(|(line, message)| *line > 0 && message.contains(words)),
            "{source}: {told:?}"
        );
    }
}
