# Every target is one of dev.py's; `python3 dev.py <target>` does the same where there is no make.
PYTHON ?= python3
ARGS ?=

.PHONY: help run test check lint format bench chaos lab chaos-lab fuzz mutants findings examples import-check collections pictures audit sbom settings docs psql redis-cli install lock reset clean
.DEFAULT_GOAL := help

help run test check lint format bench chaos lab chaos-lab fuzz mutants findings examples import-check collections pictures audit sbom settings docs psql redis-cli install lock reset clean:
	@exec $(PYTHON) dev.py $@ $(ARGS)
