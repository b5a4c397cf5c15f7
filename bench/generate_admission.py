#!/usr/bin/env python3
"""Writes what an admission server is asked about: the same bytes for the same arguments.

usage: generate_admission.py FOLDER [--objects 10000] [--reviews 2000] [--seed 7]

FOLDER/objects       objects of a cluster: pods, workloads, Services, Ingresses and what goes with them
FOLDER/ingresses     as many Ingresses, two hosts each
FOLDER/reviews.jsonl AdmissionReviews as an API server sends them, one a line: 60 % pods, 25 % workloads,
                     15 % Services; defaults are filled in and managed fields kept; one in ten breaks some rule
"""

import argparse
import json
import pathlib
import random

WORDS = "amber birch cedar delta ember fjord grove heron inlet juniper kelp lark maple north ochre pine".split()
KINDS = {
    "Pod": ("", "v1", "pods"),
    "Service": ("", "v1", "services"),
    "Namespace": ("", "v1", "namespaces"),
    "Deployment": ("apps", "v1", "deployments"),
    "StatefulSet": ("apps", "v1", "statefulsets"),
    "Ingress": ("networking.k8s.io", "v1", "ingresses"),
    "PodDisruptionBudget": ("policy", "v1", "poddisruptionbudgets"),
    "HorizontalPodAutoscaler": ("autoscaling", "v2", "horizontalpodautoscalers"),
}
TIME = "2026-11-20T10:00:00Z"


class Maker:
    def __init__(self, seed):
        self.pick = random.Random(seed)

    def hexadecimal(self, length):
        return "".join(self.pick.choice("0123456789abcdef") for _ in range(length))

    def uid(self):
        return "-".join(self.hexadecimal(length) for length in (8, 4, 4, 4, 12))

    def namespace(self):
        return f"{self.pick.choice(WORDS)}-{self.pick.randrange(4)}"

    def meta(self, name, namespace, labels, **more):
        managed = {
            "manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "time": TIME, "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:labels": {".": {}, **{f"f:{label}": {} for label in labels}}},
                         "f:spec": {f"f:{field}": {} for field in ("containers", "dnsPolicy", "restartPolicy", "securityContext", "volumes")}},
        }
        return {"name": name, "namespace": namespace, "uid": self.uid(), "creationTimestamp": TIME, "labels": labels, **more, "managedFields": [managed]}

    def container(self, name, careless):
        pick = self.pick
        probe = lambda path: {
            "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
            "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
        }
        image = f"openpolicyagent/{pick.choice(WORDS)}:1.{pick.randrange(40)}"
        made = {
            "name": name,
            "image": image if careless else f"{image}@sha256:{self.hexadecimal(64)}",
            "imagePullPolicy": "IfNotPresent",
            "args": [f"--port={8000 + pick.randrange(900)}", f"--upstream=http://{pick.choice(WORDS)}.{pick.choice(WORDS)}.svc:8080"],
            "env": [{"name": f"{pick.choice(WORDS).upper()}_{number}", "value": f"{pick.choice(WORDS)}-{pick.randrange(10**6)}"} for number in range(pick.randrange(2, 6))],
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "resources": {
                "limits": {"cpu": "500m", "memory": "256Mi", "ephemeral-storage": "200Mi"},
                "requests": {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "100Mi"},
            },
            "readinessProbe": probe("/readyz"),
            "livenessProbe": probe("/healthz"),
            "securityContext": {
                "allowPrivilegeEscalation": careless, "privileged": False, "readOnlyRootFilesystem": True, "runAsNonRoot": True,
                "runAsUser": 10001, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"},
            },
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
        }
        return made

    def pod_spec(self, careless):
        return {
            "containers": [self.container(name, careless) for name in ["app", "proxy", "agent"][: self.pick.randrange(1, 4)]],
            "volumes": [{"name": "scratch", "emptyDir": {}}, {"name": "settings", "configMap": {"name": "settings", "defaultMode": 420}}],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "app",
            "serviceAccount": "app",
            "automountServiceAccountToken": careless,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "schedulerName": "default-scheduler",
            "tolerations": [
                {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300} for what in ("not-ready", "unreachable")
            ],
            "priority": 0,
            "enableServiceLinks": True,
            "preemptionPolicy": "PreemptLowerPriority",
        }

    def labels(self, number):
        return {"app.kubernetes.io/name": f"{self.pick.choice(WORDS)}-{number}", "team": self.pick.choice(WORDS)}

    def pod(self, number, careless):
        annotations = {"prometheus.io/scrape": "true", "seccomp.security.alpha.kubernetes.io/pod": "runtime/default"}
        return "Pod", {"metadata": self.meta(f"pod-{number}", self.namespace(), self.labels(number), annotations=annotations), "spec": self.pod_spec(careless)}

    def workload(self, number, careless):
        labels = self.labels(number)
        spec = {
            "replicas": self.pick.randrange(1, 6), "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": self.pod_spec(careless)},
        }
        kind = self.pick.choice(["Deployment", "Deployment", "StatefulSet"])
        return kind, {"metadata": self.meta(f"workload-{number}", self.namespace(), labels), "spec": spec}

    def service(self, number, careless):
        annotations = {} if careless else {"a8r.io/owner": "storefront", "a8r.io/runbook": f"https://runbooks.example.com/{number}"}
        spec = {
            "type": "LoadBalancer" if careless else "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster",
            "selector": {"app.kubernetes.io/name": f"service-{number}", "tier": "web"},
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
        }
        return "Service", {"metadata": self.meta(f"service-{number}", self.namespace(), self.labels(number), annotations=annotations), "spec": spec}

    def ingress(self, number):
        backend = {"service": {"name": f"service-{number}", "port": {"number": 80}}}
        rules = [
            {"host": f"{name}{number}.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}} for name in ("shop", "api")
        ]
        return "Ingress", {"metadata": self.meta(f"ingress-{number}", self.namespace(), self.labels(number)), "spec": {"ingressClassName": "nginx", "rules": rules}}

    def budget(self, number):
        spec = {"minAvailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": f"none-{number}"}}}
        return "PodDisruptionBudget", {"metadata": self.meta(f"budget-{number}", self.namespace(), self.labels(number)), "spec": spec}

    def autoscaler(self, number):
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"workload-{number}"}
        spec = {"minReplicas": 3, "maxReplicas": 6, "scaleTargetRef": target}
        return "HorizontalPodAutoscaler", {"metadata": self.meta(f"autoscaler-{number}", self.namespace(), self.labels(number)), "spec": spec}

    def of_a_cluster(self, number):
        share = number % 20
        if share < 8:
            return self.pod(number, False)
        if share < 11:
            return self.workload(number, False)
        if share < 15:
            return self.service(number, False)
        if share < 18:
            return self.ingress(number)
        return self.budget(number) if share == 18 else self.autoscaler(number)

    def to_review(self, number):
        careless = self.pick.random() < 0.1
        share = self.pick.random()
        if share < 0.6:
            return self.pod(number, careless)
        return self.workload(number, careless) if share < 0.85 else self.service(number, careless)


def whole(kind, rest):
    group, version, _ = KINDS[kind]
    return {"apiVersion": f"{group}/{version}" if group else version, "kind": kind, **rest}


def review(maker, kind, rest):
    group, version, resource = KINDS[kind]
    kinds = {"group": group, "version": version, "kind": kind}
    resources = {"group": group, "version": version, "resource": resource}
    user = {
        "username": "system:serviceaccount:kube-system:replicaset-controller", "uid": maker.uid(),
        "groups": ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
    }
    request = {
        "uid": maker.uid(), "kind": kinds, "resource": resources, "requestKind": kinds, "requestResource": resources,
        "name": rest["metadata"]["name"], "namespace": rest["metadata"]["namespace"], "operation": "CREATE", "userInfo": user,
        "object": whole(kind, rest), "oldObject": None, "dryRun": False, "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}


def write(folder, documents):
    folder.mkdir(exist_ok=True)
    for number in range(0, len(documents), 500):
        # JSON is YAML, and any reader is quick with it.
        text = "".join(f"---\n{json.dumps(document)}\n" for document in documents[number : number + 500])
        (folder / f"{number:06}.yaml").write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--reviews", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    maker = Maker(arguments.seed)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    write(arguments.folder / "objects", [whole(*maker.of_a_cluster(number)) for number in range(arguments.objects)])
    write(arguments.folder / "ingresses", [whole(*maker.ingress(number)) for number in range(arguments.objects)])
    with (arguments.folder / "reviews.jsonl").open("w") as out:
        for number in range(arguments.reviews):
            # None of them is among the objects.
            made = maker.to_review(arguments.objects + number)
            out.write(json.dumps(review(maker, *made), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
