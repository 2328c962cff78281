#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""kubernetes_test.py BUILD --stand-in|--graded: deploy/kubernetes, without a cluster.

The manifests have the fields that Kubernetes documents and no others, each of the right type: held
against the models of python3-kubernetes, which are made from the published API. Then the containers'
commands are run as the pods run them, see as_pod.sh, on a small class."""

import copy
import os
import re
import subprocess
import sys
import tempfile
import unittest

import support
from support import HERE, ROOT

FOLDER = os.path.join(ROOT, "deploy/kubernetes")
asked = models = yaml = None

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


class Pods(unittest.TestCase):
    """What the containers are told to run, run as they run it."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        os.chmod(temporary.name, 0o755)
        self.classes, self.out = (os.path.join(temporary.name, name) for name in ("class", "out"))
        for folder in (self.classes, self.out):
            os.makedirs(folder)
        os.chown(self.out, 1000, 1000)

    def run_pod(self, name, programs, **variables):
        container = read(name)[0]["spec"]["template"]["spec"]["containers"][0]
        variables = {**{one["name"]: one["value"] for one in container["env"]}, **variables}
        return subprocess.run(
            [os.path.join(HERE, "as_pod.sh"), self.classes, self.out, programs,
             support.cache_folder(),
             *(f"{name}={value}" for name, value in variables.items()), "--", *container["command"]],
            capture_output=True, text=True, timeout=300)


class PodsWithStandIn(Pods):
    def setUp(self):
        super().setUp()
        folder = os.path.join(os.path.dirname(self.out), "image")
        support.stand_in(os.path.join(folder, "bin"), """echo "$*"
touch /out/mine /tmp/mine && touch /class/mine
touch /usr/mine; ls -l /dev/kvm; id -u; sed -n 's/^CapBnd:.//p' /proc/self/status
""")
        self.programs = folder

    def test_each_index_is_a_shard(self):
        shards = []
        for index in range(read("grade.yaml")[0]["spec"]["completions"]):
            done = self.run_pod("grade.yaml", self.programs, JOB_COMPLETION_INDEX=index)
            shards += re.findall(r"^grade /class --results /out/results --shard (\S+) --jobs 1$", done.stdout,
                                 re.MULTILINE)
        self.assertEqual(shards, ["1/4", "2/4", "3/4", "4/4"])

    def test_the_pod_is_as_bare_as_the_manifest_says(self):
        done = self.run_pod("merge.yaml", self.programs)
        self.assertEqual(done.stdout.splitlines(), [
            "grade /class --results /out/results --merge --report csv -o /out/report.csv",
            "1000", "0000000000000000"])
        self.assertEqual(done.stderr.count("Read-only file system"), 2, done.stderr)
        self.assertIn("/dev/kvm", done.stderr)
        self.assertEqual(os.listdir(self.out), ["mine"])


class PodsGraded(Pods):
    graded = True

    def test_a_class_in_two_pods_gets_its_points(self):
        support.make_class(self.classes, ["right", "wrong"])
        for index in range(2):
            done = self.run_pod("grade.yaml", asked.build, JOB_COMPLETION_INDEX=index, SHARDS=2)
            self.assertEqual(done.returncode, 0, done.stderr)
        done = self.run_pod("merge.yaml", asked.build)
        self.assertEqual(done.returncode, 0, done.stderr)
        scores = support.scores_of(os.path.join(self.out, "report.csv"))
        self.assertEqual({name: float(row["points"]) for name, row in scores.items()},
                         {name: support.rubric()[1][name] for name in ("right", "wrong")})


def main():
    global asked, models, yaml
    asked, _ = support.begin(__doc__, packages=["yaml", "kubernetes"], programs=["unshare", "setpriv"])
    import yaml
    from kubernetes.client import models
    return support.run(asked)


if __name__ == "__main__":
    sys.exit(main())
