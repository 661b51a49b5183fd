# Two commands do everything: `make demo` runs the main job, `make test` checks all. Both set up what they need
# in .venv; they want Python 3.11 or later, a C compiler and make. A Rust toolchain is used where there is one.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# The bare clustrix_bundle/ folder of a checkout must not hide the installed package.
export PYTHONSAFEPATH = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test lint types check agree fuzz bench clean

demo: $(VENV)/installed
	@sh examples/demo.sh $(BIN)/python

# Lint, types and tests, in this order; the first failure ends it.
test: lint types check

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff check --isolated --select E9,F --exclude tests/cases/projects,tests/corpus tests
	$(BIN)/ruff format --check .
	cd build/lint && ../../$(BIN)/lint-imports --config ../../pyproject.toml --no-cache
	@if command -v cargo >/dev/null && test -f bundler/core/Cargo.toml; then \
	    cargo fmt --manifest-path bundler/core/Cargo.toml --check && \
	    cargo clippy --manifest-path bundler/core/Cargo.toml --no-default-features --all-targets --quiet -- -D warnings; fi

# mypy looks at the installed package, from a folder that does not hold the bare one.
types: $(VENV)/dev
	cd build/lint && ../../$(BIN)/mypy --config-file ../../setup.cfg -p clustrix_bundle

# Files of tests are shared out among so many processes; below a short folder, as paths of sockets have 108 bytes at the most.
PYTEST_JOBS ?= 2
check: $(VENV)/dev
	@if command -v cargo >/dev/null && test -f bundler/core/Cargo.toml; then \
	    cargo test --manifest-path bundler/core/Cargo.toml --no-default-features --quiet; fi
	@folder=$$(mktemp -d /tmp/t.XXXXXX) && trap 'rm -rf "$$folder"' EXIT && \
	    $(BIN)/python -m pytest -n $(PYTEST_JOBS) --dist loadfile --basetemp="$$folder/p" $(PYTEST_ARGS)

# Both extractors on 15,000 inputs, the same every time.
agree: $(VENV)/dev
	@if ! $(BIN)/python -c 'import clustrix_bundle.bundler._core' 2>/dev/null; then echo 'agree: skipped, the compiled core is not built here'; \
	else $(BIN)/python fuzz/facts_agree.py --count 15000; fi

# Both extractors on mutated source, led by coverage, for so many seconds; an input on which they differ ends it.
FUZZ_SECONDS ?= 20
fuzz: $(VENV)/dev
	@if ! $(BIN)/python -c 'import clustrix_bundle.bundler._core' 2>/dev/null; then echo 'fuzz: skipped, the compiled core is not built here'; \
	elif ! $(BIN)/python -m pip install --quiet --only-binary :all: atheris 2>/dev/null; then echo 'fuzz: skipped, atheris cannot be installed here'; \
	else $(BIN)/python fuzz/facts_guided.py --seconds $(FUZZ_SECONDS); fi

# Minutes: builds its corpora below build/bench, then runs every figure beside its peers and writes docs/benchmarks.*
# Peers that cannot be installed here are told of, and figures that compare with them stay as they are in docs/. A run that was
# interrupted goes on with BENCH_ARGS=--resume.
BENCH_PEERS := asyncssh fsspec grimp submitit
bench: $(VENV)/dev
	@for peer in $(BENCH_PEERS); do $(BIN)/python -m pip install --quiet $$peer || echo "bench: $$peer cannot be installed here"; done
	$(BIN)/python benchmarks/run.py $(BENCH_ARGS)

clean:
	rm -rf $(VENV) build dist *.egg-info bundler/core/target

SOURCES := pyproject.toml $(shell find bundler runtime clustrix_bundle -name '*.py' -o -name '*.pyi' -o -name '*.rs' -o -name '*.json' -o -name 'Cargo.*' | grep -v /target/)

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit("clustrix-bundle needs Python 3.11 or later; name one: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip 'setuptools>=77' 'setuptools-rust>=1.10' wheel
	@touch $@

$(VENV)/installed: $(VENV)/created $(SOURCES)
	$(BIN)/python -m pip install --quiet --no-build-isolation .
	@touch $@

$(VENV)/extras: $(VENV)/created pyproject.toml
	$(BIN)/python -m pip install --quiet --no-build-isolation '.[dev]'
	@touch $@ $(VENV)/installed

$(VENV)/dev: $(VENV)/extras $(VENV)/installed
	@mkdir -p build/lint && touch $@
