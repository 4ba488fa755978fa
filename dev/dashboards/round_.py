"""One round: how many applications are at which point of the way. Choose the time of the round above."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dev.dashboards.panels import board as empty
from dev.dashboards.panels import choice, lines, number, row


def _told(event: str) -> str:
    return f'sum(increase(sihao_published_total{{event="{event}.v1"}}[$__range]))'


def _decided(outcome: str) -> str:
    return f'sum(increase(sihao_decisions_total{{outcome="{outcome}",area=~"$area"}}[$__range]))'


def board() -> Dashboard:
    """The way of the applications, in numbers of the time that is chosen."""
    return (
        empty("sihao-round", "一个认定周期", "one round")
        .time("now-30d", "now")
        .with_variable(choice("area", "省", "province", "label_values(sihao_decisions_total, area)"))
        .with_row(row("所选时段内", "in the time chosen"))
        .with_panel(number("提交", "submitted", _told("application.submitted")))
        .with_panel(number("评分", "scored", _told("application.scored")))
        .with_panel(number("受理", "cases opened", _decided("case.opened")))
        .with_panel(number("退回补正", "returned", _decided("case.returned")))
        .with_panel(number("推荐上报", "nominated", _decided("case.nominated")))
        .with_panel(number("未通过", "declined", _decided("case.declined")))
        .with_panel(number("授予称号", "honours granted", _decided("honour.granted")))
        .with_panel(number("信函", "letters sent", 'sum(increase(sihao_letters_total{outcome="sent"}[$__range]))'))
        .with_row(row("进度", "progress"))
        .with_panel(
            lines(
                "提交与评分，每小时",
                "submitted and scored, per hour",
                [
                    (
                        'sum by (event) (increase(sihao_published_total{event=~"application.*"}[1h]))',
                        "{{event}}",
                    )
                ],
            )
        )
        .with_panel(
            lines(
                "决定，按环节，每小时",
                "decisions by stage, per hour",
                [
                    (
                        'sum by (stage, outcome) (increase(sihao_decisions_total{area=~"$area"}[1h]))',
                        "{{stage}} {{outcome}}",
                    )
                ],
            )
        )
        .with_panel(
            lines(
                "决定，按省，每小时",
                "decisions by province, per hour",
                [('sum by (area) (increase(sihao_decisions_total{area=~"$area"}[1h]))', "{{area}}")],
            )
        )
        .with_panel(
            lines(
                "信函，按结果，每小时",
                "letters by outcome, per hour",
                [("sum by (outcome) (increase(sihao_letters_total[1h]))", "{{outcome}}")],
            )
        )
        .with_panel(
            lines(
                "到期事项晚了多久",
                "how late deadlines are",
                [("max by (service) (sihao_deadline_lag_seconds)", "{{service}}")],
                unit="s",
            )
        )
    )
