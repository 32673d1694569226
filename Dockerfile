# The static binary in an image of its own, without a shell, as a user without
# rights. It works with a read-only root: what must outlive it is in /data.
# Bases are pinned by version; `docker buildx imagetools inspect` tells the digest
# of yours, to pin it more firmly: golang:1.26.8-bookworm@sha256:...
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -tags goolm -trimpath -ldflags "-s -w -buildid= -X main.version=$VERSION" -o /root-fs/parley ./cmd/parley \
 && mkdir -p /root-fs/data /root-fs/etc/ssl/certs \
 && cp /etc/ssl/certs/ca-certificates.crt /root-fs/etc/ssl/certs/ \
 && chown 65532:65532 /root-fs/data && chmod 0700 /root-fs/data

FROM scratch
ARG VERSION=
LABEL org.opencontainers.image.title="Parley" \
      org.opencontainers.image.description="Answers questions about the peace talks between Ukraine and Russia, in Telegram and Matrix" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.documentation="docs/operating.md" \
      org.opencontainers.image.licenses="Apache-2.0 AND CC-BY-4.0"
COPY --from=build /root-fs /
ENV PARLEY_HTTP_LISTEN=127.0.0.1:9464
WORKDIR /data
VOLUME /data
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/parley", "healthcheck"]
ENTRYPOINT ["/parley"]
CMD ["run"]
