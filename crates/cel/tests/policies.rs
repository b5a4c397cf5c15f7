//! What admission policies need of CEL: their variables, lazy variables, the authorizer, budgets, schemas, mutations.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::{
    cell::Cell,
    sync::{Arc, Mutex},
};

use ringwall_cel::{
    AccessRequest, AccessReview, Authorizer, AuthorizerBackend, Bindings, Budget, Environment,
    EvalErrorKind, Extension, MutationTypes, Program, Schema, Subject, Type, Value,
    admission::{self, Variables},
    mutation,
};
use serde_json::{Value as Json, json};

const ALL: Variables = Variables {
    params: true,
    authorizer: true,
    mutation: false,
};

fn compile(environment: &Environment, text: &str) -> Program {
    match environment.compile(text) {
        Ok(program) => program,
        Err(errors) => panic!("{text}: {}", errors[0]),
    }
}

/// The first mistake of an expression, as it is told.
fn mistake(environment: &Environment, text: &str) -> String {
    match environment.compile(text) {
        Ok(program) => panic!("{text} is of type {}", program.output_type()),
        Err(errors) => errors[0].to_string(),
    }
}

fn budget() -> Budget<'static> {
    Budget::new(Budget::POLICY)
}

fn admitted(object: &Json) -> Json {
    json!({
        "operation": "CREATE",
        "name": object["metadata"]["name"],
        "namespace": "shop",
        "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "userInfo": {"username": "ann", "groups": ["dev"], "extra": {"scopes": ["a"]}},
        "dryRun": false,
    })
}

#[test]
fn the_variables_of_admission_have_their_types() {
    let environment = admission::environment(37, ALL);
    let object = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 3}});
    let request = admitted(&object);
    let namespace = json!({"metadata": {"name": "shop", "labels": {"env": "prod"}}});
    let params = json!({"maxReplicas": 2});
    for (text, expected) in [
        ("object.spec.replicas <= params.maxReplicas", "false"),
        ("oldObject == null", "true"),
        ("request.operation == 'CREATE' && !request.dryRun", "true"),
        ("request.userInfo.groups.exists(g, g == 'dev')", "true"),
        ("request.userInfo.extra['scopes'][0]", "\"a\""),
        ("namespaceObject.metadata.labels.env", "\"prod\""),
        ("has(namespaceObject.metadata.labels.team)", "false"),
        (
            "request.kind.kind + '/' + request.name",
            "\"Deployment/web\"",
        ),
    ] {
        let program = compile(&environment, text);
        let mut bindings = Bindings::new();
        bindings
            .bind_json("object", &object)
            .bind("oldObject", Value::Null)
            .bind_json("request", &request)
            .bind_json("namespaceObject", &namespace)
            .bind_json("params", &params);
        let value = program.evaluate(&bindings, &mut budget());
        assert_eq!(value.expect(text).to_string(), expected, "{text}");
    }
    assert_eq!(
        compile(&environment, "request.userInfo.groups").output_type(),
        &Type::list(Type::String)
    );
    for (text, message) in [
        ("request.nam", "1:8: undefined field 'nam'"),
        (
            "request.dryRun == 'yes'",
            "1:1: found no matching overload for '_==_' applied to '(bool, string)'",
        ),
        (
            "namespaceObject.spec.replicas",
            "1:1: undefined field 'replicas'",
        ),
        (
            "parms.x",
            "1:1: undeclared reference to 'parms' (in container '')",
        ),
    ] {
        let told = mistake(&environment, text);
        assert_eq!(
            told.split_once(": ").map(|(_, words)| words),
            message.split_once(": ").map(|(_, words)| words),
            "{text}"
        );
    }
    let without = admission::environment(37, Variables::default());
    assert!(mistake(&without, "params.x").contains("undeclared reference to 'params'"));
    assert!(mistake(&without, "authorizer.path('/')").contains("undeclared reference"));
    assert!(mistake(&without, "Object{}").contains("undeclared reference to 'Object'"));
}

#[test]
fn a_mistake_is_told_with_line_and_column() {
    let environment = admission::environment(37, ALL);
    let told = environment
        .compile("object.a == 1 &&\n  objct.b == 2 ||\n  1 + 'ä' == undefined")
        .expect_err("three mistakes");
    let places: Vec<(u32, u32)> = told
        .iter()
        .map(|error| (error.line, error.column))
        .collect();
    assert_eq!(places, [(2, 3), (3, 3), (3, 14)]);
    let text = "1 + 'ä' == undefined";
    let told = environment.compile(text).expect_err("two mistakes");
    let span = told[1].span;
    let range = span.start as usize..span.end as usize;
    assert_eq!(&text[range], "undefined");
}

/// Allows what it is told to, and remembers what it was asked.
struct Backend {
    asked: Mutex<Vec<String>>,
}

impl AuthorizerBackend for Backend {
    fn review(&self, request: &AccessRequest<'_>) -> Result<AccessReview, String> {
        self.asked
            .lock()
            .expect("no panic")
            .push(format!("{request:?}"));
        match request {
            AccessRequest::Path {
                path: "/nobody", ..
            } => Err("nobody answers".to_owned()),
            AccessRequest::Path { path, .. } => Ok(AccessReview {
                allowed: *path == "/healthz",
                ..AccessReview::default()
            }),
            AccessRequest::Resource {
                subject,
                verb,
                resource,
                ..
            } => Ok(match **subject {
                Subject::ServiceAccount { .. } => AccessReview {
                    error: Some("no rights are known".to_owned()),
                    ..AccessReview::default()
                },
                Subject::Requester => AccessReview {
                    allowed: *verb == "get" && *resource == "pods",
                    reason: "a role says so".to_owned(),
                    error: None,
                },
            }),
        }
    }
}

#[test]
fn the_authorizer_is_asked() {
    let backend = Backend {
        asked: Mutex::default(),
    };
    let environment = admission::environment(37, ALL);
    let authorizer = Authorizer::new(&backend);
    let resource = authorizer
        .clone()
        .request_resource("", "pods", "", "shop", "web");
    for (text, expected) in [
        ("authorizer.path('/healthz').check('get').allowed()", "true"),
        (
            "authorizer.path('/metrics').check('get').allowed()",
            "false",
        ),
        (
            "authorizer.group('').resource('pods').check('get').allowed()",
            "true",
        ),
        (
            "authorizer.group('').resource('pods').check('get').reason()",
            "\"a role says so\"",
        ),
        (
            "authorizer.group('').resource('pods').check('list').allowed()",
            "false",
        ),
        ("authorizer.requestResource.check('get').allowed()", "true"),
        (
            "authorizer.serviceAccount('shop', 'bot').group('').resource('pods').check('get').errored()",
            "true",
        ),
        (
            "authorizer.serviceAccount('shop', 'bot').group('').resource('pods').check('get').error()",
            "\"no rights are known\"",
        ),
        (
            "authorizer.group('apps').resource('deployments').subresource('scale').namespace('n').name('d')\
             .fieldSelector('a=b').labelSelector('c=d').check('update').allowed()",
            "false",
        ),
    ] {
        let program = compile(&environment, text);
        let mut bindings = Bindings::new();
        bindings
            .bind("authorizer", authorizer.clone().value())
            .bind("authorizer.requestResource", resource.clone());
        let value = program.evaluate(&bindings, &mut budget());
        assert_eq!(value.expect(text).to_string(), expected, "{text}");
    }
    let asked = backend.asked.lock().expect("no panic");
    let last = asked.last().expect("questions");
    for part in [
        "group: \"apps\"",
        "resource: \"deployments\"",
        "subresource: \"scale\"",
        "namespace: \"n\"",
        "name: \"d\"",
        "verb: \"update\"",
        "field_selector: \"a=b\"",
        "label_selector: \"c=d\"",
    ] {
        assert!(last.contains(part), "{last}");
    }
    drop(asked);
    for text in [
        "authorizer.path('')",
        "authorizer.group('').resource(' ')",
        "authorizer.serviceAccount('Shop', 'bot')",
        "authorizer.serviceAccount('shop', 'bot_')",
    ] {
        let program = compile(&environment, text);
        let mut bindings = Bindings::new();
        bindings.bind("authorizer", authorizer.clone().value());
        assert!(
            program.evaluate(&bindings, &mut budget()).is_err(),
            "{text}"
        );
    }
}

#[test]
fn a_check_that_nobody_answered_is_neither_yes_nor_no() {
    let backend = Backend {
        asked: Mutex::default(),
    };
    let environment = admission::environment(37, ALL);
    let check = "authorizer.path('/nobody').check('get')";
    let evaluate = |text: &str| {
        let program = compile(&environment, text);
        let mut bindings = Bindings::new();
        bindings.bind("authorizer", Authorizer::new(&backend).value());
        let value = program.evaluate(&bindings, &mut budget());
        value
            .map(|value| value.to_string())
            .map_err(|error| error.message)
    };
    assert_eq!(
        evaluate(&format!("{check}.errored()")).as_deref(),
        Ok("true")
    );
    assert_eq!(
        evaluate(&format!("{check}.error()")).as_deref(),
        Ok("\"nobody answers\"")
    );
    for asked in ["allowed()", "reason()"] {
        let error = evaluate(&format!("{check}.{asked}")).expect_err(asked);
        assert!(error.contains("nobody answers"), "{error}");
    }
    // What forbids the able must not take the silence for inability.
    assert!(evaluate(&format!("!{check}.allowed()")).is_err());
}

#[test]
fn two_authorization_checks_are_what_an_expression_may_cost() {
    let backend = Backend {
        asked: Mutex::default(),
    };
    let environment = admission::environment(37, ALL);
    let mut bindings = Bindings::new();
    bindings.bind("authorizer", Authorizer::new(&backend).value());
    let check = "authorizer.path('/healthz').check('get').allowed()";
    let twice = compile(&environment, &format!("{check} && {check}"));
    assert!(twice.evaluate(&bindings, &mut budget()).is_ok());
    let thrice = compile(&environment, &format!("{check} && {check} && {check}"));
    let error = thrice
        .evaluate(&bindings, &mut budget())
        .expect_err("too expensive");
    assert_eq!(error.kind, EvalErrorKind::CostLimit);
    assert_eq!(
        error.message,
        "operation cancelled: actual cost limit exceeded"
    );
}

#[test]
fn a_lazy_variable_is_evaluated_once_and_only_if_asked_for() {
    struct Counter<'c>(&'c Mutex<u32>);
    impl AuthorizerBackend for Counter<'_> {
        fn review(&self, _: &AccessRequest<'_>) -> Result<AccessReview, String> {
            *self.0.lock().expect("no panic") += 1;
            Ok(AccessReview::default())
        }
    }
    let count = Mutex::new(0);
    let backend = Counter(&count);
    let base = admission::environment(37, ALL);
    let asked = Arc::new(compile(
        &base,
        "authorizer.path('/x').check('get').allowed()",
    ));
    let broken = Arc::new(compile(&base, "object.missing.field"));
    let environment = base
        .lazy_variable("variables.asked", asked)
        .lazy_variable("variables.broken", broken);
    let derived = Arc::new(compile(&environment, "variables.asked ? 'yes' : 'no'"));
    let environment = environment.lazy_variable("variables.derived", derived);

    let object = json!({});
    let both = compile(
        &environment,
        "variables.derived == 'no' && !variables.asked",
    );
    let unused = compile(&environment, "true || variables.broken");
    let used = compile(&environment, "variables.broken == 1");
    let known = compile(&environment, "has(variables.asked)");
    let mut bindings = Bindings::new();
    bindings
        .bind_json("object", &object)
        .bind("authorizer", Authorizer::new(&backend).value());
    assert_eq!(*count.lock().expect("no panic"), 0);
    for _ in 0..3 {
        let value = both.evaluate(&bindings, &mut budget()).expect("a value");
        assert_eq!(value.as_bool(), Some(true));
    }
    assert_eq!(*count.lock().expect("no panic"), 1);
    assert!(unused.evaluate(&bindings, &mut budget()).is_ok());
    assert!(known.evaluate(&bindings, &mut budget()).is_ok());
    let error = used
        .evaluate(&bindings, &mut budget())
        .expect_err("no such key");
    assert_eq!(error.kind, EvalErrorKind::NoSuchKey);
    assert_eq!(both.output_type(), &Type::Bool);
    assert!(mistake(&environment, "variables.nothing").contains("undeclared reference"));
}

#[test]
fn what_lazy_variables_cost_is_taken_from_the_budget_too() {
    let base = Environment::kubernetes(37).variable("object", Type::Dyn);
    let variable = Arc::new(compile(&base, "object.l.map(x, x + 1)"));
    let environment = base.lazy_variable("variables.more", variable);
    let program = compile(&environment, "variables.more.size() == 3");
    let object = json!({"l": [1, 2, 3]});
    let mut bindings = Bindings::new();
    bindings.bind_json("object", &object);
    let mut budget = budget();
    let value = program.evaluate(&bindings, &mut budget).expect("a value");
    assert_eq!(value.as_bool(), Some(true));
    // The path costs 2, the list 1 + 3 * 14, and then `variables.more` 2, `size` 1 and `==` 1.
    assert_eq!(budget.spent(), 2 + 43 + 4);
    assert_eq!(budget.remaining(), Budget::POLICY - 49);
}

#[test]
fn a_budget_ends() {
    let environment = Environment::kubernetes(37).variable("object", Type::Dyn);
    let program = compile(&environment, "object.l.all(x, x >= 0)");
    let absorbed = compile(&environment, "object.l.all(x, x >= 0) || true");
    let object = json!({"l": (0..100).collect::<Vec<_>>()});
    let mut bindings = Bindings::new();
    bindings.bind_json("object", &object);
    let mut budget = Budget::new(1200);
    assert!(program.evaluate(&bindings, &mut budget).is_ok());
    assert_eq!(budget.spent(), 503);
    assert!(program.evaluate(&bindings, &mut budget).is_ok());
    let error = program
        .evaluate(&bindings, &mut budget)
        .expect_err("nothing is left");
    assert_eq!(error.kind, EvalErrorKind::BudgetExhausted);
    assert_eq!(budget.remaining(), 0);
    // No `||` absorbs the end of a budget.
    let error = absorbed
        .evaluate(&bindings, &mut Budget::new(100))
        .expect_err("the budget is too small");
    assert_eq!(error.kind, EvalErrorKind::BudgetExhausted);
}

#[test]
fn an_endless_expression_is_stopped_by_cost_or_by_the_caller() {
    let environment = Environment::kubernetes(37).variable("object", Type::Dyn);
    let text =
        "object.l.all(a, object.l.all(b, object.l.all(c, object.l.all(d, a + b + c + d >= 0))))";
    let program = compile(&environment, text);
    let object = json!({"l": (0..1000).collect::<Vec<_>>()});
    let mut bindings = Bindings::new();
    bindings.bind_json("object", &object);
    let error = program
        .evaluate(&bindings, &mut budget())
        .expect_err("too expensive");
    assert_eq!(error.kind, EvalErrorKind::CostLimit);
    let asked = Cell::new(0_u32);
    let interrupt = || {
        asked.set(asked.get() + 1);
        asked.get() > 3
    };
    let mut budget = budget().per_call(u64::MAX).interrupted_by(&interrupt);
    let error = program
        .evaluate(&bindings, &mut budget)
        .expect_err("interrupted");
    assert_eq!(error.kind, EvalErrorKind::Interrupted);
    assert!(asked.get() < 10);
}

#[test]
fn text_does_not_grow_without_bound() {
    let environment = Environment::kubernetes(37).variable("object", Type::Dyn);
    let object = json!({"s": "a".repeat(100_000)});
    for text in [
        "object.s.replace('', object.s)",
        "object.s.split('').join(object.s)",
    ] {
        let program = compile(&environment, text);
        let mut bindings = Bindings::new();
        bindings.bind_json("object", &object);
        let error = program
            .evaluate(&bindings, &mut budget())
            .expect_err("too large");
        assert_eq!(error.kind, EvalErrorKind::TooLarge, "{text}");
    }
    let program = compile(&environment, "lists.range(1000000000000).size()");
    assert!(program.evaluate(&Bindings::new(), &mut budget()).is_err());
}

#[test]
fn what_doubles_with_each_step_is_stopped() {
    let environment = Environment::kubernetes(37).variable("object", Type::Dyn);
    let steps = |step: fn(usize) -> String| (0..30).map(step).collect::<Vec<_>>().concat();
    let maps = steps(|step| format!(".map(x{step}, {{x{step}: x{step}}})"));
    assert!(environment.compile(&format!("[1]{maps}")).is_err());
    let steps = steps(|step| format!(".map(x{step}, [x{step}, x{step}])"));
    for text in [
        format!("[object.a]{steps} == [object.a]{steps}"),
        format!("[object.a]{steps}.indexOf(object.a)"),
        format!("[object.a]{steps}.includes([object.a]{steps}[0])"),
        format!("'%s'.format([[object.a]{steps}])"),
        format!("{{[object.a]{steps}: 1}}"),
        format!("sets.contains([object.a]{steps}, [object.a]{steps})"),
    ] {
        let program = compile(&environment, &text);
        let object = json!({"a": 1});
        let mut bindings = Bindings::new();
        bindings.bind_json("object", &object);
        assert!(
            program.evaluate(&bindings, &mut budget()).is_err(),
            "{text}"
        );
    }
    let program = compile(&environment, &format!("[object.a]{steps}"));
    let object = json!({"a": 1});
    let mut bindings = Bindings::new();
    bindings.bind_json("object", &object);
    let value = program
        .evaluate(&bindings, &mut budget())
        .expect("shared lists");
    assert!(value.to_json().is_err());
    assert!(value.to_string().len() < 1_000_000);
}

#[test]
fn nesting_is_bounded() {
    let environment = Environment::kubernetes(37).variable("object", Type::Dyn);
    for (open, inside, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{'a': ", "1", "}"),
        ("!", "true", ""),
        ("-", "(1)", ""),
        ("object.all(x, ", "true", ")"),
        ("true ? 1 : ", "1", ""),
        ("string(", "'a'", ")"),
        ("object[", "0", "]"),
    ] {
        let text = format!("{}{inside}{}", open.repeat(100_000), close.repeat(100_000));
        // Either it is refused, or the nesting was none: `!!true` is `true`.
        let _ = environment.compile(&text);
        let text = format!("{}{inside}{}", open.repeat(110), close.repeat(110));
        if let Ok(program) = environment.compile(&text) {
            let object = json!({});
            let mut bindings = Bindings::new();
            bindings.bind_json("object", &object);
            let _ = program.evaluate(&bindings, &mut budget());
        }
    }
    for (chain, most) in [
        (".a", 240),
        ("[0]", 240),
        (" + 1", 240),
        (".map(x, x)", 110),
    ] {
        let program = compile(&environment, &format!("object{}", chain.repeat(most)));
        let object = json!({});
        let mut bindings = Bindings::new();
        bindings.bind_json("object", &object);
        assert!(program.evaluate(&bindings, &mut budget()).is_err() || most == 110);
        let text = format!("object{}", chain.repeat(50_000 / chain.len()));
        assert!(environment.compile(&text).is_err(), "{chain}");
    }
    // Lazy variables nest too.
    let mut environment = environment;
    let mut first = Arc::new(compile(&environment, "object"));
    for index in 0..50 {
        environment = environment.lazy_variable(&format!("v{index}"), first);
        let text = format!("dyn({}v{index}{})", "[".repeat(100), "]".repeat(100));
        first = Arc::new(compile(&environment, &text));
    }
    let object = json!({});
    let mut bindings = Bindings::new();
    bindings.bind_json("object", &object);
    let error = first
        .evaluate(&bindings, &mut budget())
        .expect_err("too deep");
    assert_eq!(error.kind, EvalErrorKind::TooLarge);
    drop(bindings);
    // Terms of one `&&` do not nest.
    let text = vec!["object.a == 1"; 5_000].join(" && ");
    assert!(environment.compile(&text).is_ok());
}

#[test]
fn a_program_is_shared_by_threads() {
    let environment = Environment::kubernetes(37).variable("object", Type::Dyn);
    let program = Arc::new(compile(
        &environment,
        "object.names.all(n, n.matches('^[a-z]+$') && n.matches(object.pattern))",
    ));
    let threads: Vec<_> = (0..4)
        .map(|index| {
            let program = Arc::clone(&program);
            std::thread::spawn(move || {
                let object = json!({
                    "names": ["ann", "bob"],
                    "pattern": if index % 2 == 0 { "a|b" } else { "z" },
                });
                let mut bindings = Bindings::new();
                bindings.bind_json("object", &object);
                let value = program.evaluate(&bindings, &mut budget()).expect("a value");
                assert_eq!(value.as_bool(), Some(index % 2 == 0));
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
}

/// Deployments with two fields, as a cluster's schema would have them.
struct Deployments;

impl Schema for Deployments {
    fn has_type(&self, object: &str) -> bool {
        matches!(object, "Deployment" | "Deployment.spec")
    }

    fn field(&self, object: &str, field: &str) -> Option<Type> {
        match (object, field) {
            ("Deployment", "spec") => Some(Type::object("Deployment.spec")),
            ("Deployment", "metadata") => Some(Type::Dyn),
            ("Deployment.spec", "replicas") => Some(Type::Int),
            ("Deployment.spec", "namespace" | "x-y") => Some(Type::String),
            _ => None,
        }
    }

    fn is_escaped(&self) -> bool {
        true
    }
}

#[test]
fn a_wrong_field_of_a_known_kind_is_found() {
    let environment = Environment::kubernetes(37)
        .schema(Arc::new(Deployments))
        .variable("object", Type::object("Deployment"));
    let object = json!({"spec": {"replicas": 2, "namespace": "n", "x-y": "z"}});
    for (text, expected) in [
        ("object.spec.replicas > 1", "true"),
        ("object.spec.__namespace__", "\"n\""),
        ("object.spec.x__dash__y", "\"z\""),
        ("has(object.spec.replicas)", "true"),
        ("object.metadata.anything == 1 || true", "true"),
    ] {
        let program = compile(&environment, text);
        let mut bindings = Bindings::new();
        bindings.bind_json("object", &object);
        let value = program.evaluate(&bindings, &mut budget());
        assert_eq!(value.expect(text).to_string(), expected, "{text}");
    }
    for (text, message) in [
        ("object.spec.replicass", "undefined field 'replicass'"),
        ("has(object.spec.replicass)", "undefined field 'replicass'"),
        ("object.spec.namespace", "undefined field 'namespace'"),
        (
            "object.spec.replicas == 'two'",
            "found no matching overload for '_==_' applied to '(int, string)'",
        ),
        (
            "object.spec.replicas.x",
            "type 'int' does not support field selection",
        ),
    ] {
        assert!(mistake(&environment, text).ends_with(message), "{text}");
    }
}

#[test]
fn a_mutation_constructs_objects_and_patches() {
    let environment = admission::environment(
        37,
        Variables {
            mutation: true,
            ..ALL
        },
    );
    let object = json!({"metadata": {"name": "web"}, "spec": {"replicas": 1}});
    let apply = compile(
        &environment,
        "Object{metadata: Object.metadata{labels: {'app': object.metadata.name}}, \
         spec: Object.spec{?replicas: object.?spec.?replicas.optMap(r, r + 1), ?paused: object.?nothing}}",
    );
    assert_eq!(apply.output_type(), &Type::object("Object"));
    let patch = compile(
        &environment,
        "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: {'x': [1]}}]",
    );
    assert_eq!(patch.output_type(), &Type::list(Type::object("JSONPatch")));
    let misplaced = compile(&environment, "Object{spec: Object.metadata{}}");
    let mut bindings = Bindings::new();
    bindings.bind_json("object", &object);
    let value = apply.evaluate(&bindings, &mut budget()).expect("a value");
    assert_eq!(
        value.to_json().expect("JSON"),
        json!({"metadata": {"labels": {"app": "web"}}, "spec": {"replicas": 2}})
    );
    let Value::Object(built) = &value else {
        panic!("{value}");
    };
    assert!(mutation::misplaced_types(built).is_empty());

    let value = patch.evaluate(&bindings, &mut budget()).expect("a value");
    assert_eq!(
        value.to_json().expect("JSON"),
        json!([{"op": "add", "path": "/metadata/labels/a~1b", "value": {"x": [1]}}])
    );

    let value = misplaced
        .evaluate(&bindings, &mut budget())
        .expect("a value");
    let Value::Object(built) = &value else {
        panic!("{value}");
    };
    assert_eq!(mutation::misplaced_types(built).len(), 1);
    for text in [
        "JSONPatch{op: 1}",
        "JSONPatch{operation: 'add'}",
        "Objekt{}",
        "object{}",
    ] {
        assert!(environment.compile(text).is_err(), "{text}");
    }
    assert!(!MutationTypes.is_constructible("Objects"));
}

#[test]
fn functions_come_with_the_version_of_kubernetes() {
    for (since, text) in [
        (
            0,
            "['a'].isSorted() && 'a'.find('b') == '' && url('/a').getHost() == ''",
        ),
        (28, "quantity('1').isInteger()"),
        (28, "optional.of(1).hasValue()"),
        (28, "1 < 2.0"),
        (29, "'%d'.format([1]) == '1'"),
        (29, "sets.contains([1], [1])"),
        (30, "isIP('::1') && isCIDR('::/0')"),
        (31, "format.uuid().validate('x').hasValue()"),
        (32, "[1].all(i, v, v == 1)"),
        (33, "isSemver('1.2.3')"),
        (34, "[2, 1].sort() == [1, 2]"),
        (37, "[1].includes(1)"),
    ] {
        let environment = Environment::kubernetes(since);
        let program = compile(&environment, text);
        let value = program.evaluate(&Bindings::new(), &mut budget());
        assert_eq!(value.expect(text).as_bool(), Some(true), "{text}");
        if since > 0 {
            let before = Environment::kubernetes(since - 1);
            assert!(before.compile(text).is_err(), "{text} before 1.{since}");
        }
    }
    // These are no part of Kubernetes.
    for (extension, text) in [
        (Extension::Math, "math.abs(-1) == 1"),
        (Extension::Bind, "cel.bind(a, 1, a == 1)"),
        (Extension::Encoders, "base64.encode(b'a') == 'YQ=='"),
    ] {
        let environment = Environment::kubernetes(37);
        assert!(environment.compile(text).is_err(), "{text}");
        compile(&environment.with(extension), text);
    }
}

#[test]
fn a_variable_without_a_value_is_an_error() {
    let environment = Environment::kubernetes(37).variable("object", Type::Dyn);
    let program = compile(&environment, "object.a == 1");
    let error = program
        .evaluate(&Bindings::new(), &mut budget())
        .expect_err("no value");
    assert_eq!(error.kind, EvalErrorKind::NoSuchVariable);
    assert_eq!(error.message, "no such attribute(s): object");
    assert!(error.span.is_some());
}

#[test]
fn results_become_json() {
    let environment = Environment::kubernetes(37);
    for (text, expected) in [
        ("{'a': [1, 2], 'b': [3]}", json!({"a": [1, 2], "b": [3]})),
        ("[1.5, 2.0]", json!([1.5, 2.0])),
        ("b'abc'", json!("YWJj")),
        ("duration('90s')", json!("90s")),
        (
            "timestamp('2023-01-01T00:00:00Z')",
            json!("2023-01-01T00:00:00Z"),
        ),
        ("optional.of('x')", json!("x")),
        ("optional.none()", json!(null)),
        ("{1: 'a'}", json!({"1": "a"})),
        ("ip('::1')", json!("::1")),
        ("18446744073709551615u", json!(u64::MAX)),
    ] {
        let program = compile(&environment, text);
        let value = program.evaluate(&Bindings::new(), &mut budget());
        assert_eq!(
            value.expect(text).to_json().expect(text),
            expected,
            "{text}"
        );
    }
    for text in ["int", "0.0 / 0.0"] {
        let program = compile(&environment, text);
        let value = program.evaluate(&Bindings::new(), &mut budget());
        assert!(value.expect(text).to_json().is_err(), "{text}");
    }
}
