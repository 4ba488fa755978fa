#!/bin/sh
# 中央：接纳一省，写出接入文件；令牌取自 SIHAO_OPERATOR_TOKEN，未设则向试用签发者要一个
# The centre: admits a province and writes its join file; the token is SIHAO_OPERATOR_TOKEN, else the development issuer's
set -eu
handover=/var/lib/sihao/handover
if [ -z "${SIHAO_TOKEN:-}" ]; then
    SIHAO_TOKEN="$(python -c 'import json, urllib.request as web
print(json.load(web.urlopen("http://development-issuer:8000/token?sub=operator&role=operator"))["token"])')"
    export SIHAO_TOKEN
fi
python -m sihao province add "$AREA" --way linked --key "$handover/$AREA.key.jwk" \
    --broker amqp://broker:5672 --vhost sihao --review-url http://review:8000 --out "$handover/join-$AREA.yaml"
