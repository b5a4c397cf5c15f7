# The only commands anyone needs to know. `make` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.NOTPARALLEL:
.DEFAULT_GOAL := help

# rustup puts cargo here, and a shell that has not logged in again does not know it.
export PATH := $(HOME)/.cargo/bin:$(PATH)
# One folder for the workspace and the fuzz targets, so that nothing is built twice.
export CARGO_TARGET_DIR := $(CURDIR)/target
export CARGO_TERM_COLOR ?= auto

CARGO_DENY_VERSION := 0.20.2
FUZZ_SECONDS ?= 600
FUZZ_TARGET ?=
BENCH_ARGS ?=
CLUSTER_PROGRAMS := $(CURDIR)/target/cluster

.PHONY: help
help: ## list these targets
	@echo "usage: make TARGET"
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: demo
demo: compiler ## build the binary, scan examples/, write target/demo/report.html
	@echo "== build (release)"
	cargo build --release --locked -p ringwall-cli
	mkdir -p target/demo
	echo "== ringwall scan examples"
	code=0
	target/release/ringwall scan examples || code=$$?
	if [ "$$code" != 1 ]; then
	    echo "demo: the examples are insecure on purpose, so the exit code should be 1; it is $$code" >&2
	    exit 1
	fi
	code=0
	target/release/ringwall scan examples -o html --output-file target/demo/report.html || code=$$?
	if [ "$$code" != 1 ] || [ ! -s target/demo/report.html ]; then
	    echo "demo: the HTML report was not written (exit code $$code)" >&2
	    exit 1
	fi
	echo
	echo "demo: the scan found flaws and ended with exit code 1, as it should."
	echo "demo: the report for a browser is $(CURDIR)/target/demo/report.html"

# cargo test comes last, so that its result lines close the output.
.PHONY: test
test: test-packages fmt clippy doc deny fuzz-build generate-check cargo-test ## every gate: format, lints, docs, licences, fuzz targets, tests
	@echo
	echo "test: all gates passed."

.PHONY: cargo-test
cargo-test: compiler cluster-programs ## only the tests
	@echo "== cargo test"
	export RINGWALL_CLUSTER_PROGRAMS="$(CLUSTER_PROGRAMS)"
	cargo test --workspace --locked

.PHONY: test-cluster
test-cluster: compiler cluster-programs ## tests with a real API server and etcd on loopback
	@export RINGWALL_CLUSTER_PROGRAMS="$(CLUSTER_PROGRAMS)"
	cargo test --locked -p ringwall-cli --test cluster --test memory -- --nocapture --test-threads 1

.PHONY: test-registry
test-registry: compiler ## tests with a real registry on loopback, and with hostile ones
	@.ci/need docker-registry docker-registry || echo "test: tests with a real registry will be skipped: no docker-registry"
	cargo test --locked -p ringwall-registry -p ringwall-cli --test hostile --test registry -- --nocapture

.PHONY: test-stores
test-stores: compiler ## tests with a real containerd and a real Docker, which run as root only
	@.ci/need containerd containerd || echo "test: tests with a real containerd will be skipped: no containerd"
	.ci/need dockerd docker.io || echo "test: tests with a real Docker will be skipped: no dockerd"
	cargo test --locked -p ringwall-cli --test stores -- --nocapture

.PHONY: fmt
fmt: ## fail where cargo fmt would change something
	@echo "== cargo fmt --check"
	cargo fmt --all --check

.PHONY: clippy
clippy: compiler ## lints; a warning is an error
	@echo "== cargo clippy"
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: doc
doc: compiler ## the API documentation, private items included; a warning is an error
	@echo "== cargo doc"
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

.PHONY: deny
deny: compiler cargo-deny ## licences, bans and sources of all dependencies; reports advisories
	@echo "== cargo deny"
	cargo deny --locked check --hide-inclusion-graph licenses bans sources
	# An advisory may be published any day, so it must not change the verdict on an old commit:
	# here it is told, and `make advisories` fails on it.
	$(MAKE) --no-print-directory advisories || echo "deny: advisories need a look, see above"

.PHONY: advisories
advisories: compiler cargo-deny ## known vulnerabilities in dependencies (needs github.com)
	@if ! command -v git >/dev/null; then
	    echo "advisories: skipped: git is not here to reach the advisory database"
	elif ! GIT_TERMINAL_PROMPT=0 timeout 30 git ls-remote -q https://github.com/RustSec/advisory-db HEAD >/dev/null 2>&1 </dev/null; then
	    echo "advisories: skipped: the advisory database at github.com cannot be reached"
	else
	    cargo deny --locked check advisories
	fi

.PHONY: generate
generate: compiler ## write man pages, docs/checks/ and the other reference pages from the code
	@cargo run --quiet --locked -p ringwall-cli -- generate

.PHONY: generate-check
generate-check: compiler ## fail where `make generate` would change something
	@echo "== ringwall generate --check"
	cargo run --quiet --locked -p ringwall-cli -- generate --check

.PHONY: parity
parity: compiler ## compare with the peers' verdicts on ../shared/corpora, see docs/parity.md
	@cargo test --quiet --locked -p ringwall-engine --test parity -- --nocapture --test-threads 1
	cargo test --quiet --locked -p ringwall-cli --test kubesec_parity -- --nocapture --test-threads 1

.PHONY: conftest
conftest: compiler ## hold our readers and forms against conftest's own (needs Go)
	@crates/config/tests/conftest/build
	cargo test --quiet --locked -p ringwall-config --test conftest -- --nocapture
	cargo test --quiet --locked -p ringwall-cli --test conftest -- --nocapture

.PHONY: cosign
cosign: compiler ## hold our signatures of images against cosign's own (needs Go)
	@.ci/need docker-registry docker-registry
	crates/cli/tests/registry/cosign/build
	cargo test --quiet --locked -p ringwall-cli --test registry cosign -- --nocapture

.PHONY: notation
notation: compiler ## hold our reading of Notation's signatures against notation's own (needs Go)
	@.ci/need docker-registry docker-registry
	crates/cli/tests/registry/notation/build
	cargo test --quiet --locked -p ringwall-cli --test registry notation -- --nocapture

.PHONY: yara
yara: compiler ## build with rules of YARA, and test them (some minutes the first time)
	@echo "== yara"
	both="--locked -p ringwall-yara -p ringwall-cli --features ringwall-cli/yara"
	cargo clippy $$both --all-targets -- -D warnings
	cargo test $$both --test rules
	cargo test $$both --test binary yara

.PHONY: audit
audit: compiler ## hold our reading of audit policies against the API server's own (needs Go)
	@crates/policy/tests/audit/build
	cargo test --quiet --locked -p ringwall-policy --test audit -- --nocapture

.PHONY: bench
bench: compiler ## time ringwall beside its peers: target/bench/results.md and admission.md
	@cargo build --release --locked -p ringwall-cli
	cargo build --release --locked -p ringwall-policy --example reviews
	cargo build --release --locked -p ringwall-rego --example evaluate
	cargo build --release --locked -p ringwall-server --example load
	bench/install-peers
	bench/run $(BENCH_ARGS)
	bench/admission

.PHONY: release
release: compiler ## archive, SBOM and checksums of a release in target/dist (needs python3, twenty minutes or more)
	@.ci/need python3 python3
	release/build

.PHONY: release-check
release-check: compiler ## build the release in target/dist again in another folder: the same bytes must come out
	@release/check

.PHONY: fuzz-build
fuzz-build: compiler ## the fuzz targets compile
	@echo "== fuzz targets"
	if .ci/need g++ g++; then
	    cargo check --manifest-path fuzz/Cargo.toml
	else
	    echo "fuzz-build: skipped: no C++ compiler"
	fi

.PHONY: fuzz
fuzz: compiler ## run each fuzz target for ten minutes (FUZZ_SECONDS=600), or one (FUZZ_TARGET=rego)
	@.ci/need g++ g++
	.ci/need python3 python3
	if ! cargo fuzz --version >/dev/null 2>&1; then
	    echo "fuzz: needs 'cargo install cargo-fuzz --locked'" >&2
	    exit 1
	fi
	fuzz/seed
	# The flags of sanitizers are those of nightly; the toolchain of releases takes them when it is told so.
	export RUSTC_BOOTSTRAP=1
	cargo fuzz build $(FUZZ_TARGET)
	failed=
	for target in $(or $(FUZZ_TARGET),$$(cargo fuzz list)); do
	    echo "== fuzz $$target for $(FUZZ_SECONDS) s"
	    mkdir -p "fuzz/corpus/$$target"
	    words=fuzz/dictionaries/$$target.dict
	    cargo fuzz run "$$target" -- -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
	        $$([ ! -e "$$words" ] || echo "-dict=$$words") || failed+=" $$target"
	done
	if [ -n "$$failed" ]; then
	    echo "fuzz: failed:$$failed; the inputs are in fuzz/artifacts" >&2
	    exit 1
	fi

# What the other targets stand on.

.PHONY: compiler
compiler:
	@if ! command -v cargo >/dev/null; then
	    echo "cargo is missing: install Rust from https://rustup.rs" >&2
	    exit 1
	fi
	.ci/need cc gcc libc6-dev

.PHONY: test-packages
test-packages:
	@.ci/need git git
	.ci/need xmllint libxml2-utils || echo "test: the JUnit schema test will be skipped: no xmllint"
	.ci/need docker-registry docker-registry || echo "test: tests with a real registry will be skipped: no docker-registry"
	.ci/need containerd containerd || echo "test: tests with a real containerd will be skipped: no containerd"
	.ci/need dockerd docker.io || echo "test: tests with a real Docker will be skipped: no dockerd"
	.ci/need chromium chromium || echo "test: the browser test will be skipped: no chromium"

# etcd, kube-apiserver and kubectl, built by Go from their own modules; some minutes the first time.
.PHONY: cluster-programs
cluster-programs:
	@if command -v go >/dev/null; then
	    tests/cluster/build "$(CLUSTER_PROGRAMS)"
	else
	    echo "test: tests with a real API server will be skipped: no go"
	fi

.PHONY: cargo-deny
cargo-deny:
	@if ! cargo deny --version >/dev/null 2>&1; then
	    echo "cargo-deny is missing: building it into ~/.cargo, which takes some minutes"
	    env -u CARGO_TARGET_DIR cargo install cargo-deny --version $(CARGO_DENY_VERSION) --locked --quiet
	fi
