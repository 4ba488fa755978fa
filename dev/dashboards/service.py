"""One service in depth: which endpoint, which handler, which part is slow, failing or waiting."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dev.dashboards.panels import board as empty
from dev.dashboards.panels import choice, lines, row

_OURS = 'service=~"$service"'


def _share(metric: str, by: str, q: float) -> str:
    return f"histogram_quantile({q}, sum by ({by}, le) (rate({metric}_bucket{{{_OURS}}}[5m])))"


def board() -> Dashboard:
    """Rate, errors and duration of every endpoint and handler; then what waits, and the process itself."""
    return (
        empty("sihao-service", "单个服务", "one service")
        .with_variable(choice("service", "服务", "service", "label_values(sihao_part_up, service)", many=False))
        .with_row(row("接口", "endpoints"))
        .with_panel(
            lines(
                "每秒请求",
                "requests per second",
                [(f"sum by (method, route) (rate(sihao_http_requests_total{{{_OURS}}}[5m]))", "{{method}} {{route}}")],
            )
        )
        .with_panel(
            lines(
                "出错与被拒",
                "errors and refusals",
                [
                    (
                        f'sum by (route, status) (rate(sihao_http_requests_total{{{_OURS},status=~"[45].."}}[5m]))',
                        "{{status}} {{route}}",
                    )
                ],
            )
        )
        .with_panel(
            lines(
                "答复时间，百分之九十五",
                "time to answer, 95 %",
                [(_share("sihao_http_request_seconds", "route", 0.95), "{{route}}")],
                unit="s",
            )
        )
        .with_row(row("消息", "messages"))
        .with_panel(
            lines(
                "每秒处理，按结果",
                "handled per second, by outcome",
                [(f"sum by (event, outcome) (rate(sihao_messages_total{{{_OURS}}}[5m]))", "{{event}} {{outcome}}")],
            )
        )
        .with_panel(
            lines(
                "处理时间，百分之九十五",
                "time to handle, 95 %",
                [(_share("sihao_handle_seconds", "handler", 0.95), "{{handler}}")],
                unit="s",
            )
        )
        .with_panel(
            lines(
                "自发生至处理，百分之九十五",
                "from event to handling, 95 %",
                [(_share("sihao_message_age_seconds", "event", 0.95), "{{event}}")],
                unit="s",
            )
        )
        .with_panel(
            lines(
                "每批消息数",
                "messages in a batch",
                [
                    (
                        f"rate(sihao_batch_size_sum{{{_OURS}}}[5m]) / rate(sihao_batch_size_count{{{_OURS}}}[5m])",
                        "{{instance}}",
                    )
                ],
            )
        )
        .with_panel(
            lines(
                "版本冲突",
                "version conflicts",
                [(f"sum by (instance) (rate(sihao_version_conflicts_total{{{_OURS}}}[5m]))", "{{instance}}")],
            )
        )
        .with_row(row("等待", "what waits"))
        .with_panel(
            lines("队列", "queues", [(f"max by (queue) (sihao_queue_depth{{{_OURS}}})", "{{queue}}")]),
        )
        .with_panel(
            lines(
                "队列最早消息",
                "oldest message",
                [(f"max by (queue) (sihao_queue_age_seconds{{{_OURS}}})", "{{queue}}")],
                unit="s",
            )
        )
        .with_panel(
            lines(
                "发件箱",
                "outbox",
                [
                    (f"max by (instance) (sihao_outbox_depth{{{_OURS}}})", "份 documents {{instance}}"),
                    (f"max by (instance) (sihao_outbox_age_seconds{{{_OURS}}})", "最久 oldest, s {{instance}}"),
                ],
            )
        )
        .with_panel(
            lines(
                "死信与暂候",
                "dead letters and waiting",
                [
                    (f"max by (code) (sihao_dead_letters_by_code{{{_OURS}}})", "{{code}}"),
                    (f"max by (instance) (sihao_waiting_messages{{{_OURS}}})", "暂候 waiting"),
                ],
            )
        )
        .with_panel(
            lines(
                "到期事项晚了多久",
                "how late deadlines are",
                [(f"max by (instance) (sihao_deadline_lag_seconds{{{_OURS}}})", "{{instance}}")],
                unit="s",
            )
        )
        .with_row(row("进程", "process"))
        .with_panel(
            lines("内存", "memory", [(f"process_resident_memory_bytes{{{_OURS}}}", "{{instance}}")], unit="bytes"),
        )
        .with_panel(
            lines("处理器", "processor time", [(f"rate(process_cpu_seconds_total{{{_OURS}}}[5m])", "{{instance}}")]),
        )
        .with_panel(
            lines(
                "后台任务出错",
                "background tasks that failed",
                [(f"sum by (task) (increase(sihao_task_failures_total{{{_OURS}}}[5m]))", "{{task}}")],
            )
        )
    )
