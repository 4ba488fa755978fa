#!/bin/sh
# 构建镜像 sihao-<名称>:<版本> / builds the images sihao-<name>:<version>
# sh deploy/image/build.sh [intake scoring review notify review-certificates sihao demo]
# PYTHON_IMAGE 基础镜像，PIP_INDEX_URL 包索引，PIP_CONF pip 配置文件（可含密码，不进入镜像）
# PYTHON_IMAGE: base image; PIP_INDEX_URL: package index; PIP_CONF: pip's configuration (may hold a password, stays out)
set -eu
cd "$(dirname "$0")/../.."

command -v docker >/dev/null && docker info >/dev/null 2>&1 || {
    echo "没有可用的 Docker：请安装并启动，或设 DOCKER_HOST。" >&2
    echo "No Docker answers: install and start it, or set DOCKER_HOST." >&2
    exit 2
}

VERSION="${VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)}"
REVISION="${REVISION:-$(git rev-parse HEAD 2>/dev/null || echo unknown)}"
SOURCE="${SOURCE:-}"
SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}"
export DOCKER_BUILDKIT=1

[ "$#" -gt 0 ] || set -- intake scoring review notify review-certificates sihao demo
for name in "$@"; do
    service="$name" module="services.$name" tag="sihao-$name:$VERSION"
    case "$name" in
        review-certificates) service=review module=services.review tag="sihao-review:$VERSION-certificates" ;;
        sihao) module=sihao ;;
        demo) module=demo ;;
    esac
    docker build --quiet --tag "$tag" \
        --build-arg SERVICE="$service" --build-arg REQUIREMENTS="$name" --build-arg MODULE="$module" \
        --build-arg VERSION="$VERSION" --build-arg REVISION="$REVISION" --build-arg SOURCE="$SOURCE" \
        --build-arg SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" \
        ${PYTHON_IMAGE:+--build-arg PYTHON_IMAGE="$PYTHON_IMAGE"} \
        ${PIP_INDEX_URL:+--build-arg PIP_INDEX_URL="$PIP_INDEX_URL"} \
        ${PIP_TRUSTED_HOST:+--build-arg PIP_TRUSTED_HOST="$PIP_TRUSTED_HOST"} \
        ${PIP_CONF:+--secret id=pip,src="$PIP_CONF"} . >/dev/null
    docker image inspect --format "$tag {{.Size}}" "$tag" | awk '{ printf "%s  %.0f MB\n", $1, $2 / 1e6 }'
done
