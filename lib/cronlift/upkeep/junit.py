"""A check's result as JUnit XML, the one format every CI system shows.

One test case for everything that was looked at, so that a green run says what it covered. The elements are those
of the schema that Jenkins' xUnit plugin and GitLab read (testsuite, testcase, failure).
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from cronlift.model.upkeep import CheckReport, Found
from cronlift.notebook.display import visible

_TITLES: dict[str, str] = {
    "new-movable-job": "every job that is only SQL was decided about",
    "not-analysed": "everything scheduled could be read",
    "stale-decision": "the decision is about the code as it is",
    "decision-without-job": "the job that was decided about is there",
    "worker-changed": "the moved job's worker is as it was",
    "still-scheduled": "the moved job is not scheduled twice",
    "drift": "the databases hold what was installed",
}


def report(found: CheckReport, allowed: frozenset[str] = frozenset()) -> str:
    """The XML document; findings of an allowed code are written as output of a passed case."""
    suite = ElementTree.Element("testsuite", name=f"cronlift check {found.app} ({found.env})")
    tests = failures = 0
    for code, subjects in found.checked.items():
        mine = [one for one in found.findings if one.code == code]
        named = {one.job or f"{one.file}:{one.line}" for one in mine}
        for subject in (*subjects, *sorted(named - set(subjects))):
            tests += 1
            case = ElementTree.SubElement(
                suite, "testcase", classname=f"cronlift.{code}", name=visible(f"{subject}: {_TITLES[code]}")
            )
            for one in (one for one in mine if (one.job or f"{one.file}:{one.line}") == subject):
                failed = code not in allowed
                failures += failed
                inner = ElementTree.SubElement(case, "failure" if failed else "system-out")
                if failed:
                    inner.set("message", visible(one.text))
                    inner.set("type", code)
                inner.text = _words(one)
    suite.set("tests", str(tests))
    suite.set("failures", str(failures))
    suite.set("errors", "0")
    ElementTree.indent(suite)
    text = ElementTree.tostring(suite, encoding="unicode", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _words(one: Found) -> str:
    at = f"\n  where: {one.file}:{one.line}" if one.file else ""
    return visible(f"{one.text}{at}\n  do:    {one.do}")
