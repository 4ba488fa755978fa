"""The few sorts of panels that the dashboards are made of. Titles are Chinese first, English second."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models.common import LegendDisplayMode
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    VariableHide,
    VariableRefresh,
    VariableSort,
)

SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
"""As the provisioned data source is called."""
_HALF, _QUARTER, _HIGH, _LOW = 12, 6, 8, 4
Query = tuple[str, str]
"""PromQL, and how its lines are called."""


def board(uid: str, zh: str, en: str) -> dashboard.Dashboard:
    """An empty dashboard."""
    return (
        dashboard.Dashboard(f"四好 Sihao · {zh} / {en}")
        .uid(uid)
        .tags(["sihao"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .editable()
        .link(dashboard.DashboardLink("四好 Sihao").as_dropdown(True).tags(["sihao"]).keep_time(True))
    )


def choice(name: str, zh: str, en: str, values: str, *, many: bool = True) -> dashboard.QueryVariable:
    """A choice above the dashboard, filled from `label_values(…)`."""
    made = (
        dashboard.QueryVariable(name)
        .label(f"{zh} / {en}")
        .datasource(SOURCE)
        .query(values)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .hide(VariableHide.DONT_HIDE)
    )
    return made.multi(True).include_all(True) if many else made


def lines(zh: str, en: str, queries: Sequence[Query], *, unit: str = "short", about: str = "") -> timeseries.Panel:
    """Lines over time; exemplars, where there are any, lead to the trace."""
    panel = (
        timeseries.Panel()
        .title(f"{zh} / {en}")
        .description(about)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .span(_HALF)
        .height(_HIGH)
        .fill_opacity(8)
        .legend(_legend())
    )
    for expression, legend in queries:
        panel = panel.with_target(_target(expression, legend).exemplar(True))
    return panel


def number(zh: str, en: str, expression: str, *, unit: str = "short", about: str = "") -> stat.Panel:
    """One number, as it is now."""
    return (
        stat.Panel()
        .title(f"{zh} / {en}")
        .description(about)
        .datasource(SOURCE)
        .unit(unit)
        .span(_QUARTER)
        .height(_LOW)
        .with_target(_target(expression, "").instant())
    )


def row(zh: str, en: str) -> dashboard.Row:
    """A heading."""
    return dashboard.Row(f"{zh} / {en}")


def _target(expression: str, legend: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).legend_format(legend).datasource(SOURCE)


def _legend() -> common.VizLegendOptions:
    return common.VizLegendOptions().display_mode(LegendDisplayMode.TABLE).calcs(["lastNotNull", "max"])
