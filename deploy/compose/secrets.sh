#!/bin/sh
# 生成 .env：照 .env.example，每个空着的密码填上随机值；已有 .env 则不动。
# Makes .env from .env.example with a random value for every empty password; an .env that is there stays.
# sh deploy/compose/secrets.sh [FILE]
set -eu
cd "$(dirname "$0")/../.."
target="${1:-.env}"
if [ -e "$target" ]; then
    echo "$target 已存在，未改动 / $target exists and was not touched" >&2
    exit 0
fi
umask 077
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
while IFS= read -r line; do
    case "$line" in
        SIHAO_*_PASSWORD= | SIHAO_*_KEY=) printf '%s%s\n' "$line" "$(random)" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <.env.example >"$target"
echo "已生成 $target（仅本人可读） / made $target, for its owner only"
