"""The alerts once more, as the Prometheus operator takes them: the same rules, wrapped."""

from pathlib import Path
from textwrap import indent

ALERTS = Path("deploy/observe/alerts/sihao.yml")
PLACE = Path("deploy/k8s/components/prometheus/rules.yaml")
_HEAD = """\
# 由 make docs 依 deploy/observe/alerts/sihao.yml 生成 / made by make docs from deploy/observe/alerts/sihao.yml
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: sihao
spec:
"""


def documents(root: Path) -> dict[Path, str]:
    """The one resource."""
    rules = (root / ALERTS).read_text("utf-8").splitlines(keepends=True)
    return {PLACE: _HEAD + indent("".join(line for line in rules if not line.startswith("#")), "  ")}
