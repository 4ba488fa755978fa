# 一个文件，四个服务，每步一件事；说明见 docs/deployment.md
# One file for all services, one stage per concern; see docs/deployment.md
ARG PYTHON_IMAGE=python:3.13-slim

# 基础：解释器 / the base: the interpreter
FROM ${PYTHON_IMAGE} AS python

# 依赖：按哈希安装，只用现成的包，不编译 / dependencies: by hash, ready-made packages only, nothing is compiled
FROM python AS dependencies
ARG SERVICE
ARG REQUIREMENTS=${SERVICE}
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
ARG SOURCE_DATE_EPOCH=0
COPY requirements/${REQUIREMENTS}.txt /build/requirements.txt
COPY deploy/image/settle.py /build/settle.py
RUN --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    python -m pip install --quiet --disable-pip-version-check --no-cache-dir --root-user-action=ignore \
        --require-hashes --only-binary=:all: --no-compile --target=/out/srv/lib -r /build/requirements.txt \
    && rm -rf /out/srv/lib/bin \
    && PYTHONHASHSEED=0 python /build/settle.py /out

# 代码：只取这一个服务 / code: this one service and what it stands on
FROM python AS code
ARG SERVICE
ARG SOURCE_DATE_EPOCH=0
COPY . /build
RUN python /build/deploy/image/gather.py "${SERVICE}" /build /out/srv/sihao \
    && cp /build/deploy/image/healthy.py /out/srv/sihao/healthy.py \
    && PYTHONHASHSEED=0 python /build/deploy/image/settle.py /out

# 系统：去掉 pip、编译文件、缓存与文档 / the system: without pip, build files, caches and documentation
FROM python AS system
ARG SOURCE_DATE_EPOCH=0
COPY deploy/image/trim.py /build/trim.py
RUN echo 'sihao:x:10001:10001:sihao:/nonexistent:/usr/sbin/nologin' >> /etc/passwd \
    && echo 'sihao:x:10001:' >> /etc/group \
    && PYTHONHASHSEED=0 python /build/trim.py \
    && rm -rf /build \
    && install -d -m 1777 /tmp /var/tmp \
    && install -d -m 0750 -o 10001 -g 10001 /var/lib/sihao /var/lib/sihao/keys /var/lib/sihao/handover \
    && find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /etc/hosts -o -path /etc/resolv.conf \) -prune \
        -o -newermt "@${SOURCE_DATE_EPOCH}" -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

# 成品：无特权用户，根文件系统可只读 / what runs: no privileges, works on a read-only root file system
FROM scratch AS service
ARG SERVICE
ARG MODULE=services.${SERVICE}
ARG VERSION=0
ARG REVISION=unknown
ARG SOURCE=
# 有意压平：否则删去的文件仍在下层 / flattened on purpose: what was taken away would still be in a layer below
# hadolint ignore=DL3067
COPY --from=system / /
COPY --from=dependencies /out /
COPY --from=code /out /
ENV PATH=/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    PYTHONPATH=/srv/sihao:/srv/lib \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SIHAO_MODULE=${MODULE} \
    SIHAO_HOST=0.0.0.0 \
    SIHAO_PORT=8000
LABEL org.opencontainers.image.title="sihao-${SERVICE}" \
      org.opencontainers.image.description="四好商会认定平台 / Sihao, recognition of Four-Good chambers of commerce" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /srv/sihao
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 CMD ["python", "-S", "-E", "/srv/sihao/healthy.py"]
ENTRYPOINT ["/bin/sh", "-c", "exec python -m \"$SIHAO_MODULE\" \"$@\"", "sihao"]
