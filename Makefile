# For those who work on HwCall; who only uses it needs ./run.
UV ?= uv
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-annotate --custom-compile-command "make lock" pyproject.toml

.PHONY: check lock messages pictures usability

check: ## what CI runs
	./test

lock: ## the newest versions that pyproject.toml allows, with their hashes (needs uv)
	$(LOCK) --upgrade --output-file requirements.txt
	$(LOCK) --upgrade --group dev --constraint requirements.txt --output-file requirements-dev.txt

messages: ## brings locale/ up to date with the sources
	.venv/bin/python manage.py messages

pictures: ## takes the pictures of the manual and of README anew, in Chinese and English (needs Chromium)
	MANUAL_PICTURES=docs/pictures README_PICTURES=docs/pictures/readme \
	  ./test -m e2e tests/e2e/manual tests/e2e/usability/test_pictures.py

usability: ## counts three tasks anew and writes the figures into docs/usability.md (needs Chromium)
	USABILITY_FIGURES=docs/usability.md ./test -m e2e tests/e2e/usability
