#!/usr/bin/env python3
"""Writes apiserver-flags.tsv: the flags of kube-apiserver, release by release.

Reads the Go sources of each release from the Go module cache (`go mod download`), where flags are
declared by calls such as `fs.StringVar(&s.Path, "name", ...)`. Only facts are taken: names and releases.
With a path to a kube-apiserver of the newest release as argument, compares with what `--help` of it says.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

# The newest patch of each minor release that the module proxy has.
RELEASES = {
    19: 16, 20: 15, 21: 14, 22: 17, 23: 17, 24: 17, 25: 16, 26: 15, 27: 16, 28: 15, 29: 15, 30: 14,
    31: 14, 32: 13, 33: 13, 34: 4, 35: 4, 36: 3, 37: 2,
}

# Where the flags of the server are declared; folders that a release does not have are passed over.
FOLDERS = {
    "kubernetes@v1": [
        "cmd/kube-apiserver/app",
        "pkg/controlplane/apiserver/options",
        "pkg/kubeapiserver/options",
        "plugin/pkg/admission/defaulttolerationseconds",
    ],
    "apiserver@v0": [
        "pkg/server/options",
        "pkg/util/feature",
    ],
    "component-base@v0": [
        "cli/globalflag",
        "compatibility",
        "featuregate",
        "logs",
        "metrics",
        "version/verflag",
        "zpages",
        "tracing",
    ],
}

# Matched by the pattern, but flags of other programs or none at all.
NO_FLAGS = {
    # Of servers that ask another API server about requests.
    "authentication-kubeconfig", "authentication-skip-lookup", "authentication-tolerate-lookup-failure",
    "authorization-kubeconfig", "authorization-always-allow-paths",
    "feature-gate", "kubeconfig", "log-hot-reload", "sub", "webhook-hot-reload",
}

# Of klog, which declares them itself; the servers took them until 1.25.
KLOG = {
    "add-dir-header", "alsologtostderr", "log-backtrace-at", "log-dir", "log-file", "log-file-max-size",
    "logtostderr", "one-output", "vmodule", "skip-headers", "skip-log-headers", "stderrthreshold",
}
KLOG_LAST = 25

# Two flags without effect, which the server declared from a list of names until 1.23.
INSECURE_PORTS = {"insecure-port", "port"}
INSECURE_PORTS_LAST = 23

CALL = re.compile(
    r"\.(?:\w*Var(?:P|PF)?|String|Int|Int64|Bool|Duration|StringSlice|StringArray)\(\s*(?:[^\"`;{}]|\{[^\"`;{}]*\})*?\"([a-z][a-z0-9-]*)\"\s*,"
)
CONSTANT = re.compile(r"(?:flag\w*|\w*FlagName|\w*Flag)\s*=\s*\"([a-z][a-z0-9-]+)\"")


def download(modules):
    names = [f"k8s.io/{module}" for module in modules]
    for name in names:
        subprocess.run(["go", "mod", "download", name], check=True, cwd="/")


def expanded(text):
    """Names with a part that a function fills in: those of the audit log and of the audit webhook."""
    for name in re.findall(r"Sprintf\(\"([a-z%-]+-%s-[a-z-]+|[a-z%-]*%s-[a-z-]+)\"", text):
        for part in ("log", "webhook"):
            yield name.replace("%s", part)


def flags(minor, patch):
    cache = Path(subprocess.check_output(["go", "env", "GOMODCACHE"], text=True).strip())
    found = set()
    for module, folders in FOLDERS.items():
        root = cache / "k8s.io" / f"{module}.{minor}.{patch}"
        for folder in folders:
            for path in sorted((root / folder).rglob("*.go")):
                if path.name.endswith("_test.go"):
                    continue
                if "kube-log-runner" in path.parts:
                    continue
                # Declared for years after the server stopped to use it.
                if path.name == "deprecated_insecure_serving.go" and not has_insecure_port(cache, minor, patch):
                    continue
                text = path.read_text(encoding="utf-8", errors="replace")
                text = re.sub(r"^\s*//.*$", "", text, flags=re.M)
                found.update(CALL.findall(text))
                found.update(CONSTANT.findall(text))
                found.update(expanded(text))
    found -= NO_FLAGS
    found.add("help")
    if minor <= KLOG_LAST:
        found |= KLOG
    if minor <= INSECURE_PORTS_LAST:
        found |= INSECURE_PORTS
    return found


def has_insecure_port(cache, minor, patch):
    options = cache / "k8s.io" / f"kubernetes@v1.{minor}.{patch}" / "cmd/kube-apiserver/app/options/options.go"
    return "InsecureServing" in options.read_text(encoding="utf-8")


def main():
    by_release = {}
    for minor, patch in RELEASES.items():
        download([f"{module}.{minor}.{patch}" for module in FOLDERS])
        by_release[minor] = flags(minor, patch)
    newest = max(RELEASES)
    if len(sys.argv) > 1:
        text = subprocess.check_output([sys.argv[1], "--help"], text=True)
        real = set(re.findall(r"^ +(?:-[a-z], )?--([a-z0-9-]+)", text, flags=re.M))
        print("only in --help:", *sorted(real - by_release[newest]), file=sys.stderr)
        print("only in the sources:", *sorted(by_release[newest] - real), file=sys.stderr)
    for name in sorted(set().union(*by_release.values())):
        releases = [minor for minor in RELEASES if name in by_release[minor]]
        print(name, releases[0], releases[-1], sep="\t")


if __name__ == "__main__":
    main()
