# SPDX-License-Identifier: BSD-2-Clause
"""The published fields of the result files that others read, for tests to hold files against."""

VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
NUMBER = (int, float)

# Gradescope's autograder specifications: results.json, and a test in it.
GRADESCOPE = {
    "score": NUMBER, "execution_time": NUMBER, "output": str, "output_format": FORMATS,
    "test_output_format": FORMATS, "test_name_format": FORMATS, "visibility": VISIBILITY,
    "stdout_visibility": VISIBILITY, "extra_data": dict, "tests": list, "leaderboard": list,
}
GRADESCOPE_TEST = {
    "score": NUMBER, "max_score": NUMBER, "status": {"passed", "failed"}, "name": str,
    "name_format": FORMATS, "number": str, "output": str, "output_format": FORMATS, "tags": list,
    "visibility": VISIBILITY, "extra_data": dict,
}


def fields_not_as(value, fields, where):
    if not isinstance(value, dict):
        return [f"{where}: no object"]
    found = []
    for name, one in value.items():
        kind = fields.get(name)
        if kind is None:
            found.append(f"{where}.{name}: no such field")
        elif one not in kind if isinstance(kind, set) else not isinstance(one, kind) or one is True:
            found.append(f"{where}.{name}: {one!r}")
    return found


def not_gradescope(result):
    """What of this result is not as Gradescope publishes it."""
    found = fields_not_as(result, GRADESCOPE, "result")
    if found:
        return found
    for i, test in enumerate(result.get("tests", [])):
        found += fields_not_as(test, GRADESCOPE_TEST, f"tests[{i}]")
        if "score" not in test and "score" not in result:
            found.append(f"tests[{i}]: no score")
    if "score" not in result and "tests" not in result:
        found.append("neither score nor tests")
    return found
