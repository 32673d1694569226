# The static binary in an image of its own, without a shell, as a user without rights.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -tags goolm -trimpath -ldflags "-s -w" -o /parley ./cmd/parley

FROM scratch
LABEL org.opencontainers.image.title="Parley" \
      org.opencontainers.image.description="Answers questions about the peace talks between Ukraine and Russia" \
      org.opencontainers.image.licenses="Apache-2.0 AND CC-BY-4.0"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /parley /parley
USER 65532:65532
ENTRYPOINT ["/parley"]
CMD ["run"]
