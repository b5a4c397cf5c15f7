use super::*;

/// Follows field names from a kind; `[]` stands for what a list or a map holds.
fn shape(api_version: &str, kind: &str, path: &str) -> Option<Shape> {
    let mut shape = Shape::Object(builtin().kind(api_version, kind)?);
    for step in path.split('.') {
        shape = match (step, shape) {
            ("[]", Shape::List(item) | Shape::Map(item)) => item.shape(),
            (name, Shape::Object(of) | Shape::ObjectOrOther(of)) => of.field(name)?.shape,
            _ => return None,
        };
    }
    Some(shape)
}

fn check(api_version: &str, kind: &str, path: &str, expected: &str) {
    let found = shape(api_version, kind, path).map_or_else(|| "nothing".to_owned(), describe);
    assert_eq!(found, expected, "{api_version} {kind} {path}");
}

fn describe(shape: Shape) -> String {
    match shape {
        Shape::Object(of) => of.name().to_owned(),
        Shape::ObjectOrOther(of) => format!("{} or other", of.name()),
        Shape::List(item) => format!("list of {}", describe(item.shape())),
        Shape::Map(item) => format!("map of {}", describe(item.shape())),
        Shape::Enum(choices) => choices.iter().collect::<Vec<_>>().join("|"),
        plain => format!("{plain:?}"),
    }
}

#[test]
fn pods_are_known_to_their_leaves() {
    check("v1", "Pod", "metadata", "ObjectMeta");
    check("v1", "Pod", "metadata.labels", "map of String");
    check("v1", "Pod", "metadata.creationTimestamp", "Time");
    check("v1", "Pod", "apiVersion", "String");
    check("v1", "Pod", "spec.containers", "list of Container");
    check("v1", "Pod", "spec.hostPID", "Bool");
    check(
        "v1",
        "Pod",
        "spec.containers.[].imagePullPolicy",
        "Always|IfNotPresent|Never",
    );
    check(
        "v1",
        "Pod",
        "spec.containers.[].resources.limits",
        "map of Quantity",
    );
    check(
        "v1",
        "Pod",
        "spec.containers.[].livenessProbe.httpGet.port",
        "IntOrString",
    );
    check(
        "v1",
        "Pod",
        "spec.containers.[].ports.[].containerPort",
        "Int32",
    );
    check(
        "v1",
        "Pod",
        "spec.containers.[].securityContext.runAsUser",
        "Int64",
    );
    check(
        "v1",
        "Pod",
        "spec.containers.[].securityContext.appArmorProfile",
        "AppArmorProfile",
    );
    check(
        "v1",
        "Pod",
        "spec.securityContext.seccompProfile.type",
        "Localhost|RuntimeDefault|Unconfined",
    );
    check(
        "v1",
        "Pod",
        "spec.volumes.[].emptyDir.sizeLimit",
        "Quantity",
    );
}

#[test]
fn templates_are_known_where_they_are_nested() {
    check("apps/v1", "Deployment", "spec.template.spec", "PodSpec");
    check(
        "apps/v1",
        "Deployment",
        "spec.strategy.rollingUpdate.maxSurge",
        "IntOrString",
    );
    check(
        "batch/v1",
        "CronJob",
        "spec.jobTemplate.spec.template.spec.containers",
        "list of Container",
    );
    check(
        "batch/v1beta1",
        "CronJob",
        "spec.jobTemplate.spec.template.spec",
        "PodSpec",
    );
    check(
        "apps/v1",
        "StatefulSet",
        "spec.volumeClaimTemplates",
        "list of PersistentVolumeClaim",
    );
    check("v1", "List", "items", "list of Any");
    check("v1", "PodList", "items", "list of Pod");
}

#[test]
fn other_kinds_are_known() {
    check(
        "networking.k8s.io/v1",
        "Ingress",
        "spec.rules.[].http.paths.[].backend.service.port.number",
        "Int32",
    );
    check(
        "extensions/v1beta1",
        "Ingress",
        "spec.rules.[].http.paths.[].backend.servicePort",
        "IntOrString",
    );
    check(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "spec.policyTypes",
        "list of Egress|Ingress",
    );
    check(
        "rbac.authorization.k8s.io/v1",
        "Role",
        "rules.[].verbs",
        "list of String",
    );
    check("v1", "Secret", "data", "map of Bytes");
    check("v1", "Secret", "stringData", "map of String");
    check("v1", "ConfigMap", "binaryData", "map of Bytes");
    check(
        "policy/v1beta1",
        "PodSecurityPolicy",
        "spec.allowedCapabilities",
        "list of String",
    );
    check(
        "autoscaling/v2beta1",
        "HorizontalPodAutoscaler",
        "spec.metrics.[].resource.targetAverageUtilization",
        "Int32",
    );
    check(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "spec.versions.[].schema.openAPIV3Schema.default",
        "Any",
    );
    check(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "spec.versions.[].schema.openAPIV3Schema.properties.[].items",
        "JSONSchemaProps or other",
    );
    check(
        "gateway.networking.k8s.io/v1",
        "HTTPRoute",
        "spec.rules.[].backendRefs.[].weight",
        "Int32",
    );
    check(
        "gateway.networking.k8s.io/v1beta1",
        "ReferenceGrant",
        "spec.from.[].namespace",
        "String",
    );
}

#[test]
fn configuration_files_are_known() {
    check("audit.k8s.io/v1", "Policy", "omitStages", "list of String");
    check("audit.k8s.io/v1", "Policy", "omitManagedFields", "Bool");
    check(
        "audit.k8s.io/v1",
        "Policy",
        "rules.[].resources.[].resourceNames",
        "list of String",
    );
    check(
        "audit.k8s.io/v1beta1",
        "Policy",
        "rules.[].nonResourceURLs",
        "list of String",
    );
    check(
        "apiserver.config.k8s.io/v1",
        "EncryptionConfiguration",
        "resources.[].providers.[].kms.timeout",
        "String",
    );
    check(
        "apiserver.config.k8s.io/v1",
        "AdmissionConfiguration",
        "plugins.[].configuration",
        "Any",
    );
    check(
        "kubelet.config.k8s.io/v1beta1",
        "KubeletConfiguration",
        "authentication.anonymous.enabled",
        "Bool",
    );
    check(
        "kubeadm.k8s.io/v1beta4",
        "ClusterConfiguration",
        "apiServer.extraArgs.[].name",
        "String",
    );
    check("v1", "Config", "users.[].user.token", "String");
}

#[test]
fn unknown_fields_are_unknown() {
    for path in [
        "spec.container",
        "spec.containers.[].securityContext.AppArmorProfile",
        "spec.containers.[].securityContext.priviliged",
        "spec.containers.[].imagePullPolic",
        "spec.containers.[].imagePullPolicyy",
        "spec.nodeSelectors",
        "specs",
        "",
    ] {
        assert!(shape("v1", "Pod", path).is_none(), "{path}");
    }
    assert!(shape("v1", "Pod", "metadata.name!").is_none());
}

#[test]
fn misspelt_fields_have_a_suggestion() {
    let Some(Shape::Object(context)) = shape("v1", "Pod", "spec.containers.[].securityContext")
    else {
        panic!("no security context");
    };
    assert_eq!(
        suggest("AppArmorProfile", context.field_names()),
        Some("appArmorProfile")
    );
    assert_eq!(
        suggest("readOnlyRootFileSystem", context.field_names()),
        Some("readOnlyRootFilesystem")
    );
    assert_eq!(
        suggest("allowPriviledgeEscalation", context.field_names()),
        Some("allowPrivilegeEscalation")
    );
    assert_eq!(suggest("colour", context.field_names()), None);
}

#[test]
fn required_fields_are_marked() {
    let pod = builtin().kind("v1", "Pod").unwrap();
    let Shape::Object(spec) = pod.field("spec").unwrap().shape else {
        panic!("no spec");
    };
    assert!(!pod.field("spec").unwrap().required);
    assert!(spec.field("containers").unwrap().required);
    assert!(!spec.field("initContainers").unwrap().required);
}

#[test]
fn every_kind_has_a_type_and_is_found_again() {
    let mut count = 0;
    for kind in builtin().kinds() {
        let of = kind.type_ref().unwrap_or_else(|| panic!("{kind:?}"));
        assert_eq!(builtin().kind(kind.api_version, kind.kind), Some(of));
        assert!(builtin().knows_group(kind.api_version));
        count += 1;
    }
    assert!(count > 400, "{count}");
}

/// A reference that leads nowhere reads as `Any`, so this compares with what is written.
#[test]
fn every_reference_leads_somewhere() {
    fn check(of: TypeRef, name: &str, code: &str, shape: Shape) {
        let place = format!("{}.{}.{name}", of.package(), of.name());
        match (code.get(..1).unwrap_or_default(), shape) {
            ("[", Shape::List(item)) | ("{", Shape::Map(item)) => {
                check(of, name, &code[1..], item.shape());
            }
            ("@", Shape::Object(_)) | ("?", Shape::ObjectOrOther(_)) => {}
            ("b", Shape::Bool)
            | ("i", Shape::Int32)
            | ("l", Shape::Int64)
            | ("n", Shape::Float)
            | ("y", Shape::Bytes)
            | ("t", Shape::Time)
            | ("q", Shape::Quantity)
            | ("x", Shape::IntOrString)
            | ("*", Shape::Any) => assert_eq!(code.len(), 1, "{place}"),
            ("s", Shape::String) => assert_eq!(code, "s", "{place}"),
            ("s", Shape::Enum(choices)) => {
                assert!(choices.iter().count() > 0, "{place}");
            }
            _ => panic!("{place}: {code}"),
        }
    }
    let mut count = 0;
    for line in BUILTIN.types.lines() {
        let mut words = line.split(' ');
        let of = TypeRef::find(words.next().unwrap(), words.next().unwrap()).unwrap();
        for (field, word) in of.fields().zip(words) {
            let (name, code) = word.split_once(':').unwrap();
            assert_eq!(field.name, name.trim_end_matches('!'));
            check(of, field.name, code, of.field(field.name).unwrap().shape);
            count += 1;
        }
    }
    assert!(count > 6_000, "{count}");
}

#[test]
fn tables_are_sorted() {
    for table in [BUILTIN.kinds, BUILTIN.types] {
        let keys: Vec<_> = table
            .lines()
            .filter_map(table::Line::new)
            .map(|line| (line.first, line.second))
            .collect();
        assert!(keys.is_sorted_by(|left, right| left < right));
    }
}

#[test]
fn unknown_kinds_and_groups_are_unknown() {
    assert!(builtin().kind("v1", "Deployment").is_none());
    assert!(builtin().kind("apps/v1", "deployment").is_none());
    assert!(builtin().kind("", "").is_none());
    assert!(builtin().kind("zzz/v1", "Zzz").is_none());
    assert!(builtin().knows_group("apps/v1"));
    assert!(!builtin().knows_group("apps/v2"));
    assert!(!builtin().knows_group("app"));
    assert!(!builtin().knows_group("argoproj.io/v1alpha1"));
}

#[test]
fn kinds_of_a_group_are_its_own() {
    let kinds: Vec<_> = builtin()
        .kinds_of("policy/v1")
        .map(|kind| kind.kind)
        .collect();
    assert_eq!(
        kinds,
        ["Eviction", "PodDisruptionBudget", "PodDisruptionBudgetList"]
    );
    let deployments = builtin().kinds_of("apps/v1").map(|kind| kind.kind);
    assert_eq!(suggest("Deploymnet", deployments), Some("Deployment"));
}

#[test]
fn scope_and_plural_are_known() {
    assert_eq!(is_namespaced("v1", "Pod"), Some(true));
    assert_eq!(is_namespaced("v1", "Node"), Some(false));
    assert_eq!(is_namespaced("v1", "Namespace"), Some(false));
    assert_eq!(
        is_namespaced("rbac.authorization.k8s.io/v1", "ClusterRole"),
        Some(false)
    );
    assert_eq!(
        is_namespaced("rbac.authorization.k8s.io/v1beta1", "Role"),
        Some(true)
    );
    assert_eq!(
        is_namespaced("policy/v1beta1", "PodSecurityPolicy"),
        Some(false)
    );
    assert_eq!(
        is_namespaced("gateway.networking.k8s.io/v1", "GatewayClass"),
        Some(false)
    );
    assert_eq!(is_namespaced("audit.k8s.io/v1", "Policy"), None);
    assert_eq!(is_namespaced("v1", "PodList"), None);
    assert_eq!(
        resource_name("networking.k8s.io/v1", "NetworkPolicy"),
        Some("networkpolicies")
    );
    assert_eq!(
        resource_name("networking.k8s.io/v1", "IngressClass"),
        Some("ingressclasses")
    );
    assert_eq!(resource_name("v1", "Endpoints"), Some("endpoints"));
    assert_eq!(
        resource_name("policy/v1", "Eviction"),
        Some("pods/eviction")
    );
}

#[test]
fn lifecycles_follow_the_deprecation_guide() {
    fn check(
        api_version: &str,
        kind: &str,
        deprecated: &str,
        removed: &str,
        replacement: Option<&str>,
    ) {
        let lifecycle = api_lifecycle(api_version, kind).unwrap();
        assert_eq!(
            lifecycle.deprecated,
            Release::parse(deprecated),
            "{api_version} {kind}"
        );
        assert_eq!(
            lifecycle.removed,
            Release::parse(removed),
            "{api_version} {kind}"
        );
        assert_eq!(lifecycle.replacement, replacement, "{api_version} {kind}");
    }
    check(
        "extensions/v1beta1",
        "Deployment",
        "1.8",
        "1.16",
        Some("apps/v1"),
    );
    check(
        "extensions/v1beta1",
        "Ingress",
        "1.14",
        "1.22",
        Some("networking.k8s.io/v1"),
    );
    check(
        "networking.k8s.io/v1beta1",
        "Ingress",
        "1.19",
        "1.22",
        Some("networking.k8s.io/v1"),
    );
    check("batch/v1beta1", "CronJob", "1.21", "1.25", Some("batch/v1"));
    check("policy/v1beta1", "PodSecurityPolicy", "1.21", "1.25", None);
    check(
        "policy/v1beta1",
        "PodDisruptionBudget",
        "1.21",
        "1.25",
        Some("policy/v1"),
    );
    check(
        "autoscaling/v2beta2",
        "HorizontalPodAutoscaler",
        "1.23",
        "1.26",
        Some("autoscaling/v2"),
    );
    check(
        "apiextensions.k8s.io/v1beta1",
        "CustomResourceDefinition",
        "1.16",
        "1.22",
        Some("apiextensions.k8s.io/v1"),
    );
    check(
        "flowcontrol.apiserver.k8s.io/v1beta3",
        "FlowSchema",
        "1.29",
        "1.32",
        Some("flowcontrol.apiserver.k8s.io/v1"),
    );
    check("v1", "Endpoints", "1.33", "", Some("discovery.k8s.io/v1"));
    assert_eq!(api_lifecycle("apps/v1", "Deployment"), None);
    assert_eq!(api_lifecycle("v1", "Nothing"), None);
}
