# SPDX-License-Identifier: Apache-2.0
#
# Static binaries, so the base is chosen for what scripts need: Alpine brings a
# shell and the usual small tools, and apk for more.

FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
COPY reporter/go.mod reporter/go.sum ./reporter/
RUN go mod download
COPY . .
ARG REVISION=unknown
ARG DATE=
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -o /out/ -ldflags "-s -w \
      -X github.com/prometheus/common/version.Version=$(cat VERSION) \
      -X github.com/prometheus/common/version.Revision=${REVISION} \
      -X github.com/prometheus/common/version.BuildUser=docker \
      -X github.com/prometheus/common/version.BuildDate=${DATE}" ./cmd/...

FROM alpine:3.22
LABEL org.opencontainers.image.title="Pharos" \
      org.opencontainers.image.description="Status page and uptime monitor" \
      org.opencontainers.image.source="https://github.com/pharos-status/pharos" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apk add --no-cache ca-certificates tzdata && \
    adduser -S -D -H -u 65532 -G nogroup pharos && \
    install -d -o 65532 -g nogroup -m 0750 /data && \
    install -d /etc/pharos
COPY --from=build /out/ /usr/bin/
COPY LICENSE NOTICE /usr/share/doc/pharos/
USER 65532
VOLUME /data
EXPOSE 8080 9640 9641 9642
# pharos and pharos_exporter answer on 9640, pharos_statuspage on 9641,
# pharos_bridge on 9642. Where a listener is elsewhere, or has TLS, say so: docker run
# --health-cmd=…
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD wget -q -O /dev/null http://127.0.0.1:9640/-/healthy || wget -q -O /dev/null http://127.0.0.1:9641/-/healthy || wget -q -O /dev/null http://127.0.0.1:9642/-/healthy

# The configuration is a folder mounted at /etc/pharos. The operations listener
# stays within the container: publish 8080. Where 9640 is meant for your network,
# add --ops.listen-address=:9640. The separate programs are in the image too.
CMD ["/usr/bin/pharos", "--config.dir=/etc/pharos", "--storage.path=/data"]
