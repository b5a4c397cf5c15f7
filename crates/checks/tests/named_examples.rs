//! Which of several objects a finding names does not depend on the order of files.

#[path = "support/findings.rs"]
mod support;

use support::findings;

/// The message of a check over objects, in their order and in the other.
fn check(id: &str, objects: &[String], expected: &str) {
    let message = |objects: &mut dyn Iterator<Item = &String>| {
        let text: Vec<&str> = objects.map(String::as_str).collect();
        let found = findings(id, &[("app.yaml", &text.join("---\n"))]);
        let messages = found.into_iter().map(|it| it.message);
        messages.collect::<Vec<_>>()
    };
    assert_eq!(message(&mut objects.iter()), [expected]);
    assert_eq!(message(&mut objects.iter().rev()), [expected]);
}

fn pod() -> String {
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: app, image: nginx, ports: [{containerPort: 80}]}]}\n".to_owned()
}

fn service(name: &str, kind: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{type: {kind}, selector: {{app: web}}, ports: [{{port: 80}}]}}\n"
    )
}

fn ingress(name: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}}}\nspec: {{defaultBackend: {{service: {{name: a, port: {{number: 80}}}}}}}}\n"
    )
}

#[test]
fn the_first_by_name_is_named() {
    let exposed = |objects: &[String], way: &str| {
        let expected = format!("Pod web is reachable from outside through {way}");
        check("internet-exposed-workload", objects, &expected);
    };
    let two = [pod(), service("a", "ClusterIP"), ingress("y"), ingress("x")];
    exposed(&two, "Ingress x");
    let widest = [
        pod(),
        service("a", "NodePort"),
        service("b", "LoadBalancer"),
    ];
    exposed(&widest, "a LoadBalancer Service");
    check(
        "abrupt-termination",
        &[pod(), service("b", "ClusterIP"), service("a", "ClusterIP")],
        "Pod web stands behind Service a without a preStop hook",
    );
}

#[test]
fn the_nearest_way_in_is_named() {
    let elsewhere = ingress("x");
    let here = [pod(), service("a", "ClusterIP"), ingress("z")].join("---\n");
    let way = |files: &[(&str, &str)]| {
        let found = findings("internet-exposed-workload", files);
        let messages = found.into_iter().map(|it| it.message);
        messages.collect::<Vec<_>>()
    };
    let expected = ["Pod web is reachable from outside through Ingress z"];
    assert_eq!(
        way(&[("a/x.yaml", &elsewhere), ("b/app.yaml", &here)]),
        expected
    );
    assert_eq!(
        way(&[("b/app.yaml", &here), ("c/x.yaml", &elsewhere)]),
        expected
    );
    // Where it is the only one, it counts.
    let alone = here.replace("kind: Ingress", "kind: Other");
    assert_eq!(
        way(&[("a/x.yaml", &elsewhere), ("b/app.yaml", &alone)]),
        ["Pod web is reachable from outside through Ingress x"]
    );
}
