#!/usr/bin/env python3
"""Writes a tree of Kubernetes manifests: the same bytes for the same arguments.

usage: generate_tree.py FOLDER [--files 20000] [--seed 7]

Every file holds one application's worth of something real teams write: workloads of all kinds with
one to three containers, Services, Ingresses, NetworkPolicies, RBAC, ConfigMaps, about 2 KB each.
Roughly every second workload is written carelessly, so that a scan has something to say.
"""

import argparse
import pathlib
import random

WORKLOADS = ["Deployment", "Deployment", "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Pod"]
OTHERS = ["Service", "Ingress", "NetworkPolicy", "Role", "ConfigMap"]
WORDS = "amber birch cedar delta ember fjord grove heron inlet juniper kelp lark maple north ochre pine".split()


def container(pick, name, careless):
    image = f"registry.example.com/{pick.choice(WORDS)}/{name}"
    lines = [
        f"- name: {name}",
        f"  image: {image}:latest" if careless and pick.random() < 0.5 else f"  image: {image}:1.{pick.randrange(40)}.{pick.randrange(9)}",
        "  args:",
        f"    - --listen=0.0.0.0:{8000 + pick.randrange(900)}",
        f"    - --upstream=http://{pick.choice(WORDS)}.{pick.choice(WORDS)}.svc:8080",
        "  ports:",
        f"    - name: http\n      containerPort: {8000 + pick.randrange(900)}",
        "  env:",
    ]
    for _ in range(pick.randrange(2, 6)):
        lines.append(f"    - name: {pick.choice(WORDS).upper()}_{pick.choice(WORDS).upper()}_{pick.randrange(99)}")
        lines.append(f'      value: "{pick.choice(WORDS)}-{pick.randrange(10**6)}"')
    lines += [
        "  resources:",
        f"    requests: {{cpu: {pick.randrange(1, 20) * 50}m, memory: {pick.randrange(1, 16) * 64}Mi}}",
    ]
    if not careless:
        lines.append(f"    limits: {{cpu: {pick.randrange(20, 40) * 50}m, memory: {pick.randrange(16, 32) * 64}Mi}}")
        lines += [
            "  securityContext:",
            "    allowPrivilegeEscalation: false",
            "    readOnlyRootFilesystem: true",
            "    runAsNonRoot: true",
            f"    runAsUser: {10001 + pick.randrange(5000)}",
            "    capabilities:",
            "      drop: [ALL]",
        ]
    elif pick.random() < 0.2:
        lines += ["  securityContext:", "    privileged: true"]
    lines += [
        "  readinessProbe:",
        "    httpGet: {path: /ready, port: http}",
        f"    periodSeconds: {pick.randrange(5, 30)}",
        "  volumeMounts:",
        "    - name: scratch\n      mountPath: /tmp",
    ]
    return "\n".join(lines)


def indent(text, by):
    return "\n".join(" " * by + line if line else line for line in text.split("\n"))


def pod_spec(pick, app, careless, restart):
    containers = [container(pick, app, careless)]
    for sidecar in pick.sample(["proxy", "exporter", "shipper"], pick.choice([0, 1, 1, 2])):
        containers.append(container(pick, sidecar, careless and pick.random() < 0.5))
    lines = []
    if not careless:
        lines += ["automountServiceAccountToken: false", "securityContext:", "  seccompProfile: {type: RuntimeDefault}"]
    elif pick.random() < 0.1:
        lines.append("hostNetwork: true")
    lines.append(f"serviceAccountName: {app}")
    if restart:
        lines.append(f"restartPolicy: {restart}")
    lines += ["containers:", indent("\n".join(containers), 2), "volumes:", "  - name: scratch", "    emptyDir: {sizeLimit: 64Mi}"]
    if careless and pick.random() < 0.1:
        lines += ["  - name: host", "    hostPath: {path: /var/log, type: Directory}"]
    return "\n".join(lines)


def head(api_version, kind, app, team):
    return (
        f"# Owned by team {team}; ask there before changing anything.\n"
        f"apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: {app}\n  namespace: {team}\n"
        f"  labels:\n    app.kubernetes.io/name: {app}\n    app.kubernetes.io/part-of: {team}\n"
        f"  annotations:\n    example.com/owner: {team}@example.com\n"
    )


def workload(pick, kind, app, team):
    careless = pick.random() < 0.5
    labels = f"      labels:\n        app.kubernetes.io/name: {app}\n"
    selector = f"  selector:\n    matchLabels:\n      app.kubernetes.io/name: {app}\n"
    if kind == "Pod":
        return head("v1", kind, app, team) + "spec:\n" + indent(pod_spec(pick, app, careless, None), 2) + "\n"
    if kind == "Job":
        return (
            head("batch/v1", kind, app, team)
            + "spec:\n  backoffLimit: 3\n  ttlSecondsAfterFinished: 3600\n  template:\n    spec:\n"
            + indent(pod_spec(pick, app, careless, "Never"), 6) + "\n"
        )
    if kind == "CronJob":
        return (
            head("batch/v1", kind, app, team)
            + f'spec:\n  schedule: "{pick.randrange(60)} {pick.randrange(24)} * * *"\n  concurrencyPolicy: Forbid\n'
            + "  jobTemplate:\n    spec:\n      template:\n        spec:\n"
            + indent(pod_spec(pick, app, careless, "OnFailure"), 10) + "\n"
        )
    extra = {"Deployment": f"  replicas: {pick.randrange(1, 9)}\n", "StatefulSet": f"  serviceName: {app}\n  replicas: 3\n", "DaemonSet": ""}[kind]
    return (
        head("apps/v1", kind, app, team) + "spec:\n" + extra + selector
        + "  template:\n    metadata:\n" + labels + "    spec:\n"
        + indent(pod_spec(pick, app, careless, None), 6) + "\n"
    )


def service(pick, app, team):
    ports = "".join(f"    - name: port-{n}\n      port: {8000 + n}\n      targetPort: http\n      protocol: TCP\n" for n in range(pick.randrange(2, 12)))
    kind = pick.choice(["ClusterIP", "ClusterIP", "ClusterIP", "NodePort", "LoadBalancer"])
    return head("v1", "Service", app, team) + f"spec:\n  type: {kind}\n  selector:\n    app.kubernetes.io/name: {app}\n  ports:\n{ports}"


def ingress(pick, app, team):
    rules = ""
    for n in range(pick.randrange(3, 8)):
        rules += (
            f"    - host: {pick.choice(WORDS)}{n}.{team}.example.com\n      http:\n        paths:\n"
            f"          - path: /\n            pathType: Prefix\n            backend:\n"
            f"              service:\n                name: {app}\n                port: {{number: 8000}}\n"
        )
    tls = f"  tls:\n    - secretName: {app}-tls\n" if pick.random() < 0.5 else ""
    return head("networking.k8s.io/v1", "Ingress", app, team) + f"spec:\n  ingressClassName: nginx\n{tls}  rules:\n{rules}"


def network_policy(pick, app, team):
    peers = "".join(
        f"    - from:\n        - podSelector:\n            matchLabels:\n              app.kubernetes.io/name: {pick.choice(WORDS)}-{n}\n"
        f"      ports:\n        - protocol: TCP\n          port: {8000 + pick.randrange(900)}\n"
        for n in range(pick.randrange(3, 9))
    )
    return (
        head("networking.k8s.io/v1", "NetworkPolicy", app, team)
        + f"spec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: {app}\n  policyTypes: [Ingress]\n  ingress:\n{peers}"
    )


def role(pick, app, team):
    rules = ""
    for _ in range(pick.randrange(4, 12)):
        what = pick.choice(["configmaps", "services", "pods", "secrets", "deployments", "events", '"*"'])
        verbs = pick.sample(["get", "list", "watch", "create", "update", "patch", "delete"], pick.randrange(1, 5))
        rules += f"  - apiGroups: [\"\"]\n    resources: [{what}]\n    verbs: [{', '.join(verbs)}]\n"
    binding = (
        f"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: {app}\n  namespace: {team}\n"
        f"roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: {app}\n"
        f"subjects:\n  - kind: ServiceAccount\n    name: {app}\n    namespace: {team}\n"
    )
    return head("rbac.authorization.k8s.io/v1", "Role", app, team) + "rules:\n" + rules + binding


def config_map(pick, app, team):
    lines = "".join(
        f"    {pick.choice(WORDS)}.{pick.choice(WORDS)}.{n} = {pick.choice(WORDS)} {pick.randrange(10**9)}\n" for n in range(pick.randrange(30, 80))
    )
    return head("v1", "ConfigMap", app, team) + f"data:\n  mode: {pick.choice(WORDS)}\n  application.properties: |\n{lines}"


def manifest(pick, app, team):
    if pick.random() < 0.7:
        return workload(pick, pick.choice(WORKLOADS), app, team)
    kind = pick.choice(OTHERS)
    return {"Service": service, "Ingress": ingress, "NetworkPolicy": network_policy, "Role": role, "ConfigMap": config_map}[kind](pick, app, team)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    pick = random.Random(arguments.seed)
    total = 0
    for number in range(arguments.files):
        team = f"team-{number // 200:03}"
        app = f"{pick.choice(WORDS)}-{pick.choice(WORDS)}-{number:05}"
        text = manifest(pick, app, team)
        path = arguments.folder / team / f"{app}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        total += len(text)
    print(f"{arguments.files} files, {total / 1e6:.1f} MB, seed {arguments.seed}")


if __name__ == "__main__":
    main()
