#!/usr/bin/env python3
"""Writes shipped-roles.tsv: what the roles hold that the API server itself creates.

Reads the lists that Kubernetes tests these roles against, of some releases, from the Go module cache
(`go mod download`). Only facts are taken: names of roles, groups, resources and verbs, and the names of
objects that a rule is limited to. A role has what it has in any of the releases. Needs PyYAML.
"""

import subprocess
from collections import defaultdict
from pathlib import Path

import yaml

RELEASES = {19: 16, 22: 17, 25: 16, 28: 15, 30: 14, 33: 13, 35: 4, 37: 2}

FOLDER = "plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata"
FILES = ["cluster-roles.yaml", "controller-roles.yaml", "namespace-roles.yaml"]


def lists(minor, patch):
    subprocess.run(["go", "mod", "download", f"k8s.io/kubernetes@v1.{minor}.{patch}"], check=True, cwd="/")
    cache = Path(subprocess.check_output(["go", "env", "GOMODCACHE"], text=True).strip())
    folder = cache / "k8s.io" / f"kubernetes@v1.{minor}.{patch}" / FOLDER
    for name in FILES:
        yield from yaml.safe_load((folder / name).read_text(encoding="utf-8"))["items"]


def selected(role, others):
    """The role itself and those that are aggregated into it, over any number of levels."""
    found, rest = [], [role]
    while rest:
        one = rest.pop()
        if one in found:
            continue
        found.append(one)
        for selector in (one.get("aggregationRule") or {}).get("clusterRoleSelectors", []):
            for other in others:
                labels = other["metadata"].get("labels") or {}
                if all(labels.get(key) == value for key, value in selector["matchLabels"].items()):
                    rest.append(other)
    return found


def main():
    # Verbs by role, group, resource and names.
    verbs = defaultdict(set)
    for minor, patch in RELEASES.items():
        roles = list(lists(minor, patch))
        for role in roles:
            namespace = role["metadata"].get("namespace")
            name = role["metadata"]["name"]
            name = f"{namespace}/{name}" if namespace else name
            for part in selected(role, roles):
                for rule in part.get("rules") or []:
                    names = ",".join(sorted(rule.get("resourceNames") or []))
                    for group in rule.get("apiGroups") or []:
                        for resource in rule.get("resources") or []:
                            verbs[name, group, resource, names].update(rule["verbs"])
    lines = defaultdict(list)
    for (name, group, resource, names), has in verbs.items():
        lines[name, group, ",".join(sorted(has)), names].append(resource)
    for (name, group, has, names), resources in sorted(lines.items()):
        print(name, group, ",".join(sorted(resources)), has, names, sep="\t")


if __name__ == "__main__":
    main()
