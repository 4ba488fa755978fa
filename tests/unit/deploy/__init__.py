"""The manifests under `deploy/k8s`, held against the code."""
