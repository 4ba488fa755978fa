"""The tables of the HTTP benchmark."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from bench.figures import ratio

Record = Mapping[str, Any]
HEADINGS = ("", "本平台 p50 / p99 ms", "bare p50 / p99 ms", "÷ p50", "÷ p99", "µs CPU", "bare µs CPU")
EXPORT_HEADINGS = ("", "秒 s", "CPU 秒 s", "峰值 peak MiB")


def rows(records: Sequence[Record]) -> list[list[str]]:
    """Requests of many users, beside the bare application."""
    found = [record for record in records if "figures" in record]
    table = []
    for part in dict.fromkeys(record["part"] for record in found):
        ours, bare = (_of(found, part, contender) for contender in ("sihao", "bare"))
        for name in ours[0]["figures"]:
            times = {
                who: {p: [record["figures"][name][p] for record in records_] for p in ("p50_ms", "p99_ms")}
                for who, records_ in (("ours", ours), ("bare", bare))
            }
            table.append(
                [
                    name,
                    *(" / ".join(f"{median(times[who][p]):.0f}" for p in ("p50_ms", "p99_ms")) for who in times),
                    *(f"{ratio(times['ours'][p], times['bare'][p]).median:.2f}" for p in ("p50_ms", "p99_ms")),
                    *(f"{median(record['cpu_us'] for record in one):.0f}" for one in (ours, bare)),
                ]
            )
    return table


def exports(records: Sequence[Record]) -> list[list[str]]:
    """Exports, as a job and in the request."""
    table = []
    for contender, title in (("sihao", "本平台，后台任务 / a job"), ("bare", "bare，在请求之内 / in the request")):
        if found := _of(records, "export", contender):
            seconds, cpu = (f"{median(r[name] for r in found):.1f}" for name in ("seconds", "cpu_seconds"))
            table.append([title, seconds, cpu, f"{max(r['peak'] for r in found) / 2**20:.0f}"])
    return table


def burst(record: Record) -> str:
    """What became of the burst, in words."""
    honoured = record["honoured"]
    refused = "，".join(f"{reason} {count}" for reason, count in record["refused"].items()) or "0"
    drained = f"{record['drained']:.0f} s" if record["drained"] is not None else "—"
    late = f"{record['p50_ms']:.0f} / {record['p99_ms']:.0f} ms" if record["accepted"] else "—"
    return (
        f"- 发出 sent: {record['sent']:,}，{record['rate']:.0f}/s × {record['seconds']:g} s "
        f"(预计高峰 expected peak × {record['times']:g})\n"
        f"- 得回执 accepted: {record['accepted']:,}，p50 / p99 {late}；未受理 refused: {refused}\n"
        f"- 回执与库中一致 receipts found: {honoured['receipt']:,}，链完整 chains whole: {honoured['chain']:,}，"
        f"已评分 scored: {honoured['scored']:,}，已立案 cases: {honoured['case']:,}\n"
        f"- 发件箱余 left in outboxes: {honoured['unsent']}，用时 after {drained}\n"
    )


def _of(records: Sequence[Record], part: str, contender: str) -> list[Record]:
    found = (record for record in records if record["part"] == part and record["contender"] == contender)
    return sorted(found, key=lambda record: record["round"])
