"""The report as JUnit XML, as build servers read it: a suite per group, a test case per clause."""

from itertools import groupby
from xml.etree import ElementTree as ET

from conformance.clauses import groups
from conformance.run import Report
from conformance.verdicts import Result


def as_junit(report: Report) -> str:
    """The document."""
    titles = {group.id: str(group.title) for group in groups()}
    root = ET.Element("testsuites", name=f"sihao conformance {report.area}", time=f"{report.seconds:.1f}")
    for group, found in groupby(report.results, key=lambda one: one.clause.id.split("-")[1]):
        results = list(found)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=titles[group],
            timestamp=report.at.isoformat(),
            tests=str(len(results)),
            failures=str(sum(one.status == "failed" for one in results)),
            skipped=str(sum(one.status == "not_checked" for one in results)),
        )
        for one in results:
            _case(suite, one)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, one: Result) -> None:
    case = ET.SubElement(suite, "testcase", classname="sihao.conformance", name=f"{one.clause.id} {one.clause.rule.en}")
    if one.status == "passed":
        return
    tag = "failure" if one.status == "failed" else "skipped"
    first = _printable(str(one.findings[0]))
    ET.SubElement(case, tag, message=first).text = "\n".join(
        _printable(line) for line in (*map(str, one.findings), str(one.clause.remedy))
    )


def _printable(words: str) -> str:
    """Without what XML cannot hold; what a foreign program said may have it."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)
