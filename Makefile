# SPDX-License-Identifier: Apache-2.0

.DEFAULT_GOAL := help
SHELL := /bin/sh

# Servers live in /usr/sbin, and Go where its own instructions put it.
export PATH := $(PATH):/usr/local/go/bin:/usr/sbin:/sbin
# The version is stamped below: a checkout of another user's must not stop the build.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

GIT      := git -c safe.directory='*'
VERSION  := $(shell cat VERSION)
REVISION := $(shell $(GIT) rev-parse HEAD 2>/dev/null || echo unknown)
BRANCH   := $(shell $(GIT) rev-parse --abbrev-ref HEAD 2>/dev/null || echo unknown)
# The time of the commit, not of the build: the same sources give the same bytes.
DATE     := $(shell TZ=UTC $(GIT) log -1 --format=%cd --date=format-local:%Y%m%d-%H:%M:%S 2>/dev/null)

info     := github.com/prometheus/common/version
LDFLAGS  := -s -w -X $(info).Version=$(VERSION) -X $(info).Revision=$(REVISION) -X $(info).Branch=$(BRANCH) -X $(info).BuildUser=make -X $(info).BuildDate=$(DATE)
GOBUILD  := CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)'

FUZZTIME ?= 10s
BENCH    ?= .
IMAGE    ?= pharos:$(VERSION)

# The packages with golden files and with scripts that hold what commands print.
GOLDEN = $(shell go list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' ./... | grep internal/testkit | cut -d' ' -f1)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: ## Build and start the all-in-one on this machine: http://127.0.0.1:8080/
	@echo "building bin/pharos (the first build takes a few minutes)"
	@mkdir -p bin && $(GOBUILD) -o bin/pharos ./cmd/pharos
	@scripts/tokens.sh examples/standalone
	@echo "the status page will be at http://127.0.0.1:8080/"
	exec bin/pharos --config.dir=examples/standalone --storage.path=examples/standalone/data

.PHONY: build
build: ## Build every program into bin/
	@mkdir -p bin && $(GOBUILD) -o bin/ ./cmd/...

.PHONY: test
test: ## Run every test, after installing what the tests need and this machine lacks
	@scripts/test-deps.sh
	@scripts/test.sh

.PHONY: lint
lint: ## Check style, imports, formatting, dead code and go.mod
	@scripts/lint.sh

.PHONY: fmt
fmt: ## Format the Go files
	$$(scripts/tool.sh golangci-lint) fmt
	cd reporter && $$(../scripts/tool.sh golangci-lint) fmt

.PHONY: check-rules
check-rules: ## Check and test the Prometheus rules
	@scripts/tool.sh promtool && go test -count=1 ./rules

.PHONY: golden
golden: ## Rewrite the golden files and scripts that tests compare with
	UPDATE_SCRIPTS=1 go test -p 1 $(GOLDEN) -update

.PHONY: fuzz
fuzz: ## Fuzz each fuzz target for FUZZTIME (10s)
	@scripts/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: ## Run the benchmarks that match BENCH (all)
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...
	cd reporter && go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

.PHONY: cover
cover: ## Measure how much of the code the tests reach, into coverage.out
	go test -coverprofile=coverage.out -coverpkg=./... ./...
	go tool cover -func=coverage.out | tail -n 1

.PHONY: e2e
e2e: ## Run the end-to-end tests alone
	@scripts/test-deps.sh
	@scripts/test.sh -count=1 -v ./internal/e2e/...

.PHONY: screenshots
screenshots: ## Take the pictures of docs/screenshots anew
	@scripts/test-deps.sh
	PHAROS_SCREENSHOTS=docs/screenshots go test -count=1 -run '^Test(Screenshots|Tutorial)$$' ./internal/e2e

.PHONY: lighthouse
lighthouse: ## Measure the status page with Lighthouse: 100 in each category
	@scripts/test-deps.sh
	PHAROS_LIGHTHOUSE=100 go test -count=1 -v -run '^TestPageLighthouse$$' ./internal/e2e

.PHONY: image
image: ## Build the container image, by docker or podman
	$$(command -v docker || command -v podman) build --build-arg REVISION=$(REVISION) --build-arg DATE=$(DATE) -t $(IMAGE) .

.PHONY: clean
clean: ## Remove what was built; data and tools stay
	rm -rf bin coverage.out

.PHONY: all
all: lint test build ## Lint, test, build: what continuous integration runs, and the programs
