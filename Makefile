# Every target does its own set-up: a fresh machine needs Python 3.11 or newer, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
NEXT := .venv-next/bin
SERVE ?= 1
PORT ?= 8001

.PHONY: demo test check check-next bench screenshots serve install clean

demo: install ## see it run: local news sites, a real crawl, the workbench (SERVE=0: stop after the summary)
	@$(BIN)/monitor demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve,--serve)

test: install ## all tests
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: install ## lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

check-next: install ## the workbench's tests with the newest preview of Datasette 1.0 (docs/datasette-next.md)
	@test -x $(NEXT)/python || $(PYTHON) -m venv .venv-next
	@echo "Installing into .venv-next; pip will say that Datasette is too new for the monitor, which is what is tried …"
	@$(NEXT)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@$(NEXT)/python -m pip install -qq --disable-pip-version-check --upgrade 'datasette>=1.0a0'
	@$(NEXT)/python -c 'import datasette; print("Datasette", datasette.__version__)'
	@$(NEXT)/python -m pytest --numprocesses auto --dist loadfile --tb=line -rfs \
		$$(grep -lE 'workbench|bench\.reviewing' tests/test_*.py)

screenshots: install ## docs/images: the demo's pages, with Debian's Chromium
	@$(BIN)/python -m docs.screenshots

bench: install ## benchmarks (minutes; never part of the tests); ARTICLES=… FUNDUS=… add those on real pages
	@for bench in flagging "flagging training/*.jsonl" search store quiet_night "language training/*.jsonl"; do \
		echo "== $$bench"; $(BIN)/python -m bench.$$bench || exit 1; done
	@$(if $(and $(ARTICLES),$(FUNDUS)),\
		$(BIN)/python -m bench.extraction --articles $(ARTICLES) --fundus $(FUNDUS) && \
		$(BIN)/python -m bench.crawl $(ARTICLES) $(FUNDUS),\
		echo "== extraction, crawl: left out; they need ARTICLES=… and FUNDUS=…, see bench/extraction.py")

serve: install ## the workbench over db/monitor.db
	@$(BIN)/monitor serve --port $(PORT)

install: $(STAMP) ## .venv with the command monitor

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c '' 2>/dev/null || \
		{ echo "$(PYTHON) does not run. Install Python 3.11 or newer, or say where it is: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "monitor needs Python 3.11 or newer ($(PYTHON) is $$($(PYTHON) --version 2>&1)). Install one and say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) …"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .venv-next .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
