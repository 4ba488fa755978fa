"""One province: is it heard, how late is what it says, is anything refused, what does it decide?"""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dev.dashboards.panels import board as empty
from dev.dashboards.panels import choice, lines, number, row

_HERE = 'area=~"$area"'


def board() -> Dashboard:
    """From “why is Fujian slow” to the part that is."""
    return (
        empty("sihao-province", "单个省", "one province")
        .with_variable(
            choice("area", "省", "province", "label_values(sihao_province_heard_timestamp_seconds, area)", many=False)
        )
        .with_panel(
            number(
                "距上次收到消息",
                "since it was last heard",
                f"time() - max(sihao_province_heard_timestamp_seconds{{{_HERE}}})",
                unit="s",
            )
        )
        .with_panel(number("消息晚到", "how late it is", f"max(sihao_province_lag_seconds{{{_HERE}}})", unit="s"))
        .with_panel(number("被拒流向", "flows refused", f"count(sihao_paused_seconds{{{_HERE}}} > 0) or vector(0)"))
        .with_panel(
            number(
                "密钥到期", "its key ends in", f"min(sihao_key_expires_timestamp_seconds{{{_HERE}}}) - time()", unit="s"
            )
        )
        .with_row(row("一、消息到得及时吗", "1. do its messages come in time?"))
        .with_panel(
            lines(
                "晚到，按收听的服务",
                "how late, by who hears it",
                [(f"max by (service) (sihao_province_lag_seconds{{{_HERE}}})", "{{service}}")],
                unit="s",
                about="各处都晚：该省或线路慢；一处晚：该服务慢 / late everywhere: the province; at one: that service",
            )
        )
        .with_panel(
            lines(
                "该省的队列",
                "its queues",
                [('max by (queue) (sihao_queue_depth{queue=~".*\\\\.$area"})', "{{queue}}")],
                about="由该省自己的审核服务上报 / told by the province's own review",
            )
        )
        .with_panel(
            lines(
                "其队列最早消息",
                "oldest in its queues",
                [('max by (queue) (sihao_queue_age_seconds{queue=~".*\\\\.$area"})', "{{queue}}")],
                unit="s",
            )
        )
        .with_row(row("二、有没有被拒", "2. is anything refused?"))
        .with_panel(
            lines(
                "被拒多久",
                "refused for",
                [(f"max by (service, event) (sihao_paused_seconds{{{_HERE}}})", "{{service}} {{event}}")],
                unit="s",
            )
        )
        .with_panel(
            lines(
                "被拒与留存",
                "refused and held back",
                [
                    (f"sum by (event) (rate(sihao_refused_total{{{_HERE}}}[5m]))", "被拒 refused {{event}}"),
                    (f"sum by (event) (rate(sihao_held_back_total{{{_HERE}}}[5m]))", "留存 held {{event}}"),
                ],
            )
        )
        .with_row(row("三、人办得怎样", "3. how are people getting on?"))
        .with_panel(
            lines(
                "每小时决定",
                "decisions per hour",
                [
                    (
                        f"sum by (stage, outcome) (increase(sihao_decisions_total{{{_HERE}}}[1h]))",
                        "{{outcome}} {{stage}}",
                    )
                ],
            )
        )
    )
