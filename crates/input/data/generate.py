#!/usr/bin/env python3
"""Writes kinds.txt, types.txt and merging.txt: the shape of every built-in Kubernetes kind. See README.md.

Reads the Go types of Kubernetes' own modules from the module cache, because they are the one place that also knows
API versions no server has any more, and compares the result with the OpenAPI document of the newest release.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

NEWEST = "v0.37.2"
KUBERNETES = "k8s.io/kubernetes@v1.37.2"
# What the newest no longer has.
OLDER_KUBERNETES = "k8s.io/kubernetes@v1.36.3"
GATEWAY = "sigs.k8s.io/gateway-api@v1.7.0"
# Older releases, newest first: each gives the types that later ones no longer have.
OLDER = ["v0.36.3", "v0.31.14", "v0.27.16", "v0.24.17", "v0.22.17", "v0.20.15", "v0.19.16", "v0.15.12"]

# Folder under k8s.io/api, and the API group it holds where that is not the folder's own name.
GROUPS = {
    "admission": "admission.k8s.io",
    "admissionregistration": "admissionregistration.k8s.io",
    "apiserverinternal": "internal.apiserver.k8s.io",
    "apps": "apps",
    "auditregistration": "auditregistration.k8s.io",
    "authentication": "authentication.k8s.io",
    "authorization": "authorization.k8s.io",
    "autoscaling": "autoscaling",
    "batch": "batch",
    "certificates": "certificates.k8s.io",
    "coordination": "coordination.k8s.io",
    "core": "",
    "discovery": "discovery.k8s.io",
    "events": "events.k8s.io",
    "extensions": "extensions",
    "flowcontrol": "flowcontrol.apiserver.k8s.io",
    "imagepolicy": "imagepolicy.k8s.io",
    "lifecycle": "lifecycle.k8s.io",
    "networking": "networking.k8s.io",
    "node": "node.k8s.io",
    "policy": "policy",
    "rbac": "rbac.authorization.k8s.io",
    "resource": "resource.k8s.io",
    "scheduling": "scheduling.k8s.io",
    "settings": "settings.k8s.io",
    "storage": "storage.k8s.io",
    "storagemigration": "storagemigration.k8s.io",
}

# Packages outside k8s.io/api: name here, import path, API group (None: holds no kinds of its own).
PACKAGES = [
    ("meta/v1", "k8s.io/apimachinery/pkg/apis/meta/v1", None),
    ("apiextensions/v1", "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1", "apiextensions.k8s.io"),
    ("apiextensions/v1beta1", "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1", "apiextensions.k8s.io"),
    ("apiregistration/v1", "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1", "apiregistration.k8s.io"),
    ("apiregistration/v1beta1", "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1beta1", "apiregistration.k8s.io"),
    ("audit/v1", "k8s.io/apiserver/pkg/apis/audit/v1", "audit.k8s.io"),
    ("apiserver/v1", "k8s.io/apiserver/pkg/apis/apiserver/v1", "apiserver.config.k8s.io"),
    ("apiserver/v1beta1", "k8s.io/apiserver/pkg/apis/apiserver/v1beta1", "apiserver.config.k8s.io"),
    ("apiserver/v1alpha1", "k8s.io/apiserver/pkg/apis/apiserver/v1alpha1", "apiserver.config.k8s.io"),
    ("resourcequota/v1", "k8s.io/apiserver/pkg/admission/plugin/resourcequota/apis/resourcequota/v1",
     "apiserver.config.k8s.io"),
    ("webhookadmission/v1", "k8s.io/apiserver/pkg/admission/plugin/webhook/config/apis/webhookadmission/v1",
     "apiserver.config.k8s.io"),
    ("policyconfig/v1", "k8s.io/apiserver/pkg/admission/plugin/policy/config/apis/policyconfig/v1",
     "apiserver.config.k8s.io"),
    ("eventratelimit/v1alpha1",
     "k8s.io/kubernetes/plugin/pkg/admission/eventratelimit/apis/eventratelimit/v1alpha1",
     "eventratelimit.admission.k8s.io"),
    ("podtolerationrestriction/v1alpha1",
     "k8s.io/kubernetes/plugin/pkg/admission/podtolerationrestriction/apis/podtolerationrestriction/v1alpha1",
     "podtolerationrestriction.admission.k8s.io"),
    ("podsecurity/v1", "k8s.io/pod-security-admission/admission/api/v1", "pod-security.admission.config.k8s.io"),
    ("podsecurity/v1beta1", "k8s.io/pod-security-admission/admission/api/v1beta1",
     "pod-security.admission.config.k8s.io"),
    ("podsecurity/v1alpha1", "k8s.io/pod-security-admission/admission/api/v1alpha1",
     "pod-security.admission.config.k8s.io"),
    ("kubelet/v1", "k8s.io/kubelet/config/v1", "kubelet.config.k8s.io"),
    ("kubelet/v1beta1", "k8s.io/kubelet/config/v1beta1", "kubelet.config.k8s.io"),
    ("kubelet/v1alpha1", "k8s.io/kubelet/config/v1alpha1", "kubelet.config.k8s.io"),
    ("kubeproxy/v1alpha1", "k8s.io/kube-proxy/config/v1alpha1", "kubeproxy.config.k8s.io"),
    ("kubescheduler/v1", "k8s.io/kube-scheduler/config/v1", "kubescheduler.config.k8s.io"),
    ("kubeadm/v1beta3", "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/v1beta3", "kubeadm.k8s.io"),
    ("kubeadm/v1", "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/v1", "kubeadm.k8s.io"),
    ("kubeadm/v1beta4", "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/v1beta4", "kubeadm.k8s.io"),
    ("bootstraptoken/v1", "k8s.io/kubernetes/cmd/kubeadm/app/apis/bootstraptoken/v1", None),
    ("component/v1alpha1", "k8s.io/component-base/config/v1alpha1", None),
    ("logs/v1", "k8s.io/component-base/logs/api/v1", None),
    ("metrics/v1", "k8s.io/component-base/metrics/api/v1", None),
    ("tracing/v1", "k8s.io/component-base/tracing/api/v1", None),
    ("clientcmd/v1", "k8s.io/client-go/tools/clientcmd/api/v1", None),
    ("clientauthentication/v1", "k8s.io/client-go/pkg/apis/clientauthentication/v1", "client.authentication.k8s.io"),
    ("clientauthentication/v1beta1", "k8s.io/client-go/pkg/apis/clientauthentication/v1beta1",
     "client.authentication.k8s.io"),
    ("gateway/v1", "sigs.k8s.io/gateway-api/apis/v1", "gateway.networking.k8s.io"),
    ("gateway/v1beta1", "sigs.k8s.io/gateway-api/apis/v1beta1", "gateway.networking.k8s.io"),
    ("gateway/v1alpha2", "sigs.k8s.io/gateway-api/apis/v1alpha2", "gateway.networking.k8s.io"),
    ("gateway/v1alpha3", "sigs.k8s.io/gateway-api/apis/v1alpha3", "gateway.networking.k8s.io"),
]

# Kinds whose struct embeds no TypeMeta, or that have the shape of another version.
EXTRA_KINDS = [
    ("v1", "Config", "clientcmd/v1", "Config"),
    ("v1", "EncryptionConfig", "apiserver/v1", "EncryptionConfiguration"),
    # Only the version differs.
    ("audit.k8s.io/v1alpha1", "Policy", "audit/v1", "Policy"),
    ("audit.k8s.io/v1beta1", "Policy", "audit/v1", "Policy"),
    ("v1", "Status", "meta/v1", "Status"),
]

# Kinds that register under another name than their struct's.
RENAMED = {
    ("apiserver.config.k8s.io/v1", "WebhookAdmission"): "WebhookAdmissionConfiguration",
    ("apiserver.config.k8s.io/v1", "Configuration"): "ResourceQuotaConfiguration",
}

# Kinds with metadata that no path serves, or only below another resource.
NO_RESOURCE = {"Config", "EncryptionConfig", "JobTemplate", "PodStatusResult", "RangeAllocation", "Scale", "SerializedReference", "Status",
               "DeploymentRollback"}

# Packages outside k8s.io/api whose kinds a server stores.
SERVED = {"apiextensions/v1", "apiextensions/v1beta1", "apiregistration/v1", "apiregistration/v1beta1", "gateway/v1",
          "gateway/v1beta1", "gateway/v1alpha2", "gateway/v1alpha3"}

# Types with a JSON form of their own.
SPECIAL = {
    "k8s.io/apimachinery/pkg/api/resource.Quantity": "q",
    "k8s.io/apimachinery/pkg/api/resource.QuantityValue": "q",
    "k8s.io/apimachinery/pkg/util/intstr.IntOrString": "x",
    "k8s.io/apimachinery/pkg/runtime.RawExtension": "*",
    "k8s.io/apimachinery/pkg/runtime.Unknown": "*",
    "k8s.io/apimachinery/pkg/runtime.Object": "*",
    "k8s.io/apimachinery/pkg/types.UID": "s",
    "k8s.io/apimachinery/pkg/types.NodeName": "s",
    "k8s.io/apimachinery/pkg/types.NamespacedName": "*",
    "k8s.io/component-base/featuregate.FeatureGate": "*",
    "time.Duration": "l",
    "meta/v1.Time": "t",
    "meta/v1.MicroTime": "t",
    "meta/v1.Duration": "s",
    "meta/v1.FieldsV1": "*",
    "logs/v1.TimeOrMetaDuration": "s",
    "bootstraptoken/v1.BootstrapTokenString": "s",
    "apiextensions/v1.JSON": "*",
    "apiextensions/v1beta1.JSON": "*",
}
for version in ("v1", "v1beta1"):
    # An object, or something shorter: a list of schemas, a boolean, a list of names.
    for name in ("JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrStringArray"):
        SPECIAL[f"apiextensions/{version}.{name}"] = "?JSONSchemaProps"
SPECIAL["logs/v1.VModuleConfiguration"] = "[VModuleItem"

BASIC = {
    "string": "s", "bool": "b", "int32": "i", "int64": "l", "int": "i", "uint": "i", "uint8": "i", "uint16": "i",
    "uint32": "i", "uint64": "l", "int16": "i", "int8": "i", "float64": "n", "float32": "n", "byte": "i",
    "interface{}": "*", "any": "*",
}

# Kinds the sources say nothing about: from the changelogs, the OpenAPI documents of the releases, and <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>
LIFECYCLE = {
    ("apiregistration.k8s.io/v1beta1", "APIService"): ("1.19", "1.22", "apiregistration.k8s.io/v1"),
    ("auditregistration.k8s.io/v1alpha1", "AuditSink"): (None, "1.19", None),
    ("audit.k8s.io/v1alpha1", "Policy"): ("1.21", "1.24", "audit.k8s.io/v1"),
    ("audit.k8s.io/v1beta1", "Policy"): ("1.21", "1.24", "audit.k8s.io/v1"),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler"): ("1.22", "1.25", "autoscaling/v2"),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler"): ("1.23", "1.26", "autoscaling/v2"),
    ("batch/v2alpha1", "CronJob"): (None, "1.21", "batch/v1"),
    ("coordination.k8s.io/v1beta1", "Lease"): ("1.19", "1.22", "coordination.k8s.io/v1"),
    ("discovery.k8s.io/v1alpha1", "EndpointSlice"): (None, "1.21", "discovery.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1alpha1", "FlowSchema"): (None, "1.21", "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1alpha1", "PriorityLevelConfiguration"):
        (None, "1.21", "flowcontrol.apiserver.k8s.io/v1"),
    ("extensions/v1beta1", "PodSecurityPolicy"): ("1.11", "1.16", None),
    ("node.k8s.io/v1alpha1", "RuntimeClass"): (None, "1.24", "node.k8s.io/v1"),
    ("policy/v1beta1", "PodSecurityPolicy"): ("1.21", "1.25", None),
    ("policy/v1beta1", "PodDisruptionBudget"): ("1.21", "1.25", "policy/v1"),
    ("rbac.authorization.k8s.io/v1alpha1", "ClusterRole"): ("1.17", "1.23", "rbac.authorization.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1alpha1", "ClusterRoleBinding"): ("1.17", "1.23", "rbac.authorization.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1alpha1", "Role"): ("1.17", "1.23", "rbac.authorization.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1alpha1", "RoleBinding"): ("1.17", "1.23", "rbac.authorization.k8s.io/v1"),
    ("scheduling.k8s.io/v1alpha1", "PriorityClass"): ("1.14", "1.23", "scheduling.k8s.io/v1"),
    ("settings.k8s.io/v1alpha1", "PodPreset"): (None, "1.20", None),
    ("v1", "ComponentStatus"): ("1.19", None, None),
    ("v1", "Endpoints"): ("1.33", None, "discovery.k8s.io/v1"),
    ("kubeadm.k8s.io/v1beta3", "ClusterConfiguration"): ("1.31", "1.37", "kubeadm.k8s.io/v1beta4"),
    ("kubeadm.k8s.io/v1beta3", "InitConfiguration"): ("1.31", "1.37", "kubeadm.k8s.io/v1beta4"),
    ("kubeadm.k8s.io/v1beta3", "JoinConfiguration"): ("1.31", "1.37", "kubeadm.k8s.io/v1beta4"),
}


class Package:
    def __init__(self, key):
        self.key = key
        self.types = {}  # name -> ("struct", fields, comment) or ("named", expression, comment)
        self.imports = {}  # name -> alias -> path, per type
        self.constants = {}  # type -> [values]
        self.lifecycle = {}  # kind -> {"Deprecated": .., "Removed": .., "Replacement": ..}

    def read(self, folder):
        for path in sorted(Path(folder).glob("*.go")):
            if path.name.endswith("_test.go"):
                continue
            text = path.read_text()
            if "lifecycle" in path.name:
                self.read_lifecycle(text)
            elif not path.name.startswith("zz_") and not path.name.endswith(".pb.go"):
                self.read_types(text)
        return self

    def read_lifecycle(self, text):
        for kind, what, major, minor in re.findall(
            r"func \(in \*(\w+)\) APILifecycle(Deprecated|Removed)\(\).*\n\s*return (\d+), (\d+)", text
        ):
            self.lifecycle.setdefault(kind, {}).setdefault(what, f"{major}.{minor}")
        for kind, group, version in re.findall(
            r"func \(in \*(\w+)\) APILifecycleReplacement\(\).*\n\s*return .*Group: \"([^\"]*)\", Version: \"([^\"]*)\"",
            text,
        ):
            self.lifecycle.setdefault(kind, {}).setdefault("Replacement", f"{group}/{version}" if group else version)

    def read_types(self, text):
        text = re.sub(r"^\s*/\*.*?\*/", "", text, flags=re.S | re.M)
        imports = {}
        for alias, path in re.findall(r"^(?:import)?\s+(\w+ )?\"([\w./-]+)\"$", text, re.M):
            imports[alias.strip() or path.rsplit("/", 1)[-1]] = path
        comment, struct, grouped = [], None, False
        for line in text.split("\n"):
            stripped = line.strip()
            if stripped.startswith("//"):
                comment.append(stripped)
                continue
            if struct is not None:
                if line.startswith("}"):
                    struct = None
                else:
                    self.read_field(stripped, comment, struct)
            elif match := re.match(r"type (\w+) struct\s*\{(\}?)", line):
                struct = []
                self.define(match[1], ("struct", struct, comment), imports)
                if match[2]:
                    struct = None
            elif match := re.match(r"type (\w+) =? ?([^\s({]+(?:\{\})?)\s*(//.*)?$", line):
                self.define(match[1], ("named", match[2], comment), imports)
            elif line.startswith("type ("):
                grouped = True
            elif line.startswith(")"):
                grouped = False
            elif grouped and (match := re.match(r"(\w+)\s+=\s+([\w.]+)$", stripped)):
                self.define(match[1], ("named", match[2], comment), imports)
            elif match := re.match(r"(?:const )?(\w+)\s+(\w+)\s*=\s*\"([^\"]*)\"", stripped):
                self.constants.setdefault(match[2], []).append(match[3])
            elif match := re.match(r"(?:const )?(\w+)\s*=\s*(\w+)\(\"([^\"]*)\"\)", stripped):
                self.constants.setdefault(match[2], []).append(match[3])
            elif match := re.match(r"(\w+)\s*=\s*(\w+)\(v1\.(IPv[46])Protocol\)", stripped):
                # The one constant that takes its value from another package.
                self.constants.setdefault(match[2], []).append(match[3])
            if stripped or not comment:
                comment = []

    def define(self, name, definition, imports):
        if name not in self.types:
            self.types[name] = definition
            self.imports[name] = imports

    @staticmethod
    def read_field(line, comment, fields):
        match = re.match(r"(?:(\w+)\s+)?([^\s`]+)(?:\s+`(.*)`)?\s*(?://.*)?$", line)
        if not match:
            return
        tag = re.search(r'json:"([^"]*)"', match[3] or "")
        name, *options = tag[1].split(",") if tag else [""]
        if name == "-":
            return
        if not match[1] and not name:
            fields.append((None, match[2], False))
            return
        if match[1] and not match[1][0].isupper():
            return
        marked = any(re.match(r"//\s*\+(k8s:)?required", c) for c in comment)
        left_out = "omitempty" in options or "omitzero" in options
        optional = any("+optional" in c for c in comment) or (left_out and not marked)
        if "inline" in options:
            fields.append((None, match[2], False))
            return
        enum = next((re.search(r"validation:Enum=(.*)", c)[1] for c in comment if "+kubebuilder:validation:Enum=" in c), None)
        fields.append((name or match[1], match[2], not optional) + ((enum,) if enum else ()))


class Generator:
    def __init__(self, cache):
        self.cache = cache
        self.keys = {}  # import path -> key
        self.packages = {}
        self.gvks = []  # (api version, group package key)
        newest = self.cache / f"k8s.io/api@{NEWEST}"
        for release in [NEWEST, *OLDER]:
            for folder in sorted((self.cache / f"k8s.io/api@{release}").glob("*/v[0-9]*")):
                group, version = folder.parts[-2:]
                if group not in GROUPS:
                    continue
                key = f"{group}/{version}"
                if key not in self.packages:
                    self.packages[key] = Package(key)
                    self.keys[f"k8s.io/api/{key}"] = key
                    self.gvks.append((f"{GROUPS[group]}/{version}".lstrip("/"), key))
                if key != "core/v1" or release == NEWEST:
                    self.packages[key].read(folder)
        assert newest.exists(), newest
        for key, path, group in PACKAGES:
            self.keys[path] = key
            self.packages[key] = Package(key).read(self.folder(path))
            if group:
                self.gvks.append((f"{group}/{key.split('/')[1]}", key))
        self.lines = {}
        self.enums = {}

    def folder(self, path):
        for module in (KUBERNETES, OLDER_KUBERNETES, GATEWAY):
            name = module.split("@")[0]
            folder = self.cache / (module + path.removeprefix(name))
            if path.startswith(name) and folder.exists():
                return folder
        parts = path.split("/")
        return self.cache / "/".join(parts[:2] + parts[2:]).replace(parts[1], f"{parts[1]}@{NEWEST}", 1)

    # The shape of a Go type expression seen from inside `package`.
    def shape(self, package, imports, expression, enum=None):
        expression = expression.lstrip("*")
        if expression in ("[]byte", "[]uint8"):
            return "y"
        if expression.startswith("[]"):
            return "[" + self.shape(package, imports, expression[2:])
        if match := re.match(r"map\[[\w.]+\](.*)", expression):
            return "{" + self.shape(package, imports, match[1])
        if expression in BASIC:
            if enum and expression == "string":
                # Words with blanks would end the field early.
                return "s" if any(" " in value for value in enum) else "s=" + "|".join(enum)
            return BASIC[expression]
        if "." in expression:
            alias, name = expression.split(".")
            path = imports[alias]
            if f"{path}.{name}" in SPECIAL:
                return SPECIAL[f"{path}.{name}"]
            assert path in self.keys, f"{package} uses {path}.{name}"
            return self.named(self.keys[path], name)
        return self.named(package, expression)

    def named(self, package, name):
        full = f"{package}.{name}"
        if full in SPECIAL:
            shape = SPECIAL[full]
            if shape[0] in "?[":
                self.emit(package, shape[1:])
                return shape[0] + (f"@{package}." if shape[0] == "[" else "@" + package + ".") + shape[1:]
            return shape
        kind, definition, comment = self.packages[package].types[name]
        imports = self.packages[package].imports[name]
        if kind == "named":
            enum = None
            if any(c.strip("/ ") == "+enum" for c in comment):
                enum = sorted(set(self.packages[package].constants.get(name, [])))
            for line in comment:
                if "+kubebuilder:validation:Enum=" in line:
                    enum = sorted(set(v.strip('"') for v in line.split("Enum=")[1].split(";")))
            return self.shape(package, imports, definition, enum)
        self.emit(package, name)
        return f"@{package}.{name}"

    def emit(self, package, name):
        if (package, name) in self.lines:
            return
        self.lines[(package, name)] = fields = {}
        self.collect(package, name, fields)

    def collect(self, package, name, fields):
        kind, definition, _ = self.packages[package].types[name]
        imports = self.packages[package].imports[name]
        if kind == "named":
            alias, _, target = definition.rpartition(".")
            return self.collect(self.keys[imports[alias]] if alias else package, target, fields)
        for field, expression, required, *enum in definition:
            if field is None:
                expression = expression.lstrip("*")
                alias, _, target = expression.rpartition(".")
                self.collect(self.keys[imports[alias]] if alias else package, target, fields)
            else:
                shape = self.shape(package, imports, expression)
                if enum and shape == "s":
                    shape = "s=" + "|".join(sorted(value.strip('"') for value in enum[0].split(";")))
                fields[field] = (shape, required)
        return None

    def kinds(self):
        for version, key in self.gvks:
            package = self.packages[key]
            for name, (kind, definition, comment) in sorted(package.types.items()):
                source, target = package, definition
                while kind == "named" and "." in target:
                    # Gateway API's later versions are aliases of the first.
                    alias, other = target.split(".")
                    path = source.imports[name].get(alias) if name in source.imports else None
                    if path not in self.keys:
                        break
                    source = self.packages[self.keys[path]]
                    if other not in source.types:
                        break
                    kind, target, comment = source.types[other]
                if kind != "struct" or not any(f is None and e.endswith("TypeMeta") for f, e, *_ in target):
                    continue
                if name.endswith("Options") or name in ("WatchEvent", "ReplicationControllerDummy"):
                    continue
                yield version, RENAMED.get((version, name), name), key, name, comment
        for version, kind, key, name in EXTRA_KINDS:
            yield version, kind, key, name, []


def plural(kind):
    lower = kind.lower()
    if lower in ("endpoints",):
        return lower
    if re.search(r"(s|x|ch|sh)$", lower):
        return lower + "es"
    if re.search(r"[^aeiou]y$", lower):
        return lower[:-1] + "ies"
    return lower + "s"


def swagger_scopes(swagger):
    """GVK -> (plural, namespaced), from the paths that list or create."""
    found = {}
    for path, operations in swagger["paths"].items():
        match = re.fullmatch(r"/(?:api|apis/[^/]+)/[^/]+(/namespaces/\{namespace\})?/([a-z]+)(/\{name\}/([a-z]+))?", path)
        if not match:
            continue
        for operation in operations.values():
            gvk = isinstance(operation, dict) and operation.get("x-kubernetes-group-version-kind")
            if not gvk:
                continue
            if match[4] and operation.get("x-kubernetes-action") != "post":
                continue
            version = f"{gvk['group']}/{gvk['version']}".lstrip("/")
            if operation.get("x-kubernetes-action") == "list" and not match[1]:
                # Lists over all namespaces have a path of their own.
                found.setdefault((version, gvk["kind"]), (match[2], False))
            else:
                resource = f"{match[2]}/{match[4]}" if match[4] else match[2]
                if not match[1] and (version, gvk["kind"]) in found and found[(version, gvk["kind"])][1]:
                    continue
                found[(version, gvk["kind"])] = (resource, bool(match[1]))
    return found


def compare(generator, swagger):
    """Every difference between what was read from Go and the OpenAPI document."""
    def key(name):
        name = name.removeprefix("io.k8s.")
        parts = name.split(".")
        return f"{parts[-3]}/{parts[-2]}", parts[-1]

    plain = {"boolean": "b", "number": "n", "object": "*"}

    def shape(schema):
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[-1]
            if name.endswith("Quantity"):
                return "q"
            if name.endswith("IntOrString"):
                return "x"
            if name.endswith("RawExtension"):
                return "*"
            package, kind = key(name)
            special = SPECIAL.get(f"{package}.{kind}")
            if special:
                return special if special[0] not in "?[" else f"{special[0]}@{package}.{special[1:]}"
            return f"@{package}.{kind}"
        match schema.get("type"):
            case "array":
                return "[" + shape(schema["items"])
            case "object" if "additionalProperties" in schema:
                return "{" + shape(schema["additionalProperties"])
            case "integer":
                return "l" if schema.get("format") == "int64" else "i"
            case "string":
                return "y" if schema.get("format") == "byte" else "s"
            case other:
                return plain[other]

    for name, schema in sorted(swagger["definitions"].items()):
        package, kind = key(name)
        if (package, kind) not in generator.lines:
            if "properties" in schema:
                yield f"{package}.{kind} was not read from Go"
            continue
        ours = generator.lines[(package, kind)]
        theirs = {f: (shape(s), f in schema.get("required", [])) for f, s in schema.get("properties", {}).items()}
        for field in sorted(ours.keys() | theirs.keys()):
            left, right = ours.get(field), theirs.get(field)
            if left and left[0].lstrip("[{").startswith("s="):
                left = (left[0].split("=")[0], left[1])
            if left != right:
                yield f"{package}.{kind}.{field}: Go {left}, OpenAPI {right}"


def newer(version, versions):
    """The most stable other version of the same group, if it is more so."""
    def rank(v):
        match = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", v.rsplit("/", 1)[-1])
        return {None: 3, "beta": 2, "alpha": 1}[match[2]], int(match[1]), int(match[3] or 0)

    best = max((v for v in versions if v.rpartition("/")[0] == version.rpartition("/")[0]), key=rank)
    return best if rank(best) > rank(version) else None


def merging(swagger):
    """How server-side apply merges the lists and maps that are not merged in the ordinary way.

    OpenAPI's `x-kubernetes-list-type`, `-list-map-keys` and `-map-type`; lists are atomic and maps are merged by
    default, so that is left out. A word `.` speaks of the type itself, wherever it stands.
    """
    for name, schema in sorted(swagger["definitions"].items()):
        words = []
        if schema.get("x-kubernetes-map-type") == "atomic":
            words.append(".=atomic")
        for field, about in sorted(schema.get("properties", {}).items()):
            kind = about.get("x-kubernetes-list-type")
            if kind == "map":
                words.append(f"{field}=map:{','.join(about['x-kubernetes-list-map-keys'])}")
            elif kind == "set":
                words.append(f"{field}=set")
            elif about.get("x-kubernetes-map-type") == "atomic":
                words.append(f"{field}=atomic")
        if words:
            yield "/".join(name.split(".")[-3:-1]), name.split(".")[-1], words


def main():
    cache = Path(subprocess.run(["go", "env", "GOMODCACHE"], check=True, capture_output=True, text=True).stdout.strip())
    swagger = json.loads((cache / KUBERNETES / "api/openapi-spec/swagger.json").read_text())
    generator = Generator(cache)
    scopes = swagger_scopes(swagger)
    by_kind = {}
    for (version, kind), scope in scopes.items():
        by_kind.setdefault(kind, scope)

    kinds = {}
    for version, kind, package, name, comment in generator.kinds():
        generator.emit(package, name)
        entry = {"type": f"{package}.{name}"}
        is_list = kind.endswith("List") and {"items", "metadata"} <= generator.lines[(package, name)].keys()
        scope = scopes.get((version, kind))
        if kind in NO_RESOURCE or (package not in SERVED and f"k8s.io/api/{package}" not in generator.keys):
            scope = None
        elif not scope and not is_list and "metadata" in generator.lines[(package, name)]:
            scope = by_kind.get(kind) or (plural(kind), not any("nonNamespaced" in c for c in comment))
        if scope:
            entry["plural"], entry["scope"] = scope[0], "namespaced" if scope[1] else "cluster"
        lifecycle = generator.packages[package].lifecycle.get(kind, {})
        ours = LIFECYCLE.get((version, kind.removesuffix("List")), (None, None, None))
        for index, (word, theirs) in enumerate(
            (("deprecated", "Deprecated"), ("removed", "Removed"), ("replacement", "Replacement"))
        ):
            value = lifecycle.get(theirs) or ours[index]
            if value:
                entry[word] = value
        assert (version, kind) not in kinds, (version, kind)
        kinds[(version, kind)] = entry
    for pair in LIFECYCLE:
        assert pair in kinds, pair
    for (version, kind), entry in kinds.items():
        # Some sources name a replacement that has gone since.
        gone = "removed" in kinds.get((entry.get("replacement"), kind), {})
        if ("deprecated" in entry or "removed" in entry) and ("replacement" not in entry or gone):
            better = newer(entry.pop("replacement", version), [v for v, k in kinds if k == kind])
            if better and better != version:
                entry["replacement"] = better

    differences = list(compare(generator, swagger))
    print("\n".join(differences), file=sys.stderr)
    # OpenAPI has the last word on what a field needs.
    for name, schema in swagger["definitions"].items():
        package, kind = "/".join(name.split(".")[-3:-1]), name.split(".")[-1]
        for field, (shape, _) in generator.lines.get((package, kind), {}).items():
            generator.lines[(package, kind)][field] = (shape, field in schema.get("required", []))

    here = Path(__file__).parent
    with open(here / "merging.txt", "w") as out:
        for package, name, words in sorted(merging(swagger)):
            out.write(" ".join([package, name, *words]) + "\n")
    with open(here / "kinds.txt", "w") as out:
        for (version, kind), entry in sorted(kinds.items()):
            out.write(" ".join([version, kind, *(f"{k}={v}" for k, v in entry.items())]) + "\n")
    with open(here / "types.txt", "w") as out:
        for (package, name), fields in sorted(generator.lines.items()):
            words = [package, name]
            for field, (shape, required) in sorted(fields.items()):
                # A type of the same package is written without it.
                shape = shape.replace(f"@{package}.", "@")
                words.append(f"{field}{'!' if required else ''}:{shape}")
            out.write(" ".join(words) + "\n")


if __name__ == "__main__":
    main()
