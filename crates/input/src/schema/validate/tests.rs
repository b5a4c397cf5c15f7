use std::sync::Arc;

use ringwall_model::Source;

use super::*;
use crate::{kubernetes::Resource, schema::builtin, yaml::parse};

/// Each violation as one line: path, what is wrong.
fn violations(text: &str) -> Vec<String> {
    let source = Arc::new(Source::new("a.yaml", text));
    let (documents, diagnostics) = parse(&source);
    assert_eq!(diagnostics, []);
    let root = documents[0].root();
    let resource = Resource::new(root).unwrap();
    let of = builtin().kind(resource.api_version, resource.kind).unwrap();
    let show = |violation: &Violation<'_>| {
        let path = &violation.path;
        match violation.kind {
            ViolationKind::UnknownField { name, meant, .. } => {
                format!("{path} unknown {name}, meant {}", meant.unwrap_or("?"))
            }
            ViolationKind::WrongType { expected, found } => {
                format!("{path} is {found}, not {}", expected.noun())
            }
            ViolationKind::MissingRequired { field } => format!("{path} lacks {field}"),
            ViolationKind::InvalidValue { expected } => {
                format!("{path} is not {}", expected.noun())
            }
            ViolationKind::Refused { rule } => format!("{path} must be {rule}"),
            ViolationKind::Repeated { fields, .. } => format!("{path} repeats {fields}"),
            ViolationKind::Excluded { first } => {
                let name = |node: Node<'_>| node.key().unwrap().text().to_owned();
                format!("{path} has {} and {}", name(first), name(violation.node))
            }
        }
    };
    validate(root, of).iter().map(show).collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(violations(text), expected, "{text}");
}

/// Judges lines of a pod's only container.
fn check_container(lines: &str, expected: &[&str]) {
    let lines = lines.replace('\n', "\n    ");
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: app\n    {lines}\n"
    );
    let expected: Vec<String> = expected
        .iter()
        .map(|line| format!("spec.containers[0]{line}"))
        .collect();
    assert_eq!(violations(&pod), expected, "{pod}");
}

#[test]
fn a_clean_object_has_no_violation() {
    check_container(
        "image: nginx\nresources: {limits: {cpu: 0.5, memory: 1Gi, nvidia.com/gpu: 1}}\n\
         livenessProbe: {httpGet: {port: 8080}}\nreadinessProbe: {httpGet: {port: http}}\n\
         securityContext: {runAsUser: 1e3, privileged: no}\nargs: [a]\nenv: [{name: A, value: '1'}]",
        &[],
    );
}

#[test]
fn field_names_are_case_sensitive() {
    check_container(
        "securityContext:\n  AppArmorProfile: {type: Localhost}",
        &[".securityContext unknown AppArmorProfile, meant appArmorProfile"],
    );
    check_container(
        "ImagePullPolicy: Always",
        &[" unknown ImagePullPolicy, meant imagePullPolicy"],
    );
}

#[test]
fn a_field_that_is_written_already_is_not_the_one_that_was_meant() {
    check_container(
        "image: a\nimages: b\nstdinOnce: true",
        &[" unknown images, meant image"],
    );
    check_container("env: []\nenvs: []", &[" unknown envs, meant env"]);
}

#[test]
fn strings_must_be_strings() {
    check_container(
        "env:\n- {name: A, value: yes}\n- {name: B, value: 8080}\n- {name: C, value: null}\n- {name: D, value: [x]}",
        &[
            ".env[0].value is a boolean, not a string",
            ".env[1].value is a number, not a string",
            ".env[3].value is a list, not a string",
        ],
    );
    check_container(
        "args: [1, '1', true]",
        &[
            ".args[0] is a number, not a string",
            ".args[2] is a boolean, not a string",
        ],
    );
    check(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  labels: {a: 1}\n  annotations: {a.b/c: true}\ndata: {x: 1.5, y: ~}\n",
        &[
            "metadata.labels[a] is a number, not a string",
            "metadata.annotations[a.b/c] is a boolean, not a string",
            "data[x] is a number, not a string",
        ],
    );
}

#[test]
fn numbers_and_booleans_must_not_be_strings() {
    check_container(
        "ports: [{containerPort: \"80\"}, {containerPort: 80.5}, {containerPort: 3000000000}, {containerPort: 80.0}]\n\
         stdin: 'true'",
        &[
            ".ports[0].containerPort is a string, not an integer",
            ".ports[1].containerPort is a number, not an integer",
            ".ports[2].containerPort is not an integer",
            ".stdin is a string, not true or false",
        ],
    );
}

#[test]
fn lists_and_objects_are_not_each_other() {
    check_container(
        "command: sleep\nenv: {name: A}\nresources: []",
        &[
            ".command is a string, not a list",
            ".env is an object, not a list",
            ".resources is a list, not an object",
        ],
    );
}

#[test]
fn quantities_times_bytes_and_choices_are_read() {
    check_container(
        "resources: {limits: {cpu: 1 core, memory: true}}\nimagePullPolicy: always",
        &[
            ".resources.limits[cpu] is not a quantity such as 500m or 1Gi",
            ".resources.limits[memory] is a boolean, not a quantity such as 500m or 1Gi",
            ".imagePullPolicy is not a string",
        ],
    );
    check_container("imagePullPolicy: ''\nterminationMessagePolicy: File", &[]);
    check_container(
        "resources: {limits: {cpu: ' 1 ', memory: \"1Gi\\n\"}}",
        &[".resources.limits[memory] is not a quantity such as 500m or 1Gi"],
    );
    check(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  creationTimestamp: yesterday\ndata:\n  a: cGFzcw==\n  b: pass word\n  c: \"\"\n  d: abc\n",
        &[
            "metadata.creationTimestamp is not a time such as 2026-01-31T12:00:00Z",
            "data[b] is not base64 in a string",
            "data[d] is not base64 in a string",
        ],
    );
    for (text, is_time) in [
        ("2026-01-31T12:00:00Z", true),
        ("2026-01-31T12:00:00.123+02:00", true),
        ("2026-01-31T12:00:00,5Z", true),
        ("2028-02-29T23:59:59Z", true),
        ("2026-02-29T12:00:00Z", false),
        ("2026-13-01T12:00:00Z", false),
        ("2026-04-31T12:00:00Z", false),
        ("2026-01-31T24:00:00Z", false),
        ("2026-01-31T12:00:60Z", false),
        ("2026-01-31T12:00:00.Z", false),
        ("2026-01-31T12:00:00+25:00", false),
        ("2026-01-31", false),
        ("2026-01-31 12:00:00Z", false),
        ("2026-01-31T12:00:00", false),
    ] {
        assert_eq!(is_rfc3339(text), is_time, "{text}");
    }
}

#[test]
fn missing_fields_are_those_that_are_refused() {
    check_container(
        "image: x\nports: [{name: http}]\nvolumeMounts: [{name: v}]\nenv: [{value: x}, {name: ''}]\n\
         livenessProbe: {httpGet: {path: /}}",
        &[
            ".ports[0] lacks containerPort",
            ".volumeMounts[0] lacks mountPath",
            ".env[0] lacks name",
            ".env[1] lacks name",
            ".livenessProbe.httpGet lacks port",
        ],
    );
}

#[test]
fn patches_may_leave_out_and_direct() {
    check(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  template:\n    spec:\n      containers:\n      - name: app\n        env:\n        - $patch: delete\n          name: A\n        - $patch: replace\n      $setElementOrder/containers: [{name: app}]\n",
        &[],
    );
}

#[test]
fn placeholders_are_left_to_the_tool_that_replaces_them() {
    check(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: ${REPLICAS}\n",
        &[],
    );
    check(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: two\n",
        &["spec.replicas is a string, not an integer"],
    );
    check_container(
        "ports: [{containerPort: {{ .Port }}}, {containerPort: {}}]",
        &[".ports[1].containerPort is an object, not an integer"],
    );
}

#[test]
fn aliases_and_merged_mappings_are_followed() {
    check(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - &a\n    name: a\n    image: x\n    Stdin: true\n  - <<: *a\n    name: b\n",
        &[
            "spec.containers[0] unknown Stdin, meant stdin",
            "spec.containers[1] unknown Stdin, meant stdin",
        ],
    );
}

#[test]
fn only_the_last_of_repeated_keys_counts() {
    check(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: 1\n  a: x\n",
        &[],
    );
    check(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: x\n  a: 1\n",
        &["data[a] is a number, not a string"],
    );
}

#[test]
fn status_is_decoded_but_not_validated() {
    check(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {}\nstatus: {phase: Odd, phases: 1}\n",
        &["status unknown phases, meant phase"],
    );
    // Network policies had a status from 1.24 to 1.27.
    check(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {podSelector: {}}\nstatus: {}\n",
        &[],
    );
}

#[test]
fn schemas_of_custom_kinds_may_be_short() {
    check(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c}\nspec:\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        type: object\n        default: {free: [1]}\n        properties:\n          a: {type: object, additionalProperties: true, x-kubernetes-preserve-unknown-fields: true}\n          b: {items: {type: string, Format: x}, x-kubernetes-int-or-string: yes}\n          c: 5\n",
        &[
            "spec.versions[0].schema.openAPIV3Schema.properties[b].items unknown Format, meant format",
            "spec.versions[0].schema.openAPIV3Schema.properties[c] is a number, not an object",
        ],
    );
}

#[test]
fn the_audit_policy_has_namespaces() {
    check(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n  namespace: [dev]\n",
        &["rules[0] unknown namespace, meant namespaces"],
    );
}

#[test]
fn hostile_objects_are_bounded() {
    let many = (0..5_000).fold(String::new(), |text, number| {
        text + &format!(
            "  x{number}: 1
"
        )
    });
    let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n{many}");
    assert_eq!(violations(&text).len(), MAX_VIOLATIONS);
    let start = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nx0: &x0 {}\n";
    let mut deep = (1..1_000).fold(start.to_owned(), |text, level| {
        text + &format!("x{level}: &x{level} {{not: {{not: *x{}}}}}\n", level - 1)
    });
    deep.push_str("spec: {versions: [{name: v1, schema: {openAPIV3Schema: *x999}}]}\n");
    assert_eq!(violations(&deep).len(), MAX_VIOLATIONS); // The fields x0 and on.
}

#[test]
fn numbers_have_bounds() {
    check_container(
        "ports: [{containerPort: 99999}, {containerPort: 0}, {containerPort: 80, hostPort: 0}]",
        &[
            ".ports[0].containerPort must be from 1 to 65535",
            ".ports[1].containerPort must be from 1 to 65535",
        ],
    );
    check_container(
        "livenessProbe: {httpGet: {port: 0}, periodSeconds: -1, failureThreshold: 0}",
        &[
            ".livenessProbe.httpGet.port must be from 1 to 65535",
            ".livenessProbe.periodSeconds must be at least 0",
        ],
    );
    check_container("livenessProbe: {tcpSocket: {port: http}}", &[]);
    // What is of the wrong type is told once.
    check_container(
        "ports: [{containerPort: '99999'}]",
        &[".ports[0].containerPort is a string, not an integer"],
    );
}

#[test]
fn bounds_and_forms_hold_for_what_lists_and_maps_hold() {
    check(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  \
         securityContext: {supplementalGroups: [1, -1]}\n  dnsConfig: {nameservers: [10.0.0.1, '::1', dns]}\n",
        &[
            "spec.securityContext.supplementalGroups[1] must be from 0 to 2147483647",
            "spec.dnsConfig.nameservers[2] must be an IP address",
        ],
    );
    check_container(
        "resources: {limits: {cpu: 1, memory: -1Gi}}",
        &[".resources.limits[memory] must be a quantity that is not negative"],
    );
}

#[test]
fn keys_of_data_have_a_form() {
    check(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a.b_c-d: x, conf/app: x, '${KEY}': x}\n",
        &["data[conf/app] must be at most 253 letters, digits, '-', '_' and '.'"],
    );
}

#[test]
fn marks_are_no_values() {
    for name in ["${NAME}", "<name>", "__name__", "@name@", "%name%", "NAME"] {
        check(
            &format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{serviceAccountName: '{name}'}}\n"
            ),
            &[],
        );
    }
}

#[test]
fn one_of_several_fields_may_be_there() {
    check_container(
        "livenessProbe: {exec: {command: [a]}, httpGet: {port: 1}}\n\
         readinessProbe: {exec: , httpGet: {port: 1}}\nenv: [{name: A, value: '', valueFrom: {}}]",
        &[".livenessProbe has exec and httpGet"],
    );
    check(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [\
         {name: a, emptyDir: {}, hostPath: {path: /a}}, {name: b}, {name: c, secret: , emptyDir: {}},\
         {$patch: replace, name: d, emptyDir: {}, hostPath: {path: /a}}]}\n",
        &["spec.volumes[0] has emptyDir and hostPath"],
    );
}

#[test]
fn items_of_some_lists_differ() {
    check(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [{name: a}, {name: b}, {name: a},\
         {$patch: delete, name: b}]}\n",
        &["spec.volumes[2] repeats name"],
    );
    // Whatever is wrong within an item.
    check(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [{name: a, configMap: {defaultMode: 644}}, {name: a}]}\n",
        &[
            "spec.volumes[0].configMap.defaultMode must be from 0 to 511",
            "spec.volumes[1] repeats name",
        ],
    );
    let service = |ports: &str, expected: &[&str]| {
        check(
            &format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{ports: {ports}}}\n"
            ),
            expected,
        );
    };
    service(
        "[{port: 53, protocol: TCP}, {port: 53, protocol: UDP}]",
        &[],
    );
    service(
        "[{port: 53, protocol: TCP}, {port: 53}]",
        &["spec.ports[1] repeats port,protocol"],
    );
}

#[test]
fn nothing_is_demanded_of_a_status() {
    check(
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nstatus: {conditions: [{type: a}], \
         loadBalancer: {ingress: [{ip: 1.2.3.4, ports: [{port: 0, protocol: TCP}]}]}}\n",
        &[],
    );
}
