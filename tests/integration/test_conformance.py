"""The conformance kit: sound review services pass it, every broken one fails at the clauses it breaks, no others."""

import asyncio
import json
import shlex
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance.run import Report
from dev.backends import Backends
from tests.support.broken_reviews import BROKEN
from tests.support.under_test import independent, judged, our_own

OWN_PROCESS = {"no-dedupe", "forgets-at-restart", "acks-first", "dies-on-poison"}
"""Those that have to be killed, or end by themselves."""
AT_ONCE = 8
QUIET = 15.0
"""Seconds of silence after which what a broken one keeps back has not come."""


async def test_our_own_review_service_passes(backends: Backends, database_name: str) -> None:
    async with our_own(backends, database_name) as service:
        report = await judged(service.plan())
    assert [str(one.findings) for one in report.results if one.status != "passed"] == []


async def test_an_independent_implementation_passes_every_clause(backends: Backends) -> None:
    async with independent(backends) as service:
        report = await judged(service.plan())
    assert [str(one.findings) for one in report.results if one.status != "passed"] == []


@pytest.fixture(scope="module")
async def reports(backends: Backends) -> dict[str, Report]:
    """A report on every broken one; a few are judged at the same time."""
    seats = asyncio.Semaphore(AT_ONCE)

    async def judge(name: str) -> Report:
        async with seats, independent(backends, name, own_process=name in OWN_PROCESS) as service:
            return await judged(service.plan(patience=QUIET, flood=5))

    return dict(zip(BROKEN, await asyncio.gather(*map(judge, BROKEN)), strict=True))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_fails_where_it_is_broken(reports: dict[str, Report], name: str) -> None:
    broken, _, _ = BROKEN[name]
    report = reports[name]
    findings = {one.clause.id: one.findings for one in report.of("failed")}
    assert findings.keys() == broken, findings


async def test_the_command_reports_in_every_form(backends: Backends, tmp_path: Path) -> None:
    """Stopped and started by commands; without keys the signatures are not checked, and the exit code says so."""
    async with independent(backends) as service:
        pid, command = tmp_path / "pid", shlex.join(service.command)
        await service.hands.stop()
        start = f"({command} >{tmp_path}/log 2>&1 & echo $! >{pid})"
        run = await asyncio.create_subprocess_shell(start)
        await run.wait()
        arguments = ["--amqp", service.amqp_url, "--area", "35", "--driver", service.driver, "--round", "CLI-1"]
        arguments += ["--centre-key", str(service.centre_key)]
        arguments += ["--stop-command", f"kill -9 $(cat {pid})", "--start-command", start]
        arguments += ["--settle", "0.5", "--burst", "20", "--flood", "20", "--json", str(tmp_path / "report.json")]
        arguments += ["--junit", str(tmp_path / "report.xml"), "--badge", str(tmp_path / "badge.svg")]
        sihao = [sys.executable, "-m", "sihao", "conformance", "run", *arguments]
        try:
            kit = await asyncio.create_subprocess_exec(*sihao, stdout=PIPE, stderr=PIPE)
            out, _ = await kit.communicate()
        finally:
            stop = await asyncio.create_subprocess_shell(f"kill -9 $(cat {pid})")
            await stop.wait()
    assert kit.returncode == 3, out.decode()
    told = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert told["verdict"] == "not_checked"
    assert {one["id"] for one in told["clauses"] if one["status"] != "passed"} == {"C-SIG-1", "C-SIG-2"}
    suites = ET.parse(tmp_path / "report.xml").getroot()  # noqa: S314 - we have just written it
    assert sum(int(suite.attrib["skipped"]) for suite in suites) == 2
    assert f"{len(told['clauses']) - 2}/{len(told['clauses'])} passed" in (tmp_path / "badge.svg").read_text("utf-8")
