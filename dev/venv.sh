#!/bin/sh
# Makes or refreshes .venv from requirements-dev.txt; `make venv` calls it when that file or pyproject.toml changed.
# PYTHON=/path/to/python chooses the interpreter.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    say "需要 Python 3.11 或更新版本；可用 make PYTHON=/路径/python3 指定。"
    say "Python 3.11 or newer is needed; make PYTHON=/path/to/python3 chooses one."
    exit 1
}

# Debian keeps the module that makes environments in a package of its own.
need_ensurepip() {
    "$1" -c 'import ensurepip' 2>/dev/null && return
    package="$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "正在用 apt-get 安装 $package … / installing $package with apt-get …"
        export DEBIAN_FRONTEND=noninteractive
        apt-get -qq -y install "$package" >/dev/null 2>&1 || { apt-get -qq update && apt-get -qq -y install "$package" >/dev/null; }
        return
    fi
    say "缺少 Python 模块 ensurepip。请以 root 运行 apt-get install $package 后重试。"
    say "The Python module ensurepip is missing. As root, run apt-get install $package, then try again."
    exit 1
}

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python="$(find_python)"
    need_ensurepip "$python"
    say "正在建立 .venv … / making .venv …"
    "$python" -m venv --clear .venv
fi

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
say "正在安装 $(grep -c '==' requirements-dev.txt) 个依赖（首次约一分钟）… / installing the dependencies (about a minute at first) …"
.venv/bin/python -m pip install -qq --require-hashes -r requirements-dev.txt
.venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e .
touch .venv/.installed
say "依赖已就绪。/ Dependencies are ready."
