"""All services at a glance: are they up, do they answer, does anything wait?"""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dev.dashboards.panels import board as empty
from dev.dashboards.panels import lines, number, row


def board() -> Dashboard:
    """The page to open first."""
    return (
        empty("sihao-overview", "总览", "overview")
        .with_panel(
            number("在线进程", "processes up", 'sum(up{service=~"intake|scoring|review|notify"})'),
        )
        .with_panel(number("未正常的部分", "parts that are not well", "count(sihao_part_up == 0) or vector(0)"))
        .with_panel(number("待处理死信", "dead letters", "sum(max by (service, place) (sihao_dead_letters))"))
        .with_panel(number("最久未发出", "oldest unsent", "max(sihao_outbox_age_seconds)", unit="s"))
        .with_row(row("请求", "requests"))
        .with_panel(
            lines(
                "每秒请求",
                "requests per second",
                [("sum by (service) (rate(sihao_http_requests_total[5m]))", "{{service}}")],
            )
        )
        .with_panel(
            lines(
                "出错比例",
                "share of errors",
                [
                    (
                        (
                            'sum by (service) (rate(sihao_http_requests_total{status=~"5.."}[5m]))'
                            " / sum by (service) (rate(sihao_http_requests_total[5m]))"
                        ),
                        "{{service}}",
                    )
                ],
                unit="percentunit",
            )
        )
        .with_panel(
            lines(
                "答复时间，百分之九十九",
                "time to answer, 99 %",
                [
                    (
                        "histogram_quantile(0.99, sum by (service, le) (rate(sihao_http_request_seconds_bucket[5m])))",
                        "{{service}}",
                    )
                ],
                unit="s",
                about="点上的菱形直达追踪 / the diamonds lead to traces",
            )
        )
        .with_panel(
            lines(
                "未予受理",
                "turned away",
                [("sum by (service, reason) (rate(sihao_http_turned_away_total[5m]))", "{{service}} {{reason}}")],
            )
        )
        .with_row(row("消息", "messages"))
        .with_panel(
            lines(
                "每秒处理", "handled per second", [("sum by (service) (rate(sihao_messages_total[5m]))", "{{service}}")]
            )
        )
        .with_panel(
            lines("队列积压", "waiting in queues", [("max by (queue) (sihao_queue_depth) > 0", "{{queue}}")]),
        )
        .with_panel(
            lines(
                "队列最早消息",
                "oldest message",
                [("max by (queue) (sihao_queue_age_seconds) > 1", "{{queue}}")],
                unit="s",
            )
        )
        .with_panel(
            lines(
                "死信，按原因",
                "dead letters, by reason",
                [("max by (service, code) (sihao_dead_letters_by_code)", "{{service}} {{code}}")],
            )
        )
    )
