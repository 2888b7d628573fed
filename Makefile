# For those who work on HwCall; who only uses it needs ./run.
UV ?= uv
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-annotate --custom-compile-command "make lock" pyproject.toml

.PHONY: bench bench-full check lock messages pictures trust usability

check: ## what CI runs
	./test

lock: ## the newest versions that pyproject.toml allows, with their hashes (needs uv)
	$(LOCK) --upgrade --output-file requirements.txt
	$(LOCK) --upgrade --group dev --constraint requirements.txt --output-file requirements-dev.txt

bench: ## times HwCall's parts against their limits, and small rooms of agents (minutes); see docs/performance.md
	.venv/bin/python -m benchmarks --write docs/performance.md

bench-full: ## the same with a million and ten million rows and up to 5,000 agents (hours)
	.venv/bin/python -m benchmarks --full --write docs/performance.md

trust: ## runs the tests of every promise of docs/trust.md, and writes that page (half an hour)
	.venv/bin/python -m tests.trust --write docs/trust.md

messages: ## brings locale/ up to date with the sources
	.venv/bin/python manage.py messages

pictures: ## takes the pictures of the manual and of README anew, in Chinese and English (needs Chromium)
	MANUAL_PICTURES=docs/pictures README_PICTURES=docs/pictures/readme \
	  ./test -m e2e tests/e2e/manual tests/e2e/usability/test_pictures.py

usability: ## counts three tasks anew and writes the figures into docs/usability.md (needs Chromium)
	USABILITY_FIGURES=docs/usability.md ./test -m e2e tests/e2e/usability
