# Everything here also works without make: go build ./..., go test ./..., go run ./cmd/gmel train.

GO ?= go
STATICCHECK = $(GO) tool -modfile=tools/go.mod staticcheck

.PHONY: build test check bench

build: ## the program, ./gmel
	$(GO) build ./...
	$(GO) build -o gmel ./cmd/gmel

test: ## all tests
	$(GO) test ./...

# Formatting, vet for every build that exists, staticcheck, architecture laws.
check:
	@test -z "$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go'))" || \
	  { echo "not formatted, run gofmt -w:"; gofmt -l $$(git ls-files -co --exclude-standard '*.go'); exit 1; }
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) vet ./...
	CGO_ENABLED=0 GOOS=windows $(GO) vet ./marl/run ./cmd/gmel
	$(STATICCHECK) ./...
	$(GO) test ./scripts/laws

bench: ## all benchmarks, once through
	$(GO) test -run '^$$' -bench . -benchmem ./...
