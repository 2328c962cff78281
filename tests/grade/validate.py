#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Are these reports as those who read them want them?

    tests/grade/validate.py json|csv|junit|gradescope|classroom FILE...

The fields are those that are published (docs/grading.md says where). What does not fit is printed, and the exit
status is 1.
"""

import csv
import io
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

from jsonschema import Draft202012Validator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VISIBLE = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
WORDS = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
NUMBER, STRING = {"type": "number"}, {"type": "string"}


def closed(required, **properties):
    """An object of these members and no other: a misspelt one is not published."""
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


# "Output format", "Controlling Test Case Visibility" and "Output String Formatting" in Gradescope's specification
# of autograders. A score is needed at the top or in each test; we give both, and they must agree.
GRADESCOPE = closed(
    ["score", "output", "tests"], score=NUMBER, execution_time=NUMBER, output=STRING, output_format=WORDS,
    test_output_format=WORDS, test_name_format=WORDS, visibility=VISIBLE, stdout_visibility=VISIBLE,
    extra_data={"type": "object"}, leaderboard={"type": "array"},
    tests={"type": "array", "items": closed(
        ["score", "max_score", "name"], score=NUMBER, max_score=NUMBER, status={"enum": ["passed", "failed"]},
        name=STRING, name_format=WORDS, number=STRING, output=STRING, output_format=WORDS,
        tags={"type": "array", "items": STRING}, visibility=VISIBLE, extra_data={"type": "object"})})

# What the graders of GitHub Classroom hand to its reporter, and what the reporter reads.
CLASSROOM = closed(
    ["version", "status", "max_score", "tests"], version={"const": 1}, status={"enum": ["pass", "fail", "error"]},
    max_score=NUMBER,
    tests={"type": "array", "minItems": 1, "items": closed(
        ["name", "status", "score", "message", "test_code", "filename", "line_no", "duration"],
        name={"type": "string", "minLength": 1}, status={"enum": ["pass", "fail", "error"]}, score=NUMBER,
        message={"type": ["string", "null"]}, test_code=STRING, filename=STRING, line_no={"type": "integer"},
        duration=NUMBER)})

# junit-10.xsd of Jenkins' xunit plugin, as far as we use it: (attributes needed, others, children).
JUNIT = {
    "testsuites": ([], ["name", "time", "tests", "failures", "errors"], ["testsuite"]),
    "testsuite": (["name", "tests", "failures", "errors"],
                  ["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url", "version"],
                  ["testsuite", "properties", "testcase", "system-out", "system-err"]),
    "properties": ([], [], ["property"]),
    "property": (["name", "value"], [], []),
    "testcase": (["name"], ["time", "classname", "group"], ["skipped", "error", "failure", "system-out", "system-err"]),
    "skipped": ([], ["type", "message"], []),
    "error": ([], ["type", "message"], []),
    "failure": ([], ["type", "message"], []),
}
CSV_HEAD = ["student", "exercise", "status", "points", "of", "hidden", "lost", "reason"]
FORMULA = re.compile("^[ ']*[=+@|%\uff1d\uff0b\uff0d\uff20-]")


def against(schema, text):
    Draft202012Validator.check_schema(schema)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        return None, [f"no JSON: {error}"]
    return data, [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(data)]


def points_of(one):
    if sum(line["points"] for line in one["lines"]) != one["points"]:
        yield f"{one['student']} {one['exercise']}: its lines do not add up to its points"
    if sum(line["worth"] for line in one["lines"]) != one["of"]:
        yield f"{one['student']} {one['exercise']}: its lines do not add up to what there is"
    if one["status"] != "graded" and (one["points"] or not one["reason"]):
        yield f"{one['student']} {one['exercise']}: {one['status']}, with points or without a reason"


def check_json(text):
    with open(os.path.join(ROOT, "docs", "results.schema.json"), encoding="utf-8") as file:
        report, wrong = against(json.load(file), text)
    return wrong or [said for one in report["submissions"] for said in points_of(one)]


def check_gradescope(text):
    result, wrong = against(GRADESCOPE, text)
    if not wrong and sum(test["score"] for test in result["tests"]) != result["score"]:
        wrong.append("the tests do not add up to the score")
    return wrong + [f"{test['name']}: more than its most" for test in (result or {}).get("tests", [])
                    if not wrong and not 0 <= test["score"] <= test["max_score"]]


def check_classroom(text):
    result, wrong = against(CLASSROOM, text)
    if wrong:
        return wrong
    if sum(test["score"] for test in result["tests"]) > result["max_score"]:
        wrong.append("more points than the most")
    if (result["status"] == "pass") != all(test["status"] == "pass" for test in result["tests"]):
        wrong.append("the status is not that of the tests")
    for test in result["tests"]:
        for line in (test["message"] or "").splitlines():
            if line.lstrip().startswith("::") or "##[" in line:
                wrong.append(f"a command to the runner: {line}")
    return wrong


def check_csv(text):
    wrong = [] if text.endswith("\r\n") else ["the last line has no end"]
    if re.search(r"(?<!\r)\n", text):
        wrong.append("a line ends without CR")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if rows[0] != CSV_HEAD:
        wrong.append(f"the head is {rows[0]}")
    for row in rows[1:]:
        if len(row) != len(CSV_HEAD):
            wrong.append(f"{row} has {len(row)} cells")
            continue
        if row[2] not in ("graded", "not_graded", "again", "absent"):
            wrong.append(f"{row}: status {row[2]}")
        if not re.fullmatch("[0-9]*" if row[2] in ("again", "absent") else "[0-9]+", row[3]):
            wrong.append(f"{row}: points {row[3]}")
        wrong += [f"a formula: {cell}" for cell in row if FORMULA.match(cell) and not cell.startswith("'")]
    return wrong


def elements(element, path):
    if element.tag not in JUNIT:
        yield f"{path}: no such element as {element.tag}"
        return
    needed, others, children = JUNIT[element.tag]
    for name in needed:
        if name not in element.attrib:
            yield f"{path}: {element.tag} without {name}"
    for name, value in element.attrib.items():
        if name not in needed + others:
            yield f"{path}: {element.tag} has no {name}"
        if name == "time" and not re.fullmatch(r"[0-9]*(\.[0-9]{0,3})?", value):
            yield f"{path}: time {value}"
        if name in ("tests", "failures", "errors", "skipped") and not value.isdecimal():
            yield f"{path}: {name} {value}"
    for child in element:
        if child.tag not in children:
            yield f"{path}: {child.tag} in {element.tag}"
        yield from elements(child, f"{path}/{child.tag}")


def counts(element):
    names = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for name, tag in names.items():
        there = sum(1 for _ in element.iter(tag))
        if name in element.attrib and element.attrib[name] != str(there):
            yield f"{element.attrib.get('name')}: {name} is {element.attrib[name]}, and there are {there}"


def check_junit(text):
    try:
        root = ElementTree.fromstring(text.encode())
    except ElementTree.ParseError as error:
        return [f"no XML: {error}"]
    wrong = [] if root.tag == "testsuites" else [f"it begins with {root.tag}"]
    wrong += elements(root, root.tag)
    for element in [root, *root.iter("testsuite")]:
        wrong += counts(element)
    return wrong


CHECKS = {"json": check_json, "csv": check_csv, "junit": check_junit, "gradescope": check_gradescope,
          "classroom": check_classroom}


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in CHECKS:
        sys.exit(__doc__)
    bad = 0
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8", newline="") as file:
            for said in CHECKS[sys.argv[1]](file.read()):
                print(f"{path}: {said}")
                bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
