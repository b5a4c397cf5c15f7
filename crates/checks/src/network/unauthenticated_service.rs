use super::no_authentication::switched_off;
use crate::{
    Check, Confidence, Container, Findings, ForWorkload, Inventory, Node, Workload, check,
    inventory::order,
};

check! {
    /// ## What it finds
    /// Programs whose authentication is switched off by an argument or an environment variable, in a pod that a Service selects or that has a `hostPort`.
    /// Known are the switches of `MySQL`, `MariaDB`, `PostgreSQL`, `MongoDB`, Redis, Elasticsearch, `OpenSearch`, Neo4j, `ZooKeeper`, etcd, Docker, Traefik, Grafana, Jupyter, code-server, Argo, the Kubernetes dashboard, mongo-express and Vault's development mode.
    /// Only what is written can be seen: a program that asks for no login by its own default is not found, and one that sits behind a proxy is; hence the medium confidence.
    ///
    /// ## Why it matters
    /// Whoever reaches the port reads and changes everything behind it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: db
    ///   labels:
    ///     app: db
    /// spec:
    ///   containers:
    ///     - name: postgres
    ///       env:
    ///         - name: POSTGRES_HOST_AUTH_METHOD
    ///           value: trust # <-
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: db
    /// spec:
    ///   selector:
    ///     app: db
    ///   ports:
    ///     - port: 5432
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: cache
    ///   labels:
    ///     app: cache
    /// spec:
    ///   containers:
    ///     - name: redis
    ///       command: [redis-server]
    ///       args:
    ///         - --protected-mode
    ///         - "no" # <-
    ///       ports:
    ///         - containerPort: 6379
    ///           hostPort: 6379
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: docker
    ///   labels:
    ///     app: docker
    /// spec:
    ///   containers:
    ///     - name: docker
    ///       image: docker:28.1.1-dind
    ///       args:
    ///         - dockerd
    ///         - --host=tcp://0.0.0.0:2375 # <-
    ///         - --tls=false
    ///     - name: other
    ///       image: docker:28.1.1-dind
    ///       env:
    ///         - name: DOCKER_TLS_CERTDIR # <-
    ///           value: ""
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: docker
    /// spec:
    ///   selector:
    ///     app: docker
    ///   ports:
    ///     - port: 2375
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: docker
    ///   labels:
    ///     app: docker
    /// spec:
    ///   containers:
    ///     - name: docker
    ///       image: docker:28.1.1-dind
    ///     - name: local
    ///       image: docker:28.1.1-dind
    ///       args: [dockerd, --host=tcp://127.0.0.1:2375]
    ///     - name: client
    ///       image: docker:28.1.1-cli
    ///       env:
    ///         - name: DOCKER_TLS_CERTDIR
    ///           value: ""
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: docker
    /// spec:
    ///   selector:
    ///     app: docker
    ///   ports:
    ///     - port: 2376
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: db
    ///   labels:
    ///     app: db
    /// spec:
    ///   containers:
    ///     - name: postgres
    ///       env:
    ///         - name: POSTGRES_HOST_AUTH_METHOD
    ///           value: scram-sha-256
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: db
    /// spec:
    ///   selector:
    ///     app: db
    ///   ports:
    ///     - port: 5432
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: test
    /// spec:
    ///   containers:
    ///     - name: postgres
    ///       env:
    ///         - name: POSTGRES_HOST_AUTH_METHOD
    ///           value: trust
    /// ```
    ///
    /// ## Fix
    /// Remove the switch, and give the program credentials from a Secret.
    UnauthenticatedService {
        id: "unauthenticated-service",
        title: "Reachable service answers without authentication",
        ring: Cluster,
        target: Network,
        hooks: [WorkloadAmong],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnauthenticatedService {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        Box::new(move |workload, findings| {
            for container in workload.long_running() {
                if let Some((place, what)) = switched_off(container) {
                    report(inventory, workload, container, place, what, findings);
                }
            }
        })
    }
}

fn report(
    inventory: &Inventory<'_>,
    workload: &Workload<'_>,
    container: &Container<'_>,
    place: Node<'_>,
    what: &str,
    findings: &mut Findings<'_>,
) {
    let service = inventory
        .services_of(workload)
        .filter(|service| service.spec.is_some())
        .min_by_key(|service| order(service));
    let host_port = container
        .node
        .list("ports")
        .find_map(|port| port.get("hostPort").filter(|port| !port.is_null()));
    let (label, evidence) = match (service, host_port) {
        (Some(service), _) => ("the Service that leads to it", service.place()),
        (None, Some(port)) => ("the port of the node that leads to it", port),
        (None, None) => return,
    };
    findings
        .add(UnauthenticatedService::META)
        .about_container(container)
        .at(place)
        .note(format!("answers without authentication: {what}"))
        .confidence(Confidence::Medium)
        .evidence(label, evidence);
}
