//! What is forbidden, and what follows.

use std::time::Duration;

use super::*;

#[test]
fn a_constraint_says_what_it_forbids() {
    let gatekeeper = policies(
        &[
            template("NeedLabels", LABELS),
            constraint("NeedLabels", "team", "parameters: {labels: [team, app]}"),
        ]
        .concat(),
    );
    let violations = review(&gatekeeper, &create(pod(json!({"app": "web"}))));
    assert_eq!(messages(&violations), ["label team is missing"]);
    assert_eq!(violations[0].policy, "NeedLabels/team");
    assert_eq!(violations[0].action, Action::Deny);
    assert_eq!(violations[0].details, json!({"missing": "team"}));
    assert!(!violations[0].is_error);
    assert_eq!(
        review(&gatekeeper, &create(pod(json!({"app": "a", "team": "b"})))),
        []
    );
}

#[test]
fn a_violation_tells_the_places_it_rests_on() {
    let rego = r#"
violation[{"msg": "privileged"}] {
  container := input.review.object.spec.containers[_]
  container.securityContext["a/b"] == true
}"#;
    let gatekeeper = policies(
        &[
            template("Privileged", rego),
            constraint("Privileged", "a", "match: {}"),
        ]
        .concat(),
    );
    let mut object = pod(json!({}));
    object["spec"]["containers"] =
        json!([{"name": "a"}, {"name": "b", "securityContext": {"a/b": true}}]);
    let inventory = Inventory::default();
    let mut surroundings = Surroundings::new(&inventory);
    assert_eq!(
        gatekeeper.review(&create(object.clone()), &surroundings)[0].paths,
        [""; 0]
    );
    surroundings.tells_paths = true;
    let violations = gatekeeper.review(&create(object), &surroundings);
    assert_eq!(
        violations[0].paths,
        ["/spec/containers/1/securityContext/a~1b"]
    );
}

#[test]
fn actions_are_by_point() {
    let scoped = "enforcementAction: scoped
scopedEnforcementActions:
- {action: warn, enforcementPoints: [{name: '*'}]}
- {action: deny, enforcementPoints: [{name: validation.gatekeeper.sh}]}
parameters: {labels: [team]}";
    let gatekeeper = policies(
        &[
            template("NeedLabels", LABELS),
            constraint(
                "NeedLabels",
                "dry",
                "enforcementAction: dryrun\nparameters: {labels: [team]}",
            ),
            constraint("NeedLabels", "scoped", scoped),
        ]
        .concat(),
    );
    let inventory = Inventory::default();
    let actions = |point| {
        let surroundings = Surroundings::new(&inventory).at(point);
        let violations = gatekeeper.review(&create(pod(json!({}))), &surroundings);
        violations
            .iter()
            .map(|violation| violation.action)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        actions(EnforcementPoint::Webhook),
        [Action::Audit, Action::Warn, Action::Deny]
    );
    assert_eq!(
        actions(EnforcementPoint::Audit),
        [Action::Audit, Action::Warn]
    );
}

#[test]
fn a_run_time_error_is_told_for_each_constraint() {
    let conflict =
        "violation[{\"msg\": x}] { x := f(1) }\nf(x) = \"a\" { x == 1 }\nf(x) = \"b\" { x == 1 }";
    let gatekeeper = policies(
        &[
            template("Conflict", conflict),
            template("NeedLabels", LABELS),
            constraint("Conflict", "a", "enforcementAction: warn"),
            constraint("Conflict", "b", "match: {}"),
            constraint("NeedLabels", "team", "parameters: {labels: [team]}"),
        ]
        .concat(),
    );
    let violations = review(&gatekeeper, &create(pod(json!({}))));
    let told: Vec<_> = violations
        .iter()
        .map(|one| (one.policy.as_str(), one.action, one.is_error))
        .collect();
    assert_eq!(
        told,
        [
            ("Conflict/a", Action::Warn, true),
            ("Conflict/b", Action::Deny, true),
            ("NeedLabels/team", Action::Deny, false),
        ]
    );
    assert!(
        violations[0].message.contains("eval_conflict_error"),
        "{}",
        violations[0].message
    );
}

#[test]
fn a_violation_without_a_message_is_an_error() {
    for rego in [
        "violation[{\"message\": \"a\"}] { true }",
        "violation[\"a\"] { true }",
        "violation[{\"msg\": 1}] { true }",
    ] {
        let gatekeeper =
            policies(&[template("Odd", rego), constraint("Odd", "a", "match: {}")].concat());
        let violations = review(&gatekeeper, &create(pod(json!({}))));
        assert!(
            violations.len() == 1 && violations[0].is_error,
            "{rego}: {violations:?}"
        );
    }
}

/// No time is left.
struct Over;

impl Deadline for Over {
    fn left(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

/// No time is left from a number of questions on.
struct OverAt(AtomicUsize);

impl Deadline for OverAt {
    fn left(&self) -> Option<Duration> {
        None
    }

    fn is_over(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed);
        self.0.store(left.saturating_sub(1), Ordering::Relaxed);
        left <= 1
    }
}

#[test]
fn an_endless_policy_is_stopped_and_named() {
    let rego = "violation[{\"msg\": \"m\"}] { count({[a, b, c] | a := numbers.range(1, 1000)[_]; b := numbers.range(1, 1000)[_]; c := numbers.range(1, 1000)[_]}) == 0 }";
    let text = [
        template("Endless", rego),
        constraint("Endless", "a", "match: {}"),
    ]
    .concat();
    let mut settings = Settings::default();
    settings.rego_limits.steps = 100_000;
    let (gatekeeper, problems) = load_with(
        &text,
        &Options {
            settings,
            ..Options::default()
        },
    );
    assert_eq!(problems, []);
    let violations = review(&gatekeeper, &create(pod(json!({}))));
    assert_eq!(violations.len(), 1);
    assert!(violations[0].is_error && violations[0].policy == "Endless/a");

    let inventory = Inventory::default();
    let surroundings = Surroundings {
        deadline: &Over,
        ..Surroundings::new(&inventory)
    };
    let late = policies(&text).review(&create(pod(json!({}))), &surroundings);
    assert!(late.len() == 1 && late[0].is_error, "{late:?}");

    // Two questions stand before the evaluation and at its beginning; the third is asked while it runs.
    let deadline = OverAt(AtomicUsize::new(3));
    let surroundings = Surroundings {
        deadline: &deadline,
        ..Surroundings::new(&inventory)
    };
    let stopped = policies(&text).review(&create(pod(json!({}))), &surroundings);
    assert!(stopped.len() == 1 && stopped[0].is_error, "{stopped:?}");
    assert!(
        stopped[0].message.starts_with(LATE) && stopped[0].message.contains("violation"),
        "{stopped:?}"
    );
}

#[test]
fn a_deletion_is_about_the_object_that_goes() {
    let rego = r#"violation[{"msg": msg}] { msg := sprintf("%v %v", [input.review.operation, input.review.object.metadata.name]) }"#;
    let gatekeeper = policies(
        &[
            template("Gone", rego),
            constraint(
                "Gone",
                "a",
                "match: {kinds: [{apiGroups: [''], kinds: [Pod]}]}",
            ),
        ]
        .concat(),
    );
    let mut request = create(pod(json!({})));
    request.operation = Some(Operation::Delete);
    request.old_object = request.object.take();
    assert_eq!(messages(&review(&gatekeeper, &request)), ["DELETE web"]);
    request.old_object = None;
    let violations = review(&gatekeeper, &request);
    assert!(
        violations.len() == 1 && violations[0].is_error,
        "{violations:?}"
    );
}

#[test]
fn templates_of_some_operations_count_in_the_webhook_only() {
    let text = [
        template("NeedLabels", LABELS).replacen(
            "    rego: |",
            "    operations: [UPDATE]\n    rego: |",
            1,
        ),
        constraint("NeedLabels", "a", "parameters: {labels: [team]}"),
    ]
    .concat();
    let gatekeeper = policies(&text);
    assert_eq!(review(&gatekeeper, &create(pod(json!({})))), []);
    let inventory = Inventory::default();
    // The audit and gator judge all objects, so that a look ahead to every point does as well.
    for point in [
        EnforcementPoint::Audit,
        EnforcementPoint::Gator,
        EnforcementPoint::Any,
    ] {
        let at = Surroundings::new(&inventory).at(point);
        let violations = gatekeeper.review(&create(pod(json!({}))), &at);
        assert_eq!(violations.len(), 1, "{point:?}");
    }
}

#[test]
fn where_only_the_webhook_enforces_a_template_of_other_operations_judges_nothing() {
    let scoped = |points: &str| {
        let template = template("NeedLabels", LABELS).replacen(
            "    rego: |",
            "    operations: [UPDATE]\n    rego: |",
            1,
        );
        let constraint = constraint(
            "NeedLabels",
            "a",
            &format!(
                "enforcementAction: scoped\nscopedEnforcementActions: [{points}]\nparameters: {{labels: [team]}}"
            ),
        );
        let gatekeeper = policies(&(template + &constraint));
        let inventory = Inventory::default();
        let anywhere = Surroundings::new(&inventory).at(EnforcementPoint::Any);
        let violations = gatekeeper.review(&create(pod(json!({}))), &anywhere);
        let actions = violations.iter().map(|violation| violation.action);
        actions.collect::<Vec<_>>()
    };
    let webhook = "{action: deny, enforcementPoints: [{name: validation.gatekeeper.sh}]}";
    let audit = "{action: dryrun, enforcementPoints: [{name: audit.gatekeeper.sh}]}";
    assert_eq!(scoped(webhook), []);
    assert_eq!(scoped(&format!("{webhook}, {audit}")), [Action::Audit]);
}
