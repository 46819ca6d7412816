# SPDX-License-Identifier: Apache-2.0
# Short names for what CMake presets, ctest and tools/ do.

PREFIX ?= /usr/local
DESTDIR ?=
PEER ?=
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc)
export PEER FUZZ_SECONDS JOBS

.PHONY: all help deps build run test bench bench-docs fuzz soak check install clean

all: build

# What there is to make.
help:
	@awk '/^# / {text = substr($$0, 3); next} \
	      /^[a-z-]+:/ {sub(":.*", ""); if (text) printf "make %-11s %s\n", $$0, text} {text = ""}' Makefile

# Debian packages the build and the tests need; installs what is missing.
deps:
	@tools/deps

# The programs, in build/bin/.
build: deps
	@tools/build release programs

# A machine with a fake motor and a fake sensor on localhost:8080, until Ctrl-C.
run: build
	@tools/run-example

# Everything that can fail; prints a summary.
test: deps
	@tools/test

# PEER=<program of the real server>: all figures, beside it.
bench: deps
	@tools/build release programs bench-load bench-bare
	@bench/run

# The tables of single calls in the page.
bench-docs: deps
	@tools/build release programs bench-load bench-bare
	@bench/run --part calls --fakes all --rounds 2 --seconds 2 --write docs/benchmarks.md

# Every fuzz target for FUZZ_SECONDS.
fuzz: deps
	@tools/fuzz $(FUZZ_SECONDS)

# Honest clients among hostile ones, then among vanishing ones, ten minutes each.
soak: deps
	@tools/build release programs bench-load
	@test/soak/run

# Format, static analysis, layers.
check: deps
	@tools/check

# Programs, libsinew and its headers, below PREFIX.
install: build
	DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)" --strip

clean:
	rm -rf build
