#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""man_pages_test.py BUILD: the manual pages of the two formats say what there is, and no more.

shmpath-flow(5) has each key that tracer/flow.cpp reads, with its type and whether it is needed, and
shmpath-trace(5) each property of docs/trace.schema.json. Their examples can be read.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

from jsonschema import Draft202012Validator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = ""

# Which heading of shmpath-flow(5) has what a function of tracer/flow.cpp reads.
FLOW_HEADINGS = {"parse_flow": "The lab", "read_devices": "The lab", "read_disk": "The lab",
                 "read_step": "[[step]]", "read_function": "[[function]]", "read_claim": "[[claim]]",
                 "parse_rule": "[[claim.see]]"}
FLOW_TYPES = {"text": "string", "both": "text"}  # the others are called as they are read
READ = re.compile(r'\.(text|number|flag|both|list|tables|table)\(\s*"(\w+)"(?:,\s*(true|false))?\)')
# The schema's parts that several types of line have.
TRACE_HEADINGS = {"place": "Fields of every event", "call": "Fields of calls and points"}


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def items(page):
    """{heading: {key: what stands in its parentheses}} of a page's `.It Ic` lines."""
    found, heading = {}, ""
    for line in page.splitlines():
        if line.startswith(".Ss "):
            heading = line[4:]
        elif line.startswith(".It Ic "):
            keys, _, note = line[7:].partition(" Pq ")
            found.setdefault(heading, {}).update((key, note) for key in keys.split(" , "))
    return found


def functions(source):
    """(name, body) of the functions of a C++ file that are laid out as ours are."""
    return re.findall(r"^[\w:<>&,\* ]*?(\w+)\([^;{}]*\)(?: const)? \{\n(.*?)^\}", source, re.M | re.S)


def flow_keys(source):
    """{heading: {key: (type, needed)}} that a flow file may have."""
    keys = {}
    for name, body in functions(source):
        for how, key, needed in READ.findall(body):
            kind = FLOW_TYPES.get(how, how)
            keys.setdefault(FLOW_HEADINGS[name], {})[key] = (kind, needed == "true")
    return keys


def flow_faults(page, source):
    wanted, stated = flow_keys(source), items(page)
    faults = differences(wanted, stated)
    for heading, keys in wanted.items():
        for key, (kind, needed) in keys.items():
            note = stated.get(heading, {}).get(key)
            if note is None:
                continue
            if re.split(r"[ ,]", note)[0] != kind:
                faults.append(f"{heading}: {key} is a {kind}")
            if needed == ("default" in note or "optional" in note):
                faults.append(f"{heading}: {key} is {'needed' if needed else 'not needed'}")
    return faults


def differences(wanted, stated):
    faults = []
    for heading in {**wanted, **stated}:
        there, due = stated.get(heading, {}), wanted.get(heading, {})
        faults += [f"{heading}: lacks {key}" for key in due if key not in there]
        faults += [f"{heading}: has {key}, which there is not" for key in there if key not in due]
    return faults


def flattened(properties, before=""):
    for name, schema in properties.items():
        yield before + name
        yield from flattened(schema.get("properties", {}), f"{before}{name}.")
        yield from flattened(schema.get("items", {}).get("properties", {}), f"{before}{name}[].")


def schema_keys(schema):
    """{heading: {key: ""}}, each where it comes first."""
    parts = schema["$defs"]

    def of(name):
        return set(flattened(parts[name].get("properties", {})))

    def inherited(name):
        bases = [base["$ref"].rsplit("/", 1)[1] for base in parts[name].get("allOf", [])]
        return set().union(*(of(base) | inherited(base) for base in bases))

    keys = {TRACE_HEADINGS.get(name, name): dict.fromkeys(sorted(of(name) - inherited(name)), "")
            for name in parts}
    return {heading: due for heading, due in keys.items() if due}


def trace_faults(page, schema):
    return differences(schema_keys(schema), items(page))


def example(page):
    return page.split(".Bd -literal -offset indent\n")[1].split("\n.Ed")[0] + "\n"


def without(page, heading, key):
    """The page without that key's name below that heading."""
    before, title, rest = page.partition(f".Ss {heading}\n")
    rest = re.sub(rf"^(\.It Ic (?:.* , )?){re.escape(key)}(?= |$)", r"\1other", rest, count=1, flags=re.M)
    return before + title + rest


class FlowPage(unittest.TestCase):
    page, source = read("docs", "man", "shmpath-flow.5"), read("tracer", "flow.cpp")

    def test_every_key_is_in_the_page_and_no_other(self):
        self.assertEqual(flow_faults(self.page, self.source), [])

    def test_the_keys_are_found_in_all_parts_of_the_source(self):
        self.assertEqual(set(flow_keys(self.source)), set(FLOW_HEADINGS.values()))
        # Nothing is read in a way that is not looked for, but the arguments of a rule by any name.
        calls = re.findall(r"\b(?:fields|inner)\.(?:text|number|flag|both|list|tables?)\(", self.source)
        self.assertEqual(len(calls), len(READ.findall(self.source)) + 1)
        self.assertEqual(self.source.count("inner.list(key.str(), true)"), 1)

    def test_a_text_has_its_languages(self):
        both = dict(functions(read("tracer", "fields.cpp")))["both"]
        languages = [key for _, key, _ in READ.findall(both)]
        self.assertEqual(languages, ["en", "zh"])
        for language in languages:
            self.assertIn(f"\n.Ic {language}\n", self.page.split(".Ss ")[0])

    def test_a_key_that_is_missing_is_noticed(self):
        for heading, keys in flow_keys(self.source).items():
            for key in keys:
                with self.subTest(heading=heading, key=key):
                    self.assertIn(f"{heading}: lacks {key}",
                                  flow_faults(without(self.page, heading, key), self.source))

    def test_what_the_parser_learns_and_forgets_is_noticed(self):
        line = 'step.user = fields.text("user");'
        learnt = self.source.replace(line, line + '\n  step.more = fields.list("more", true);')
        self.assertEqual(flow_faults(self.page, learnt), ["[[step]]: lacks more"])
        forgot = self.source.replace(line, "")
        self.assertEqual(flow_faults(self.page, forgot), ["[[step]]: has user, which there is not"])
        needed = self.source.replace(line, 'step.user = fields.list("user", true);')
        self.assertEqual(flow_faults(self.page, needed),
                         ["[[step]]: user is a list", "[[step]]: user is needed"])

    def labs_with(self, text):
        with tempfile.TemporaryDirectory() as labs:
            os.mkdir(os.path.join(labs, "20-my-lab"))
            with open(os.path.join(labs, "20-my-lab", "flow.toml"), "w", encoding="utf-8") as file:
                file.write(text)
            return subprocess.run([os.path.join(BUILD, "bin", "shmpath"), "list", "--names", "--labs", labs],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_the_example_is_a_flow_file(self):
        done = self.labs_with(example(self.page))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("20-my-lab", done.stdout)

    def test_an_example_with_another_key_is_none(self):
        done = self.labs_with(example(self.page).replace("user =", "usr ="))
        self.assertEqual(done.returncode, 125)
        self.assertIn("unknown field `usr`", done.stderr)


class TracePage(unittest.TestCase):
    page, schema = read("docs", "man", "shmpath-trace.5"), json.loads(read("docs", "trace.schema.json"))

    def test_every_property_is_in_the_page_and_no_other(self):
        self.assertEqual(trace_faults(self.page, self.schema), [])
        self.assertEqual(list(self.schema["properties"]), ["type"])
        self.assertIn("\n.Ic type :\n", self.page.split(".Ss ")[0])

    def test_a_property_that_is_missing_is_noticed(self):
        for heading, keys in schema_keys(self.schema).items():
            for key in keys:
                with self.subTest(heading=heading, key=key):
                    self.assertIn(f"{heading}: lacks {key}",
                                  trace_faults(without(self.page, heading, key), self.schema))

    def test_what_the_schema_gets_is_noticed(self):
        more = json.loads(json.dumps(self.schema))
        more["$defs"]["header"]["properties"]["probes"]["properties"]["more"] = {"type": "string"}
        self.assertEqual(trace_faults(self.page, more), ["header: lacks probes.more"])
        more["$defs"]["header"]["properties"]["probes"]["properties"].pop("more")
        more["$defs"]["new"] = {"properties": {"some": {"type": "string"}}}
        self.assertEqual(trace_faults(self.page, more), ["new: lacks some"])

    def test_the_lines_of_the_example_keep_to_the_schema(self):
        lines = [json.loads(line) for line in example(self.page).replace("\n ", "").splitlines()]
        self.assertGreater(len(lines), 1)
        for line in lines:
            Draft202012Validator(self.schema).validate(line)


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv.pop(1))
    unittest.main()
