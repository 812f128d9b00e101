# Two commands: `make run` and `make test`. Each installs what it needs the first time, nothing the second.
PYTHON ?= python3
PY := .venv/bin/python

.PHONY: run test browser clean

run: .venv/run-ready
	@if $(PY) -m crm.ui.open_browser --running; then \
		echo "Solo CRM is running already: http://127.0.0.1:8501"; \
	else \
		$(PY) -m crm.ui.open_browser & exec $(PY) -m streamlit run app.py; \
	fi

test: .venv/test-ready browser
	$(PY) -m pytest -n 2 --dist loadgroup $(ARGS)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Solo CRM needs Python 3.11 or newer; name one with: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "Python cannot make environments here; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

.venv/run-ready: .venv/bin/python requirements.txt constraints.txt
	@echo "Installing what the app needs; this takes a minute or two, once."
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@touch $@

.venv/test-ready: .venv/run-ready tests/requirements.txt
	@echo "Installing what the tests need."
	$(PY) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt -c constraints.txt
	@touch $@

# A Chromium for the browser tests, where there is none: Debian's package as root, Playwright's own elsewhere.
browser: .venv/test-ready
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; \
	then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	else $(PY) -m playwright install chromium; fi

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
