#!/bin/sh
# 每个镜像的软件物料清单（CycloneDX，JSON），取自按哈希锁定的清单 / a bill of materials (CycloneDX) per image, from the hashed lists
set -eu
cd "$(dirname "$0")/../.."
venv=.local/sbom-tools out=.local/sbom
[ -x "$venv/bin/cyclonedx-py" ] || {
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install -qq 'cyclonedx-bom>=7.5,<8'
}
mkdir -p "$out"
for list in requirements/*.txt; do
    name="$(basename "$list" .txt)"
    "$venv/bin/python" -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
        --output-format JSON --output-file "$out/sihao-$name.cdx.json" "$list"
    printf '%s  %s\n' "$out/sihao-$name.cdx.json" "$(grep -c '"purl"' "$out/sihao-$name.cdx.json")"
done
