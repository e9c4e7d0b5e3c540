# Everything people and machines do with this tree. `make help` lists it.

VENV := .venv
PY := $(VENV)/bin/python
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)

# Settings for looking at the code, never for running it.
CHECK_ENV := OUTREACH_DATA=$(CURDIR)/var/check DATABASE_URL=sqlite:///$(CURDIR)/var/check/empty.sqlite3

.DEFAULT_GOAL := help
.PHONY: help run test check bench demo lock messages

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/installed ## start the product at http://127.0.0.1:8000 (PORT=... for another)
	@exec $(PY) -m outreach.config.serve

test: $(VENV)/installed-dev ## run every test, on SQLite and on PostgreSQL
	@$(PY) -m tests.browser
	@$(PY) -m tests

check: $(VENV)/installed-dev ## format, lint, types, import contracts, migrations, deployment
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(CHECK_ENV) OUTREACH_ENV=test SECRET_KEY=check $(PY) manage.py makemigrations --check --dry-run
	$(CHECK_ENV) OUTREACH_ENV=production SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))') \
		$(PY) manage.py check --deploy --fail-level WARNING

bench: $(VENV)/installed-dev ## measure what must be quick, against its floor or peer
	@$(PY) -m benchmarks

demo: $(VENV)/installed ## load the demonstration into a database without one
	@$(PY) manage.py migrate --noinput -v 0
	@$(PY) manage.py load_reference
	@$(PY) manage.py demo

lock: ## pin the newest allowed versions of everything (maintainers; needs uv)
	@test -n "$(UV)" || { echo "This needs uv: https://docs.astral.sh/uv/"; exit 1; }
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --custom-compile-command "make lock" \
		pyproject.toml --output-file requirements.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --custom-compile-command "make lock" \
		--group pyproject.toml:dev --constraints requirements.txt --output-file requirements-dev.txt

messages: $(VENV)/installed ## collect strings to translate and compile the catalogues (needs gettext)
	@command -v msgfmt >/dev/null || { echo "This needs GNU gettext: sudo apt-get install gettext"; exit 1; }
	$(PY) manage.py makemessages --locale vi --no-wrap --no-obsolete --add-location file \
		--ignore '$(VENV)/*' --ignore 'var/*' --ignore 'tests/*' --ignore 'benchmarks/*'
	$(PY) manage.py compilemessages --ignore '$(VENV)/*'

# --- The virtual environment -----------------------------------------------------------------------

# uv if it is there (seconds), else pip (under a minute).
ifdef UV
INSTALL := VIRTUAL_ENV=$(CURDIR)/$(VENV) uv pip install --quiet
else
INSTALL := $(PY) -m pip install --quiet --quiet --disable-pip-version-check
endif

$(VENV)/installed: requirements.txt | $(PY)
	@echo "Installing what the product needs ..."
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo "Installing what tests and checks need ..."
	@$(INSTALL) -r requirements.txt -r requirements-dev.txt
	@touch $@

$(PY):
	@sh .ci/make-venv $(VENV)
