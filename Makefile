# Two commands do everything: `make run` and `make test`. See README.md.

SHELL := /bin/bash
IFACE ?=
LISTEN ?= 127.0.0.1:8005
CARGO_TARGET := $(or $(CARGO_TARGET_DIR),target)
BIN := $(CARGO_TARGET)/release/hindsight
DATA := $(if $(HINDSIGHT_DIR),$(HINDSIGHT_DIR),$(HOME)/.local/share/hindsight)
GEO := target/geo

.PHONY: run test browser build web tools geo fmt lint clean bench captures

## Builds all, captures on the default interface (or IFACE=), serves the viewer and prints its address and password.
run: build geo
	@deploy/may-capture $(BIN)
	$(BIN) run $(if $(IFACE),--interface $(IFACE)) --listen $(LISTEN) --geo $(GEO)

## Installs what the tests need and runs all of them.
test: tools web
	cargo test --workspace --locked
	cd web && npm run check && npm run lint && npm test
	deploy/browser-tests $(CARGO_TARGET)/debug/hindsight

build: web
	cargo build --release --locked

web: web/dist/index.html

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund

web/dist/index.html: web/node_modules/.package-lock.json $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
	cd web && npm run build

## The viewer in a real browser, against the real binary.
browser: tools build
	deploy/browser-tests $(BIN)

## Databases of countries (CC0) and of makers of network cards (BSD-2-Clause), from the npm registry.
geo: $(GEO)/done
$(GEO)/done: deploy/fetch-geo
	deploy/fetch-geo $(GEO)

tools:
	deploy/test-tools

fmt:
	cargo fmt --all

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

## Records the captures of the protocols' goldens anew, from real clients and servers in network namespaces (root).
captures:
	deploy/record-captures crates/protocols/src

bench: build
	benches/run

clean:
	cargo clean
	rm -rf web/dist web/node_modules
