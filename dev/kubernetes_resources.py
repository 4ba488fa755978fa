"""Resources of operators, held against the models of their definitions: `python -m dev.kubernetes_resources`.

The models (KEDA, Prometheus operator, sealed secrets) live in an environment of their own, `make k8s-check`. They let
unknown fields pass, so a resource must also come out of its model as it went in.
"""

import importlib
import sys
from collections.abc import Mapping
from itertools import chain
from typing import Any

from dev.kubernetes import COMPOSITIONS, rendered

_MODELS: Mapping[tuple[str, str], str] = {
    ("keda.sh/v1alpha1", "ScaledObject"): "cloudcoil.models.keda.v1alpha1",
    ("keda.sh/v1alpha1", "TriggerAuthentication"): "cloudcoil.models.keda.v1alpha1",
    ("monitoring.coreos.com/v1", "ServiceMonitor"): "cloudcoil.models.prometheus_operator.v1",
    ("monitoring.coreos.com/v1", "PrometheusRule"): "cloudcoil.models.prometheus_operator.v1",
    ("bitnami.com/v1alpha1", "SealedSecret"): "cloudcoil.models.sealed_secrets.v1alpha1",
}


def strayed(written: Any, read: Any, place: str = "") -> list[str]:
    """Where what was read differs from what was written: fields the definition does not know."""
    if isinstance(written, dict) and isinstance(read, dict):
        return list(
            chain.from_iterable(strayed(value, read.get(key), f"{place}.{key}") for key, value in written.items())
        )
    if isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        return list(
            chain.from_iterable(
                strayed(one, other, f"{place}[{n}]") for n, (one, other) in enumerate(zip(written, read, strict=True))
            )
        )
    return [] if written == read else [place]


def main() -> int:
    """Names every resource at fault, and the kinds of which no model can be had."""
    unseen, seen, wrong = set(), 0, 0
    for manifest in chain.from_iterable(map(rendered, COMPOSITIONS)):
        kind = manifest["apiVersion"], manifest["kind"]
        if kind in _MODELS:
            model = getattr(importlib.import_module(_MODELS[kind]), kind[1])
            read = model.model_validate(manifest).model_dump(mode="json", by_alias=True, exclude_unset=True)
            for place in strayed(manifest, read):
                print(f"{kind[1]} {manifest['metadata']['name']}: {place}")
                wrong += 1
            seen += 1
        elif "." in kind[0].partition("/")[0] and not kind[0].partition("/")[0].endswith("k8s.io"):
            unseen.add(kind[1])
    print(f"{seen} 项符合 / held against models, {wrong} 处不合 / places at fault")
    print("无从核对 / no model to be had:", ", ".join(sorted(unseen)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
