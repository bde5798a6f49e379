#!/usr/bin/env python3
"""kubernetes_test.py: the manifests, rendered as kustomize does, by Kubernetes' own schemas, and whether they fit together.

The schemas come with kubernetes-validate from PyPI, in a virtual environment beside the build ($KUBERNETES_VENV). Where there is
a kubectl, its rendering has to be the same as ours."""
import copy
import os
import re
import shutil
import subprocess
import sys
import time

VERSION = "1.37.0"
CLUSTERS = ("1.29", "1.33")  # the oldest and the newest that the manifests are for
VENV = os.environ["KUBERNETES_VENV"]


def install():
    """From PyPI, with three tries: networks fail."""
    python = os.path.join(VENV, "bin", "python")
    have = subprocess.run([python, "-c", "import importlib.metadata as m; print(m.version('kubernetes-validate'))"],
                          capture_output=True, text=True, check=False) if os.path.exists(python) else None
    if have and have.stdout.strip() == VERSION:
        return python
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", VENV], check=True)
    environment = dict(os.environ)
    authorities = "/etc/ssl/certs/ca-certificates.crt"
    if os.path.exists(authorities):
        environment.setdefault("PIP_CERT", authorities)
    for attempt in range(3):
        done = subprocess.run([os.path.join(VENV, "bin", "pip"), "install", "--disable-pip-version-check", "-q",
                               "kubernetes-validate==" + VERSION], env=environment, check=False)
        if done.returncode == 0:
            return python
        time.sleep(5 * (attempt + 1))
    sys.exit("kubernetes-validate %s could not be installed into %s" % (VERSION, VENV))


if os.path.realpath(sys.prefix) != os.path.realpath(VENV):
    found = install()
    os.execv(found, [found, "-B", *sys.argv])

import unittest  # noqa: E402

import kubernetes_validate  # noqa: E402
import yaml  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "compose", "kubernetes")
KEYS = {"containers": "name", "volumes": "name", "env": "name", "volumeMounts": "mountPath"}  # of lists that are merged
NAME = "app.kubernetes.io/name"


def load(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return [one for one in yaml.safe_load_all(file) if one]


def merge(into, patch):
    """A strategic merge patch, as far as actor.yaml goes."""
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        elif key in KEYS and key in into:
            there = {one[KEYS[key]]: one for one in into[key]}
            for one in value:
                if one[KEYS[key]] in there:
                    merge(there[one[KEYS[key]]], one)
                else:
                    into[key].append(copy.deepcopy(one))
        else:
            into[key] = copy.deepcopy(value)


def render():
    """What `kubectl kustomize` makes of the folder, without the hashes behind generated names."""
    [kustomization] = load("kustomization.yaml")
    resources = [one for name in kustomization["resources"] for one in load(name)]
    for patch in kustomization["patches"]:
        label, value = patch["target"]["labelSelector"].split("=")
        [what] = load(patch["path"])
        for one in resources:
            if one["metadata"].get("labels", {}).get(label) == value:
                merge(one["spec"], what["spec"])
    for one in kustomization["configMapGenerator"]:
        data = dict(pair.split("=", 1) for pair in one.get("literals", []))
        for name in one.get("files", []):
            with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
                data[name] = file.read()
        resources.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": one["name"]}, "data": data})
    tags = {one["name"]: one["newTag"] for one in kustomization["images"]}
    for one in resources:
        if one["kind"] != "Namespace":
            one["metadata"]["namespace"] = kustomization["namespace"]
        for pairs in kustomization["labels"]:
            one["metadata"].setdefault("labels", {}).update(pairs["pairs"])
        for container in pod_of(one).get("containers", []):
            if container["image"] in tags:
                container["image"] += ":" + tags[container["image"]]
    return resources


def pod_of(one):
    if one["kind"] == "Pod":
        return one["spec"]
    return one.get("spec", {}).get("template", {}).get("spec", {}) if one["kind"] in ("Deployment", "StatefulSet") else {}


def selects(selector, labels):
    terms = selector.get("matchExpressions", []) + [{"key": key, "operator": "In", "values": [value]}
                                                    for key, value in selector.get("matchLabels", {}).items()]
    return all(term["operator"] == "In" and labels.get(term["key"]) in term["values"] for term in terms)


def find_mistakes(resources):  # pylint: disable=too-many-locals,too-many-branches,too-many-statements
    """What a schema does not see, as text."""
    wrong = []
    by = {}
    for one in resources:
        by.setdefault(one["kind"], {})[one["metadata"]["name"]] = one
    workloads = [one for one in resources if one["kind"] in ("Deployment", "StatefulSet")]
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in workloads]
    pods = labels + [load("admin.yaml")[0]["metadata"]["labels"]]
    topology = by["ConfigMap"]["topology"]["data"]["kubernetes.topology"]
    places = dict(re.findall(r"^(base|tap)\s+(\S+)", topology, re.M))
    actors = dict(re.findall(r"^actor\s+(\S+)\s+(\S+)", topology, re.M))
    with open(os.path.join(FOLDER, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    plain, curve = re.findall(r"for s in ([a-z_ ]+);", readme)
    secrets = {word.replace("_", "-") for word in plain.split()} | {"curve-" + word for word in curve.split()}
    secrets |= set(re.findall(r"create secret generic ([a-z-]+) ", readme))

    for word, ports in (("base", 1), ("tap", 2)):
        host, port = places[word].split(":")
        offered = {one["port"] for one in by["Service"].get(host, {"spec": {"ports": []}})["spec"]["ports"]}
        if not {int(port) + n for n in range(ports)} <= offered:
            wrong.append("no service %s offers what the topology says" % places[word])
    run = [pod_of(one)["containers"][0]["args"][1:] for one in workloads if pod_of(one)["containers"][0]["args"][0] == "actor"]
    if {args[0] for args in run} != {"executor" if name == "*" else name for name in actors}:
        wrong.append("the topology's actors are not those that run: %s" % sorted(args[0] for args in run))
    for args in run:
        if (args[1:3] == ["--name", "$(POD_NAME)"]) != (actors.get("*") == args[0]):
            wrong.append("%s: not called as its pods are" % args[0])

    for one in workloads + load("admin.yaml"):
        name, pod = one["metadata"]["name"], pod_of(one)
        if one["kind"] != "Pod" and not selects(one["spec"]["selector"], one["spec"]["template"]["metadata"]["labels"]):
            wrong.append("%s does not select its pods" % name)
        if not pod["securityContext"]["runAsNonRoot"] or pod["securityContext"]["seccompProfile"]["type"] != "RuntimeDefault" \
                or pod["automountServiceAccountToken"]:
            wrong.append("%s: its pod may too much" % name)
        if pod.get("serviceAccountName", "actor") not in by["ServiceAccount"]:
            wrong.append("%s: no such service account" % name)
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        claims = {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
        for volume in volumes.values():
            if volume.get("secret", {}).get("secretName", "alert-env") not in secrets:
                wrong.append("%s: nobody makes the secret %s" % (name, volume["secret"]["secretName"]))
            #  curve-public is made by hand, as the secrets are
            if volume.get("configMap", {}).get("name", "topology") not in {*by["ConfigMap"], "curve-public"}:
                wrong.append("%s: no config map %s" % (name, volume["configMap"]["name"]))
        for container in pod["containers"]:
            may = container["securityContext"]
            if may["allowPrivilegeEscalation"] or not may["readOnlyRootFilesystem"] or may["capabilities"] != {"drop": ["ALL"]}:
                wrong.append("%s: its container may too much" % name)
            if "memory" not in container["resources"]["limits"]:
                wrong.append("%s: no memory limit" % name)
            if {mount["name"] for mount in container["volumeMounts"]} != set(volumes) | claims:
                wrong.append("%s: volumes and mounts differ" % name)
            mounted = [mount["mountPath"] for mount in container["volumeMounts"]]
            files = [word for word in container["args"] if word.startswith("/")] + [
                pair["value"] for pair in container.get("env", []) if str(pair.get("value", "")).startswith("/")]
            for path in files:
                if not any(path == mount or path.startswith(mount + "/") for mount in mounted):
                    wrong.append("%s: %s is not mounted" % (name, path))
            if one["kind"] != "Pod" and "livenessProbe" not in container:
                wrong.append("%s: no probe" % name)

    for name, one in by["Service"].items():
        if not any(selects({"matchLabels": one["spec"]["selector"]}, pod) for pod in labels):
            wrong.append("service %s selects nobody" % name)
    for name, one in list(by["NetworkPolicy"].items()) + list(by["PodDisruptionBudget"].items()):
        spec = one["spec"]
        peers = [peer["podSelector"] for rule in spec.get("ingress", []) + spec.get("egress", [])
                 for peer in rule.get("from", []) + rule.get("to", []) if "podSelector" in peer]
        for selector in [spec.get("podSelector") or spec.get("selector") or {}, *peers]:
            if not any(selects(selector, pod) for pod in pods):
                wrong.append("%s selects nobody" % name)
    for one in workloads:
        if one["kind"] == "StatefulSet" and one["spec"]["serviceName"] not in by["Service"]:
            wrong.append("%s: no service %s" % (one["metadata"]["name"], one["spec"]["serviceName"]))
    target = load("autoscaling/hpa.yaml")[0]["spec"]["scaleTargetRef"]
    if target["name"] not in by.get(target["kind"], {}):
        wrong.append("the autoscaler has no %s %s" % (target["kind"], target["name"]))
    return wrong


def validate(one):
    for cluster in CLUSTERS:
        kubernetes_validate.validate(one, cluster, strict=True)


class Kubernetes(unittest.TestCase):
    def setUp(self):
        self.resources = render()

    def of(self, kind, name):
        return next(one for one in self.resources if (one["kind"], one["metadata"]["name"]) == (kind, name))

    def test_every_object_is_one(self):
        for one in self.resources + load("admin.yaml") + load("autoscaling/hpa.yaml"):
            with self.subTest(kind=one["kind"], name=one["metadata"]["name"]):
                validate(one)

    def test_a_wrong_field_is_found(self):
        one = self.of("StatefulSet", "executor")
        one["spec"]["replicas"] = "two"
        self.assertRaises(kubernetes_validate.ValidationError, validate, one)
        one["spec"]["replicas"] = 2
        one["spec"]["template"]["spec"]["containers"][0]["volumeMount"] = []
        self.assertRaises(kubernetes_validate.ValidationError, validate, one)

    def test_they_fit_together(self):
        self.assertEqual(find_mistakes(self.resources), [])

    def test_what_does_not_fit_is_found(self):
        def change(kind, name, path, value):
            resources = copy.deepcopy(self.resources)
            at = next(one for one in resources if (one["kind"], one["metadata"]["name"]) == (kind, name))
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = value
            return find_mistakes(resources)
        pod = ["spec", "template", "spec"]
        for wrong, found in (
                (("StatefulSet", "executor", pod + ["containers", 0, "args", 3], "executor-1"), "as its pods are"),
                (("Service", "tap", ["spec", "ports", 1, "port"], 7612), "topology says"),
                (("Service", "dispatcher", ["spec", "selector"], {NAME: "boss"}), "selects nobody"),
                (("Deployment", "tap", pod + ["containers", 0, "args", 1], "tap-2"), "those that run"),
                (("Deployment", "alert", pod + ["volumes", 0, "secret", "secretName"], "curve-bell"), "nobody makes"),
                (("Deployment", "listener", pod + ["containers", 0, "env", 0, "value"], "/run/other"), "is not mounted"),
                (("Deployment", "tap", pod + ["containers", 0, "securityContext", "readOnlyRootFilesystem"], False), "too much"),
                (("StatefulSet", "redis", pod + ["containers", 0, "volumeMounts", 0, "name"], "other"), "mounts differ"),
                (("NetworkPolicy", "redis", ["spec", "podSelector", "matchLabels"], {NAME: "reddis"}), "selects nobody"),
                (("StatefulSet", "audit", ["spec", "serviceName"], "audits"), "no service")):
            self.assertIn(found, "\n".join(change(*wrong)), wrong)

    def test_kustomize_renders_the_same(self):
        if not shutil.which("kubectl"):
            return  # nothing to compare with: the other tests check our own rendering
        done = subprocess.run(["kubectl", "kustomize", FOLDER], capture_output=True, text=True, check=True)
        text = re.sub(r"\b(settings|topology)-[a-z0-9]{10}\b", r"\1", done.stdout)

        def tidy(resources):
            for one in resources:
                pod = pod_of(one)
                pod.get("volumes", []).sort(key=lambda item: item["name"])
                for container in pod.get("containers", []):
                    container.get("volumeMounts", []).sort(key=lambda item: item["mountPath"])
                    container.get("env", []).sort(key=lambda item: item["name"])
            return sorted(resources, key=lambda one: (one["kind"], one["metadata"]["name"]))
        self.maxDiff = None
        self.assertEqual(tidy(list(yaml.safe_load_all(text))), tidy(self.resources))


if __name__ == "__main__":
    unittest.main(verbosity=2)
