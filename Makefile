# What there is to do. `make test` is all that CI does.

GO      ?= go
TAGS    := -tags goolm
BIN     := $(CURDIR)/bin
LINT    := $(BIN)/golangci-lint
VULN    := $(BIN)/govulncheck
RACE    := CGO_ENABLED=1
# SQLite is C turned into Go: checks of its pointers find nothing and are half of the time
RACING  := $(TAGS) -race '-gcflags=modernc.org/...=-d=checkptr=0'

.PHONY: chat test build lint unit model scores peers bench fuzz vuln clean telegram-load telegram-limits telegram-peers soak homeserver e2e release reproducible image-test

chat: ## ask in the terminal
	$(GO) run $(TAGS) ./cmd/parley chat

test: ## everything that must hold before a change lands
	@./.ci/steps

build: ## the static binary
	CGO_ENABLED=0 $(GO) build $(TAGS) -trimpath -ldflags "-s -w" -o $(BIN)/parley ./cmd/parley

lint: $(LINT) ## gofmt, vet and the linters, import arrows among them
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	$(GO) vet $(TAGS) ./...
	$(LINT) run --build-tags goolm ./...

$(LINT): .ci/tools/go.mod .ci/tools/go.sum
	@mkdir -p $(BIN)
	cd .ci/tools && CGO_ENABLED=0 $(GO) build -o $(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(VULN): .ci/tools/go.mod .ci/tools/go.sum
	@mkdir -p $(BIN)
	cd .ci/tools && CGO_ENABLED=0 $(GO) build -o $(VULN) golang.org/x/vuln/cmd/govulncheck

unit: ## the tests, with the race detector; what takes longest is begun first, and in parts
	@$(RACE) ./.ci/shards ./cmd/parley 3 $(RACING) & parts=$$!; \
	trap 'kill $$parts 2>/dev/null' EXIT; \
	$(RACE) $(GO) test $(RACING) -p 2 -timeout 20m ./adapters/... ./bot/... ./config/... ./answers/... && wait $$parts

model: build ## the model is the one that the questions make
	@$(BIN)/parley train --facts answers/facts --out $(BIN)/model.bin
	@cmp answers/model.bin $(BIN)/model.bin || { echo "answers/model.bin is out of date: run go generate ./answers"; exit 1; }

scores: build ## the question files, with what must be reached
	$(BIN)/parley eval --min-right 75 --min-refused 80 --max-wrong 8 answers/lang/*/questions.jsonl
	@echo "headlines of the press, as a report:"
	$(BIN)/parley eval answers/lang/coverage.jsonl

peers: ## Parley beside nlp.js, fastText, scikit-learn and a full-text search; installs them, takes long
	$(GO) run $(TAGS) ./answers/internal/peers $(PEERS)

bench: ## benchmarks; docs/performance.md says how to read them
	$(GO) test $(TAGS) -run '^$$' -bench . -benchmem ./answers/... ./bot/...

fuzz: ## each fuzz test for half a minute
	@./.ci/fuzz 30s

vuln: $(VULN) ## known vulnerabilities, where their database can be reached
	$(VULN) $(TAGS) ./...

clean:
	rm -rf $(BIN)

soak: ## an hour of steady traffic on both networks; memory and goroutines are to stay level
	./.ci/postgres $(GO) test $(TAGS) -run StayLevel -v -timeout 2h ./cmd/parley -args -soak 1h -soak.warmup 2m

homeserver: ## the homeserver of the Matrix tests, built once; RUN=-run runs it, to try things by hand
	$(GO) run $(TAGS) ./adapters/matrix/matrixtest/homeserver $(RUN)

e2e: homeserver ## the program, asked by matrix-js-sdk in plain and encrypted rooms
	@./.ci/e2e

TELEGRAM := adapters/telegram/telegramtest

$(BIN)/telegram-load: build
	$(GO) build $(TAGS) -o $(BIN)/telegram-load ./$(TELEGRAM)/load
	$(GO) build $(TAGS) -o $(BIN)/telegram-echo ./$(TELEGRAM)/echo

telegram-load: $(BIN)/telegram-load ## answers a second, times and memory in Telegram, beside an echo bot
	$(BIN)/telegram-load -bots echo,parley
	$(BIN)/telegram-load -bots echo,parley -from 'answers/lang/*/questions.jsonl'

telegram-limits: $(BIN)/telegram-load ## a burst of 500 questions under Telegram's limits, in real time
	$(BIN)/telegram-load -bots parley -limits -questions 500 -rounds 1
	$(BIN)/telegram-load -bots parley -limits -questions 500 -rounds 1 -in-row

telegram-peers: $(BIN)/telegram-load ## the same load for grammY and Telegraf with nlp.js; needs Node
	npm --prefix $(TELEGRAM)/peers ci --no-audit --no-fund
	$(BIN)/telegram-load -bots echo,parley,grammy,grammy-runner,telegraf

release: ## static binaries for linux amd64 and arm64 in dist/, with SBOM, sums and what changed
	@./.ci/release

reproducible: ## a release of this commit, made twice, has the same bytes
	@./.ci/reproducible

image-test: build ## what would be in the image runs as nobody, with a read-only root; needs no Docker
	@./.ci/image
