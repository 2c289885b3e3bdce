# SPDX-License-Identifier: Apache-2.0
#
# The front door to Meson. `make` builds into build/ with the pinned AWS-LC, `make CRYPTO=openssl`
# with the system's OpenSSL; `make help` lists the rest.

CRYPTO ?= aws-lc
BUILD ?= build
DESTDIR ?=
PREFIX ?= /usr/local
VERSION = $(shell sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
export CRYPTO

.PHONY: all help deps demo test unit conformance bench kill-rounds fuzz fuzz-smoke prove lint format coverage install \
	dist clean

all: ## build the programs into build/
	@tools/build.sh $(BUILD) -Dcrypto=$(CRYPTO) -Dprefix=$(PREFIX)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

deps: ## install what building and testing need, build AWS-LC
	@tools/deps.sh

demo: deps all ## start a mesh on this machine, and see a Marble join it
	@tools/demo.sh $(BUILD)

test: deps ## everything that has to pass before a change lands
	@tools/test.sh

unit: deps ## unit, fault and corpus tests of build/ alone
	@tools/test.sh unit

conformance: deps ## the end-to-end suite against build/ alone
	@tools/test.sh conformance

bench: deps all ## measure (bench/)
	@bench/run.sh $(BUILD)

ROUNDS ?= 10000
kill-rounds: deps all ## kill a Coordinator that is written to, ROUNDS times
	@MR_COORDINATOR=$(CURDIR)/$(BUILD)/marblerun-coordinator MR_KILL_ROUNDS=$(ROUNDS) /usr/bin/python3 -m pytest -q \
		-p no:cacheprovider tests/system/test_kill_rounds.py

FUZZ_SECONDS ?= 600
fuzz: deps ## every fuzz target for FUZZ_SECONDS
	@tools/fuzz.sh $(FUZZ_SECONDS)

fuzz-smoke: deps ## every fuzz target for a few seconds
	@tools/fuzz.sh 4

prove: ## prove parsers of evidence free of undefined behaviour (needs frama-c-base)
	@tools/prove.sh

lint: deps ## clang-tidy, gcc -fanalyzer, cppcheck, shellcheck, mandoc, layering
	@tools/lint.sh

format: ## how .clang-format would lay out the C files
	@git ls-files '*.c' '*.h' | xargs clang-format -i

coverage: deps ## line coverage of src/ by unit, fault and end-to-end tests
	@tools/coverage.sh

install: all ## install below PREFIX (and DESTDIR)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

dist: ## a source archive of the last commit
	@mkdir -p $(BUILD)
	@git archive --format=tar.gz --prefix=marblerun-$(VERSION)/ -o $(BUILD)/marblerun-$(VERSION).tar.gz HEAD
	@echo $(BUILD)/marblerun-$(VERSION).tar.gz

clean: ## remove the build folders, keep deps/
	@rm -rf build build-*
