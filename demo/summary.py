"""The round in words: what happened to whom, in figures that add up."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from rich.markup import escape
from rich.table import Table

from demo.account import DEAD_LETTERS, OUTBOX, PUBLISHED, Account
from demo.play import Play, jurisdiction_of
from demo.province import kids, told
from demo.stand import FUJIAN

_PLACES = {"35": "福建 Fujian", "37": "山东 Shandong", "51": "四川 Sichuan", "CN": "直属 direct"}
_WORDS = {
    ("honoured", ""): "授予称号 / honours granted",
    ("withheld", "objection"): "公示异议成立，不予认定 / objection upheld",
    ("declined", "vote"): "委员会表决未通过 / not elected by the committee",
    ("declined", "quota"): "名额之外 / outside the quota",
    ("declined", "officer"): "审核不予通过 / declined by an officer",
    ("declined", "overdue"): "逾期未补正 / never corrected",
    ("declined", "gate"): "资格条件不符 / refused at a gate",
    ("withdrawn", ""): "自行撤回 / withdrawn",
    ("late", ""): "逾期提交，不予受理 / handed in too late",
}


def tell(play: Play, account: Account) -> None:
    """Print the summary."""
    show = play.show
    show.say("")
    show.console.print(_outcomes(play, account))
    show.console.print(_provinces(play, account))
    for line in _stories(play):
        show.say(line)
    show.say("")
    for line in _service_figures(play, account):
        show.say(line)
    for line in _province(play):
        show.say(line)
    if account.wrong:
        show.say(f"\n[bold red]✗ {len(account.wrong)} 项不符 / do not agree[/bold red]")
        for line in account.wrong:
            show.say(f"  {line}")
    else:
        show.say("\n[bold green]✓ 每一件申报均已核对 / every application is accounted for[/bold green]")


def _outcomes(play: Play, account: Account) -> Table:
    table = Table(title=play.scenario.round.title.zh, title_justify="left", show_footer=True)
    total = len(account.outcomes)
    table.add_column("结果 outcome", footer="申报 applications")
    table.add_column("件 number", justify="right", footer=str(total))
    counts = account.counts
    for outcome in (*_WORDS, *(counts.keys() - _WORDS.keys())):
        table.add_row(_WORDS.get(outcome, str(outcome)), str(counts[outcome]))
    return table


def _provinces(play: Play, account: Account) -> Table:
    table = Table(title="各地 by province", title_justify="left")
    for heading in ("", "申报\napplied", "上榜\nranked", "名额\nquota", "推荐\nnominated", "授予\nhonoured"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    by_place = Counter(map(jurisdiction_of, play.scenario.applications))
    honoured = Counter(
        jurisdiction_of(one) for one in play.scenario.applications if account.outcomes[play.id_of(one)][0] == "honoured"
    )
    for area, quota in sorted(play.scenario.round.quotas.items()):
        entries = play.noted["lists"][area]["entries"]
        nominated = sum(entry["nominated"] for entry in entries)
        row = (by_place[area], len(entries), quota, nominated, honoured[area])
        table.add_row(_PLACES[area], *map(str, row))
    table.add_row(_PLACES["CN"], str(by_place["CN"]), "—", "—", "—", str(honoured["CN"]))
    return table


def _stories(play: Play) -> Iterator[str]:
    yield "[bold]过程 on the way[/bold]"
    errors = play.noted["row_errors"]
    yield f"  导入 import：一份名单有 {len(errors)} 处错误，整份拒绝 / {len(errors)} errors, refused as a whole:"
    for error in errors[:3]:
        yield f"    {error['field']}: {error['rule']['zh']}"
    for one in play.scenario.applications:
        if one.story and one.story.reason == "gate":
            yield f"  资格 gate：{one.chamber.name} — {one.story.note.zh} / {one.story.note.en}"
    corrected = len(play.ids(lambda acts: acts.correct is not None))
    forgotten = len(play.ids(lambda acts: bool(acts.returns) and acts.correct is None))
    yield f"  退回补正 returned：{corrected + forgotten}，按期补正 corrected {corrected}，逾期 never {forgotten}"
    yield f"  过早封存被拒 sealing too early was refused：{play.noted['sealed_too_early']}"
    for expert, name, when in play.noted["recused"]:
        known = "分派时 at assignment" if when == "assignment" else "评分时 at marking"
        yield f"  回避 recused：{expert} · {name}（{known}）"
    yield f"  评分标准化 marks normalised：{_strictest(play.noted['cohort'])}"
    for name, outcome, reason in play.noted["rulings"]:
        word = "成立 upheld" if outcome == "upheld" else "不成立 dismissed"
        yield f"  异议 objection：{name} — {word}：{reason}"
    yield from _fairness(play)
    becomes = Counter(term.becomes for term in play.scenario.terms)
    yield (
        f"  上届称号 last round：{becomes['superseded']} 项由本届接替 superseded，"
        f"{becomes['expired']} 项未再获认定、到期失效 will expire"
    )


def _fairness(play: Play) -> Iterator[str]:
    """What makes the round fair, and lets anyone check that it was."""
    noted, code = play.noted, play.code
    moved = "，".join(f"{name} {'进 in' if enters else '出 out'}" for name, enters, _ in noted["what_if"])
    yield f"  试算 what if：名额少 2、政治引领 ×1.2 / two places fewer, A × 1.2：{moved}（未写入 nothing written）"
    yield f"  实地走访 visited：{noted['visited']} 家直属商会 chambers directly under the nation"
    draw, plan = noted["draw"], noted["plan"]
    promised, drawn = " ".join(one[:8] for one in draw["promised"]), len(draw["drawn"])
    yield f"  抽签 draw：{draw['id']}，先承诺 promised {promised}…，后揭晓 told，抽中 drawn {drawn}"
    least, most = min(plan["loads"].values()), max(plan["loads"].values())
    digest = plan["digest"][:8]
    yield f"  专家分配 assignment：每人 {least}–{most} 件 cases each；同一种子方案相同 same seed, same plan {digest}…"
    made = noted["plan_made"]
    yield (
        f"  改进方案 plan：{made['chamber']}（第 {made['rank']} 名，名额外 outside the quota）"
        f"{made['before']} → {made['after']} 分 points：{'、'.join(made['items'])}，{made['target']} 前 by"
    )
    certificate = noted["certificate"]
    yield f"  证书 certificate：{certificate['name']}：" + "；".join(certificate["found"])
    yield f"  [green]sihao verify round {code}[/green]：{noted['checked']} 份文档完整 documents whole"
    yield f"  [green]sihao replay {code}[/green]：抽签、名单、评分、表决重算一致 computed again, nothing differs"


def _service_figures(play: Play, account: Account) -> Iterator[str]:
    letters = account.letters
    total = sum(account.gauges.values(), Counter[str]())
    yield (
        f"通知 letters：送达 delivered {letters['delivered']}，失败 failed {letters['failed']}，"
        f"其中邮件 of them mails {len(play.stand.mails.mails)}"
    )
    yield (
        f"消息 events：发布 published {total[PUBLISHED]}，"
        f"未发出 unsent {total[OUTBOX]}，死信 dead letters {total[DEAD_LETTERS]}"
    )


def _province(play: Play) -> Iterator[str]:
    """How Fujian's own review service is connected and believed."""
    centre, fujian = (" ".join(kid[:8] + "…" for kid in some) or "—" for some in kids(play.stand.joined))
    signed = play.noted["signed"]
    yield f"福建自有审核服务 Fujian's own review：{told(play.stand.joined)}"
    yield (
        f"  签名 signatures：中央密钥 the centre's key {centre}，福建 Fujian's {fujian}；"
        f"福建的 {signed['facts']} 条消息由中央各服务核验 of its facts verified at the centre，"
        f"连同签名留存 {signed['kept']} 份 kept with signature，拒收 refused 0"
    )


def tell_times(play: Play, seconds: float) -> None:
    """Where the time went."""
    slowest = sorted(play.show.times.items(), key=lambda pair: -pair[1])[:5]
    parts = "，".join(f"{name.partition(' / ')[0]} {took:.1f}" for name, took in slowest)
    play.show.say(f"用时 time：{seconds:.1f} s（{parts}）")


def tell_addresses(play: Play, try_it: str) -> None:
    """Where to look, and how to try the interfaces."""
    services = play.platform.services
    say = play.show.say
    say("\n[bold]公告栏 public bulletin[/bold]")
    say(f"  {services['notify']}/")
    say(f"  {services['notify']}/announcements/{play.noted['announcement']}")
    say(f"  {services['notify']}/register?round={play.code}")
    say("[bold]接口 API pages[/bold]")
    names = {"intake": "申报", "scoring": "评分", "review": "审核（全国）", FUJIAN: "审核（福建）", "notify": "通知"}
    for name, url in services.items():
        say(f"  {names[name]} {name}: {url}/docs")
    say("[bold]以各角色试用接口 try them in every role[/bold]")
    say(f"  {escape(try_it)}")


def _strictest(yardstick: dict[str, Any]) -> str:
    """How the strictest expert marks beside all of them."""
    strict = min(yardstick["experts"], key=lambda one: Decimal(one["mean"]))
    done = sum(one["normalised"] for one in yardstick["experts"])
    return (
        f"{done} 名专家 experts，总均值 mean {yardstick['mean']}；"
        f"最严者 the strictest {strict['expert']}，均值 mean {strict['mean']}"
    )
