//! What Baseline forbids.

use ringwall_input::{kubernetes::SAFE_SYSCTLS, yaml::Node};

use super::{Judge, shown};

const CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

const APPARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_ANNOTATION: &str = "container.seccomp.security.alpha.kubernetes.io/";

/// `restricted`: leaves out the rules that Restricted has its own form of.
pub(super) fn judge(pod: &mut Judge<'_, '_>, restricted: bool) {
    host_namespaces(pod);
    privileged(pod);
    if !restricted {
        host_path_volumes(pod);
    }
    host_ports(pod);
    windows_host_process(pod);
    if !restricted || !pod.from(22) {
        capabilities(pod);
    }
    app_armor_profile(pod);
    if !restricted || !pod.from(19) {
        seccomp_profile(pod);
    }
    se_linux_options(pod);
    sysctls(pod);
    if !restricted || !pod.from(35) {
        proc_mount(pod);
    }
    if pod.from(34) {
        host_probes(pod);
    }
}

fn host_namespaces(pod: &mut Judge<'_, '_>) {
    pod.rule = "hostNamespaces";
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if let Some(field) = pod
            .workload
            .pod
            .field([key])
            .filter(|field| field.is_true())
        {
            pod.forbid_pod(field, format!("{key}=true"));
        }
    }
}

fn privileged(pod: &mut Judge<'_, '_>) {
    pod.rule = "privileged";
    for (index, container) in pod.containers() {
        if let Some(field) = container
            .own_security("privileged")
            .filter(|field| field.is_true())
        {
            pod.forbid_container(index, field, "privileged=true");
        }
    }
}

fn host_path_volumes(pod: &mut Judge<'_, '_>) {
    pod.rule = "hostPathVolumes";
    for volume in pod.workload.pod.volumes() {
        if let Some(field) = volume.get("hostPath").filter(|field| !field.is_null()) {
            pod.forbid_pod(
                field,
                format!("hostPath volume \"{}\"", volume.str("name").unwrap_or("")),
            );
        }
    }
}

fn host_ports(pod: &mut Judge<'_, '_>) {
    pod.rule = "hostPorts";
    for (index, container) in pod.containers() {
        for port in container.node.list("ports") {
            let Some(field) = port.get("hostPort").filter(|field| !field.is_null()) else {
                continue;
            };
            if field.as_i64() != Some(0) {
                pod.forbid_container(index, field, format!("hostPort {}", shown(field)));
            }
        }
    }
}

fn windows_host_process(pod: &mut Judge<'_, '_>) {
    pod.rule = "windowsHostProcess";
    let own = pod
        .workload
        .pod
        .security("windowsOptions")
        .and_then(|options| options.get("hostProcess"));
    if let Some(field) = own.filter(|field| field.is_true()) {
        pod.forbid_pod(field, "hostProcess=true");
    }
    for (index, container) in pod.containers() {
        let own = container
            .own_security("windowsOptions")
            .and_then(|options| options.get("hostProcess"));
        if let Some(field) = own.filter(|field| field.is_true()) {
            pod.forbid_container(index, field, "hostProcess=true");
        }
    }
}

fn capabilities(pod: &mut Judge<'_, '_>) {
    pod.rule = "capabilities_baseline";
    for (index, container) in pod.containers() {
        let Some(capabilities) = container.own_security("capabilities") else {
            continue;
        };
        for added in capabilities.list("add") {
            if !CAPABILITIES.contains(&added.text()) {
                pod.forbid_container(index, added, format!("capability {} added", shown(added)));
            }
        }
    }
}

fn app_armor_profile(pod: &mut Judge<'_, '_>) {
    pod.rule = "appArmorProfile";
    let is_forbidden = |field: Node<'_>| !matches!(field.text(), "RuntimeDefault" | "Localhost");
    if let Some(field) = profile_type(pod.workload.pod.security("appArmorProfile"))
        && is_forbidden(field)
    {
        pod.forbid_pod(field, format!("appArmorProfile.type={}", shown(field)));
    }
    for (index, container) in pod.containers() {
        if let Some(field) = profile_type(container.own_security("appArmorProfile"))
            && is_forbidden(field)
        {
            pod.forbid_container(
                index,
                field,
                format!("appArmorProfile.type={}", shown(field)),
            );
        }
    }
    for (key, value) in annotations(pod) {
        let profile = value.text();
        if key.starts_with(APPARMOR_ANNOTATION)
            && !profile.is_empty()
            && profile != "runtime/default"
            && !profile.starts_with("localhost/")
        {
            pod.forbid_pod(value, format!("annotation {key}={profile}"));
        }
    }
}

/// The `type` of a profile; the profile itself where it states none, which to the API server is an empty type.
pub(super) fn profile_type(profile: Option<Node<'_>>) -> Option<Node<'_>> {
    let profile = profile.filter(|profile| profile.is_mapping())?;
    let stated = profile.get("type").filter(|field| !field.is_null());
    Some(stated.unwrap_or(profile))
}

fn annotations<'a>(pod: &Judge<'_, 'a>) -> Vec<(&'a str, Node<'a>)> {
    pod.workload
        .pod
        .metadata
        .and_then(|metadata| metadata.get("annotations"))
        .map(Node::entries)
        .unwrap_or_default()
        .into_iter()
        .map(|(key, value)| (key.text(), value))
        .collect()
}

fn seccomp_profile(pod: &mut Judge<'_, '_>) {
    pod.rule = "seccompProfile_baseline";
    if !pod.from(19) {
        // Annotations of containers that are not there concern none.
        let containers: Vec<_> = pod
            .containers()
            .map(|(_, container)| container.name)
            .collect();
        for (key, value) in annotations(pod) {
            let container = key.strip_prefix(SECCOMP_ANNOTATION);
            let names_one = key == SECCOMP_POD_ANNOTATION
                || container.is_some_and(|name| containers.contains(&name));
            let profile = if value.is_null() { "" } else { value.text() };
            let allowed = matches!(profile, "runtime/default" | "docker/default")
                || profile.starts_with("localhost/");
            if names_one && !allowed {
                pod.forbid_pod(value, format!("annotation {key}={profile}"));
            }
        }
        return;
    }
    let is_allowed = |field: Node<'_>| matches!(field.text(), "RuntimeDefault" | "Localhost");
    if let Some(field) = profile_type(pod.workload.pod.security("seccompProfile"))
        && !is_allowed(field)
    {
        pod.forbid_pod(field, format!("seccompProfile.type={}", shown(field)));
    }
    for (index, container) in pod.containers() {
        if let Some(field) = profile_type(container.own_security("seccompProfile"))
            && !is_allowed(field)
        {
            pod.forbid_container(
                index,
                field,
                format!("seccompProfile.type={}", shown(field)),
            );
        }
    }
}

fn se_linux_options(pod: &mut Judge<'_, '_>) {
    pod.rule = "seLinuxOptions";
    let engine = pod.from(31);
    let faults = move |options: Node<'_>| -> Vec<(&'static str, String)> {
        ["type", "user", "role"]
            .into_iter()
            .filter_map(|key| {
                let field = options.get(key)?;
                let text = if field.is_null() { "" } else { field.text() };
                let allowed = match key {
                    "type" => {
                        matches!(
                            text,
                            "" | "container_t" | "container_init_t" | "container_kvm_t"
                        ) || (engine && text == "container_engine_t")
                    }
                    _ => text.is_empty(),
                };
                (!allowed).then(|| (key, format!("seLinuxOptions.{key}={text}")))
            })
            .collect()
    };
    if let Some(options) = pod.workload.pod.security("seLinuxOptions") {
        for (key, detail) in faults(options) {
            pod.forbid_pod(options.get(key).unwrap_or(options), detail);
        }
    }
    for (index, container) in pod.containers() {
        if let Some(options) = container.own_security("seLinuxOptions") {
            for (key, detail) in faults(options) {
                pod.forbid_container(index, options.get(key).unwrap_or(options), detail);
            }
        }
    }
}

fn sysctls(pod: &mut Judge<'_, '_>) {
    pod.rule = "sysctls";
    let Some(context) = pod.workload.pod.security_context else {
        return;
    };
    for sysctl in context.list("sysctls") {
        // Without a name it is one whose name is empty.
        let name = sysctl.get("name").unwrap_or(sysctl);
        let allowed = SAFE_SYSCTLS
            .iter()
            .any(|&(allowed, minor)| allowed == name.text() && pod.from(minor));
        if !allowed {
            pod.forbid_pod(name, format!("sysctl {}", shown(name)));
        }
    }
}

fn proc_mount(pod: &mut Judge<'_, '_>) {
    pod.rule = "procMount";
    if pod.has_own_users() {
        return;
    }
    forbid_proc_mounts(pod);
}

/// Forbids every `procMount` other than `Default`.
pub(super) fn forbid_proc_mounts(pod: &mut Judge<'_, '_>) {
    for (index, container) in pod.containers() {
        if let Some(field) = container.own_security("procMount")
            && field.text() != "Default"
        {
            pod.forbid_container(index, field, format!("procMount={}", shown(field)));
        }
    }
}

/// Where a host can be named: field, hook inside it, handler.
const HANDLERS: &[[&str; 3]] = &[
    ["livenessProbe", "", "httpGet"],
    ["livenessProbe", "", "tcpSocket"],
    ["readinessProbe", "", "httpGet"],
    ["readinessProbe", "", "tcpSocket"],
    ["startupProbe", "", "httpGet"],
    ["startupProbe", "", "tcpSocket"],
    ["lifecycle", "postStart", "httpGet"],
    ["lifecycle", "postStart", "tcpSocket"],
    ["lifecycle", "preStop", "httpGet"],
    ["lifecycle", "preStop", "tcpSocket"],
];

fn host_probes(pod: &mut Judge<'_, '_>) {
    pod.rule = "hostProbesAndHostLifecycle";
    for (index, container) in pod.containers() {
        for &[outer, inner, handler] in HANDLERS {
            let Some(outer_node) = container.node.get(outer) else {
                continue;
            };
            let holder = if inner.is_empty() {
                Some(outer_node)
            } else {
                outer_node.get(inner)
            };
            let host = holder.and_then(|holder| holder.path(&[handler, "host"]));
            if let Some(host) = host.filter(|host| !host.is_null() && !host.text().is_empty()) {
                pod.forbid_container(index, host, format!("{outer} host {}", shown(host)));
            }
        }
    }
}
