# make help says what there is.

GO       ?= go
PACKAGES ?= ./...
BINARY   := postrider
# The program is made small where that costs no time: functions at 16 octets instead of 32; SQLite's C
# without the tables that only a debugger of C reads; no inlining in what works once a command. SQLite
# counts its memory under a lock for nobody, unless it is told not to; and it uses fsync, which writes
# the time of the last change too, unless it is told that there is fdatasync.
LDFLAGS  := -s -w -funcalign=16
SQLITE := -DSQLITE_DEFAULT_MEMSTATUS=0 $(if $(filter linux,$(or $(GOOS),$(shell $(GO) env GOOS))),-DHAVE_FDATASYNC)
override CGO_CFLAGS := $(SQLITE) $(filter-out $(SQLITE),$(or $(CGO_CFLAGS),-O2 -fno-asynchronous-unwind-tables))
export CGO_CFLAGS
COLD := ./cmd/... github.com/spf13/... github.com/jedib0t/... github.com/olekukonko/... github.com/PuerkitoBio/... \
  github.com/pelletier/... go.yaml.in/... google.golang.org/protobuf/... github.com/mmcdole/... \
  github.com/prometheus/procfs/... github.com/prometheus/common/... github.com/schollz/... github.com/go-viper/... \
  github.com/wneessen/... github.com/vanng822/... github.com/aymerick/... github.com/russross/... github.com/subosito/... \
  github.com/sagikazarmark/... github.com/fsnotify/... github.com/coreos/... github.com/sourcegraph/... \
  github.com/clipperhouse/... github.com/rivo/... ./scheduler/... ./templates/...
FLAGS := -trimpath $(COLD:%=-gcflags='%=-l') -ldflags '$(LDFLAGS)'

.DEFAULT_GOAL := build

.PHONY: build
build: ## build the program as ./postrider
	$(GO) build $(FLAGS) -o $(BINARY) ./cmd/postrider

.PHONY: run
run: ## build and run the demo; ARGS=--once for one pass without the web server
	$(GO) run ./cmd/postrider demo $(ARGS)

.PHONY: test
test: tools ## check the form of the code and run every test, with the race detector
	@scripts/check-form
	$(GO) vet $(PACKAGES)
	$(GO) tool staticcheck $(PACKAGES)
	$(GO) test -race -timeout 12m $(PACKAGES)

.PHONY: tools
tools: ## install what the tests need beside Go, where that can be done
	@scripts/test-tools

.PHONY: bench
bench: ## measure everything, and end with one table; ROUNDS=, RECIPIENTS=, SMALL=, LARGE=, FILES=, DURATION= change how much
	@GO='$(GO)' PACKAGES='$(PACKAGES)' scripts/bench

.PHONY: golden
golden: ## rewrite the golden files from what the code does now; read the diff
	$(GO) test ./post ./feed ./templates ./mailer ./store ./web ./cmd/... ./scripts/figures -update

.PHONY: fuzz
fuzz: ## let every fuzz test search for FUZZTIME each
	@scripts/fuzz $(or $(FUZZTIME),30s)

.PHONY: chaos
chaos: ## kill and stop real processes, under a relay of bad temper; KILLS=, FAULTS=, SEED= change how
	POSTRIDER_KILLS=$(or $(KILLS),200) POSTRIDER_FAULTS=$(or $(FAULTS),400) POSTRIDER_SEED=$(or $(SEED),1) \
	  $(GO) test ./cmd/postrider -run 'TestChaos|TestKilled' -count 1 -v -timeout 2h

.PHONY: docs
docs: build ## write the manual pages to man/ and shell completions to completions/
	./$(BINARY) man man
	mkdir -p completions
	for shell in bash zsh fish powershell; do ./$(BINARY) completion $$shell > completions/postrider.$$shell; done

.PHONY: cgo-cflags
cgo-cflags: ## print how SQLite is compiled, for builds without make
	@echo '$(CGO_CFLAGS)'

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BINARY) man completions

.PHONY: help
help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile
