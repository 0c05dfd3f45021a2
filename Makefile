.DEFAULT_GOAL := help
SHELL := /bin/bash

.PHONY: help demo test test-sandbox test-release lint format lock clean bench wheel python sandbox-setup

help: ## List the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

python: ## Make .venv from the lock files
	@tools/setup.sh python

sandbox-setup: ## Install system packages, .venv and the images of the sandbox's hosts
	@tools/setup.sh sandbox

demo: sandbox-setup ## Start the sandbox, deploy examples/guestbook, leave it running
	@tools/demo.sh

test: python ## Run the tests that need no sandbox: unit, property, contract
	@tools/test.sh quick

test-sandbox: sandbox-setup ## Run the tests on real hosts, and the wheel's
	@tools/test.sh sandbox

test-release: sandbox-setup ## Run all tests on real hosts: every example, every package manager
	@tools/test.sh release

lint: python ## Check style, types, playbooks and templates
	@tools/lint.sh

format: python ## Format the Python code
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix -q .

lock: ## Resolve the dependencies anew into requirements/
	@tools/lock.sh

bench: sandbox-setup ## Measure: start-up, overhead, large trees
	@for bench in tests/bench/bench_*.py; do echo "== $$bench"; .venv/bin/python "$$bench" || exit 1; done

wheel: python ## Build the wheel into dist/
	@.venv/bin/python -m build -q --wheel --no-isolation

clean: ## End the sandbox and remove everything that the project made on this machine
	@tools/clean.sh
