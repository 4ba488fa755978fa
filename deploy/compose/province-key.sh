#!/bin/sh
# 本省：生成签名密钥，公钥放入交接处 / the province: makes its key; the public half goes to the handover
set -eu
keys=/var/lib/sihao/keys
[ -e "$keys/$AREA.key.pem" ] || python -m sihao province key "$keys/$AREA.key.pem"
cp "$keys/$AREA.key.jwk" "/var/lib/sihao/handover/$AREA.key.jwk"
