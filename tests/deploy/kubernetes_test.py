#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""kubernetes_test.py BUILD: deploy/kubernetes, without a cluster.

The manifests have the fields that Kubernetes documents and no others, each of the right type: held
against the models of python3-kubernetes, which are made from the published API. Then the containers'
commands are run as the pods run them, see as_pod.sh, on a small class."""

import copy
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest


HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FOLDER = os.path.join(ROOT, "deploy/kubernetes")
build = models = yaml = None

KINDS = {("batch/v1", "Job"): "V1Job", ("networking.k8s.io/v1", "NetworkPolicy"): "V1NetworkPolicy"}
# Of versions of Kubernetes later than Debian's models, from its API reference.
NEWER = {
    "V1JobSpec": {"backoffLimitPerIndex": "int", "maxFailedIndexes": "int",
                  "podFailurePolicy": "V1PodFailurePolicy"},
    "V1PodFailurePolicy": {"rules": "list[V1PodFailurePolicyRule]"},
    "V1PodFailurePolicyRule": {"action": "str",
                               "onPodConditions": "list[V1PodFailurePolicyOnPodConditionsPattern]"},
    "V1PodFailurePolicyOnPodConditionsPattern": {"type": "str", "status": "str"},
}
# What the models do not say: which values a string may have.
VALUES = {
    "completionMode": {"Indexed", "NonIndexed"}, "restartPolicy": {"Never", "OnFailure"},
    "imagePullPolicy": {"Always", "IfNotPresent", "Never"}, "action": {"Ignore", "FailJob", "FailIndex", "Count"},
}
QUANTITY = re.compile(r"^\d+(m|Ki|Mi|Gi)?$")
SIMPLE = {"str": str, "int": int, "bool": bool}


def fields_of(model):
    fields = dict(NEWER.get(model, {}))
    if known := getattr(models, model, None):
        fields.update({known.attribute_map[name]: kind for name, kind in known.openapi_types.items()})
    return fields


def mistakes(value, kind, where):
    """What of this value is not as the API has it."""
    if match := re.match(r"list\[(.*)\]$", kind):
        if not isinstance(value, list):
            return [f"{where}: no list"]
        return [m for i, one in enumerate(value) for m in mistakes(one, match[1], f"{where}[{i}]")]
    if match := re.match(r"dict\(str, (.*)\)$", kind):
        if not isinstance(value, dict):
            return [f"{where}: no map"]
        return [m for name, one in value.items() for m in mistakes(one, match[1], f"{where}.{name}")]
    if kind in SIMPLE:
        if type(value) is not SIMPLE[kind]:
            return [f"{where}: {value!r} is no {kind}"]
        allowed = VALUES.get(where.rpartition(".")[2])
        if allowed and value not in allowed:
            return [f"{where}: {value} is none of {sorted(allowed)}"]
        if re.search(r"\.(requests|limits)\.", where) and not QUANTITY.match(value):
            return [f"{where}: {value} is no quantity"]
        return []
    if not isinstance(value, dict):
        return [f"{where}: no {kind}"]
    fields, found = fields_of(kind), []
    for name, one in value.items():
        at = f"{where}.{name}"
        found += mistakes(one, fields[name], at) if name in fields else [f"{at}: {kind} has no such field"]
    return found


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


def mistakes_of(document):
    kind = KINDS.get((document.get("apiVersion"), document.get("kind")))
    return mistakes(document, kind, document.get("kind")) if kind else ["no such kind"]


class Manifests(unittest.TestCase):
    def test_every_field_is_one_of_the_api(self):
        for name in sorted(os.listdir(FOLDER)):
            if name.endswith(".yaml"):
                for document in read(name):
                    self.assertEqual(mistakes_of(document), [], name)

    def test_a_mistake_is_noticed(self):
        job = read("grade.yaml")[0]
        for path, value, words in (
                (["spec", "completionmode"], "Indexed", "no such field"),
                (["spec", "completions"], "4", "is no int"),
                (["spec", "completionMode"], "indexed", "is none of"),
                (["spec", "template", "spec", "runAsNonRoot"], True, "no such field"),
                (["spec", "template", "spec", "containers"], {}, "no list"),
                (["spec", "podFailurePolicy", "rule"], [], "no such field"),
                (["kind"], "CronJob", "no such kind"),
                (["spec", "template", "spec", "containers", 0, "resources", "limits", "memory"], "2 GB",
                 "is no quantity"),
                (["spec", "template", "spec", "containers", 0, "env", 0, "value"], 4, "is no str")):
            broken = copy.deepcopy(job)
            at = broken
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = value
            found = mistakes_of(broken)
            self.assertEqual(len(found), 1, found)
            self.assertIn(words, found[0])

    def test_the_pods_have_no_privileges_and_all_they_need(self):
        for name in ("grade.yaml", "merge.yaml"):
            pod = read(name)[0]["spec"]["template"]["spec"]
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertEqual(pod["securityContext"]["runAsUser"], 1000)
            self.assertIs(pod["automountServiceAccountToken"], False)
            for key in ("hostNetwork", "hostPID", "hostIPC"):
                self.assertNotIn(key, pod)
            volumes = {one["name"]: one for one in pod["volumes"]}
            self.assertFalse(any("hostPath" in one for one in volumes.values()))
            for container in pod["containers"]:
                context = container["securityContext"]
                self.assertEqual(context, {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                           "capabilities": {"drop": ["ALL"]}})
                mounts = {one["name"]: one for one in container["volumeMounts"]}
                self.assertEqual(mounts.keys(), volumes.keys())
                self.assertIs(mounts["class"]["readOnly"], True)
                self.assertNotIn("readOnly", mounts["out"])

    def test_there_is_a_pod_for_each_shard(self):
        job = read("grade.yaml")[0]["spec"]
        environment = {one["name"]: one["value"] for one in job["template"]["spec"]["containers"][0]["env"]}
        self.assertEqual(job["completionMode"], "Indexed")
        self.assertEqual(environment["SHARDS"], str(job["completions"]))
        self.assertLessEqual(job["parallelism"], job["completions"])
        self.assertEqual(job["template"]["spec"]["restartPolicy"], "Never")  # asked by backoffLimitPerIndex

    def test_nobody_may_talk_to_the_pods(self):
        policy = read("grade.yaml")[1]
        labels = policy["spec"]["podSelector"]["matchLabels"]
        for name in ("grade.yaml", "merge.yaml"):
            self.assertEqual(read(name)[0]["spec"]["template"]["metadata"]["labels"], labels)
        self.assertEqual(policy["spec"]["policyTypes"], ["Ingress", "Egress"])
        self.assertFalse({"ingress", "egress"} & policy["spec"].keys())

    def test_the_image_has_what_the_package_recommends(self):
        with open(os.path.join(ROOT, "deploy/container/Dockerfile"), encoding="utf-8") as file:
            image = file.read()
        with open(os.path.join(ROOT, "package/CMakeLists.txt"), encoding="utf-8") as file:
            recommended = re.search(r'CPACK_DEBIAN_PACKAGE_RECOMMENDS\s+"([^"]*)"', file.read())[1]
        for package in [*recommended.split(", "), "g++", "make"]:
            self.assertRegex(image, rf"(?m)\s{re.escape(package)}(\s|$)")


def skip(reason):
    print(f"shmpath test skipped: {reason}")
    sys.exit(77)


def main():
    global build, models, yaml
    build = os.path.realpath(sys.argv.pop(1))
    try:
        import yaml
        from kubernetes.client import models
    except ImportError as missing:
        skip(f"needs python3-yaml and python3-kubernetes: {missing}")
    unittest.main()


if __name__ == "__main__":
    main()
