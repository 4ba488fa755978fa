"""What Prometheus reads: one registry per process; rate, errors and duration of every endpoint and handler.

Labels are names of ours (events, handlers, queues, route templates, provinces), never ids of documents or people. What
each means stands here in Chinese and English; `docs/metrics.md` is made of it. Histograms of time carry exemplars, the
trace of one observation, for whoever asks for OpenMetrics.
"""

from fastapi import Response
from opentelemetry.trace import SpanContext, format_trace_id, get_current_span
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

disable_created_metrics()  # type: ignore[no-untyped-call] # the library left it untyped; a third of the output for nothing
REGISTRY = CollectorRegistry(auto_describe=True)
"""This process's registry."""
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

BUILD = Gauge(
    "sihao_build_info",
    "本进程的版本与契约摘要，恒为 1 / Release and digest of the contracts of this process; always 1",
    ["scope", "version", "contracts"],
    registry=REGISTRY,
)
PART_UP = Gauge(
    "sihao_part_up",
    "各部分是否正常（数据库 store、接收 consumers、发件箱 outbox 等），1 为正常 / "
    "Whether a part is well (store, consumers, outbox …): 1 if so",
    ["part"],
    registry=REGISTRY,
)
TASK_FAILURES = Counter(
    "sihao_task_failures",
    "后台任务出错重来的次数 / Background tasks that failed and were begun again",
    ["task"],
    registry=REGISTRY,
)

REQUESTS = Counter(
    "sihao_http_requests", "已答复的请求 / HTTP requests answered", ["method", "route", "status"], registry=REGISTRY
)
REQUEST_SECONDS = Histogram(
    "sihao_http_request_seconds",
    "自收到请求首字节至答复末字节 / From the first byte of a request to the last of its answer",
    ["method", "route"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
TURNED_AWAY = Counter(
    "sihao_http_turned_away",
    "未予受理的请求和连接：过多、过大、过慢，按原因 / "
    "Requests and connections not served: too many, too much, too slow; by reason",
    ["reason"],
    registry=REGISTRY,
)

MESSAGES = Counter(
    "sihao_messages",
    "收到的消息，按结果：applied 生效、repeated 重复、ignored 无关、parked 成为死信、deferred 暂候 / "
    "Messages taken from the bus; outcome: applied, repeated, ignored, parked or deferred",
    ["event", "outcome"],
    registry=REGISTRY,
)
NOT_BELIEVED = Counter(
    "sihao_not_believed",
    "因签名或签名者被拒的消息 / Messages refused for their signature, or for who signed them",
    ["event", "code"],
    registry=REGISTRY,
)
BATCH_SIZE = Histogram(
    "sihao_batch_size",
    "一批中一起处理、提交的消息数 / Messages decided and committed together",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
    registry=REGISTRY,
)
HANDLE_SECONDS = Histogram(
    "sihao_handle_seconds",
    "每条消息自取入批次至提交、发出，按处理的事件；lane 为整批 / "
    "From taking a message into a batch to commit and publish, by the event handled; lane: the whole batch",
    ["handler"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
VERSION_CONFLICTS = Counter(
    "sihao_version_conflicts",
    "文档已被他人改动而重新决定的次数 / Decisions taken again, the document had moved",
    registry=REGISTRY,
)
DECISIONS = Counter(
    "sihao_decisions",
    "审核作出的决定，按环节、结果和省 / What review decided, by stage (of the procedure), outcome and province",
    ["stage", "outcome", "area"],
    registry=REGISTRY,
)

OUTBOX_DEPTH = Gauge(
    "sihao_outbox_depth",
    "尚有事实未获确认的文档数 / Documents with facts the broker has not confirmed",
    registry=REGISTRY,
)
OUTBOX_AGE = Gauge(
    "sihao_outbox_age_seconds",
    "最久未获确认的事实已等待多久 / Age of the oldest fact the broker has not confirmed",
    registry=REGISTRY,
)
PUBLISHED = Counter("sihao_published", "已获确认的事实 / Facts confirmed by the broker", ["event"], registry=REGISTRY)
PUBLISH_FAILURES = Counter(
    "sihao_publish_failures",
    "未获确认或尚无人收听的事实 / Facts the broker did not confirm, or nobody hears yet",
    registry=REGISTRY,
)
REFUSED = Counter(
    "sihao_refused",
    "因收听的队列已满而被拒的事实 / Facts the broker refused because a queue that hears them is full",
    ["event", "area"],
    registry=REGISTRY,
)
HELD_BACK = Counter(
    "sihao_held_back",
    "所属流向被拒期间留在发件箱的事实 / Facts left in their outbox while their flow is refused",
    ["event", "area"],
    registry=REGISTRY,
)
PAUSED_SECONDS = Gauge(
    "sihao_paused_seconds",
    "一省的一类事件已被拒多久 / For how long an event of one province has been refused",
    ["event", "area"],
    registry=REGISTRY,
)

QUEUE_DEPTH = Gauge(
    "sihao_queue_depth", "队列中等待的消息数 / Messages waiting in a queue", ["queue"], registry=REGISTRY
)
QUEUE_AGE = Gauge(
    "sihao_queue_age_seconds",
    "队列中最早一条未处理消息的年龄（在本进程手中者），0 为没有 / "
    "Age of the oldest message of a queue that this process has in hand; 0 if none",
    ["queue"],
    registry=REGISTRY,
)
MESSAGE_AGE = Histogram(
    "sihao_message_age_seconds",
    "自事件发生至在此处理，按平台时钟 / From the event to its handling here, by the platform's clock",
    ["event"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3600, 86400, 604800),
    registry=REGISTRY,
)
DEAD_LETTERS = Gauge(
    "sihao_dead_letters",
    "等待人工处理的死信 / Messages parked with a reason, waiting for a person",
    registry=REGISTRY,
)
DEAD_LETTERS_BY_CODE = Gauge(
    "sihao_dead_letters_by_code",
    "未重放的死信，按原因代码（含自动重试者） / "
    "Dead letters not replayed, by code (with those that are tried again by themselves)",
    ["code"],
    registry=REGISTRY,
)
DEAD_LETTER_AGE = Gauge(
    "sihao_dead_letter_age_seconds",
    "最早一封等待人工的死信已搁置多久 / Age of the oldest dead letter that waits for a person",
    registry=REGISTRY,
)
WAITING = Gauge(
    "sihao_waiting_messages",
    "在库中等待另一消息、将自动重试的消息 / Messages in the store that wait for another, and are tried again",
    registry=REGISTRY,
)

PROVINCE_LAG = Gauge(
    "sihao_province_lag_seconds",
    "一省（或中央）审核最近一条消息到达时的年龄 / "
    "How old the latest message of a province's (or the centre's) review was when it was handled here",
    ["area"],
    registry=REGISTRY,
)
PROVINCE_HEARD = Gauge(
    "sihao_province_heard_timestamp_seconds",
    "最近一次收到一省（或中央）审核消息的时间 / "
    "When a message of a province's (or the centre's) review was last handled",
    ["area"],
    registry=REGISTRY,
)
KEY_EXPIRES = Gauge(
    "sihao_key_expires_timestamp_seconds",
    "一地已登记的密钥最晚到期的时间；不到期者不列 / "
    "When the last of an area's registered keys ends; an area with a key without end is left out",
    ["area"],
    registry=REGISTRY,
)

DEADLINE_LAG = Gauge(
    "sihao_deadline_lag_seconds",
    "最近一次到期事项晚了多久才办 / How late the last deadline was acted on",
    registry=REGISTRY,
)
DEADLINE_SWEEP = Gauge(
    "sihao_deadline_sweep_timestamp_seconds",
    "最近一次查完全部到期事项的时间 / When all deadlines were last looked through",
    registry=REGISTRY,
)
LETTERS = Counter(
    "sihao_letters",
    "投递信函的结果：sent 已发、deferred 稍后再试、rejected 被拒 / "
    "Transmissions of letters by mail; outcome: sent, deferred or rejected",
    ["outcome"],
    registry=REGISTRY,
)
BEHIND = Gauge(
    "sihao_behind",
    "为 1 时：可能有消息在途，及其原因 / 1 for the reason why messages may be under way that have not been heard",
    ["why"],
    registry=REGISTRY,
)
CATCHING_UP_WAITING = Gauge(
    "sihao_catching_up_waiting",
    "待补齐的消息数；0 表示已跟上 / Messages left to catch up with; 0 if the service is abreast",
    registry=REGISTRY,
)
CATCHING_UP_OLDEST = Gauge(
    "sihao_catching_up_oldest_seconds",
    "待补齐的最早消息已有多久 / Age of the oldest message being caught up with",
    registry=REGISTRY,
)
CATCHING_UP_LEFT = Gauge(
    "sihao_catching_up_seconds_left",
    "预计多少秒后补齐；积压不减时为 NaN / Until it has caught up; NaN if the backlog does not get less",
    registry=REGISTRY,
)
LEDGER_DIFFERENCES = Gauge(
    "sihao_ledger_differences",
    "一日之内仅省或仅中央知晓的事实，各日合计 / "
    "Facts of a day that only one of province and centre knows, all days together",
    ["area", "of", "side"],
    registry=REGISTRY,
)
FORGOTTEN = Gauge(
    "sihao_forgotten_facts",
    "中央知晓而本库尚未找回的本省事实 / Own facts that the centre knows and this store does not, yet",
    registry=REGISTRY,
)


def exemplar(context: SpanContext | None = None) -> dict[str, str] | None:
    """The exemplar of an observation: the trace of this span, or of the current one; None if it is not recorded."""
    context = context or get_current_span().get_span_context()
    sampled = context.is_valid and context.trace_flags.sampled
    return {"trace_id": format_trace_id(context.trace_id)} if sampled else None


def answer_metrics(accept: str = "") -> Response:
    """All metrics: OpenMetrics with exemplars for whoever accepts it, else Prometheus' text format."""
    encode, media_type = choose_encoder(accept)
    return Response(encode(REGISTRY), media_type=media_type)
