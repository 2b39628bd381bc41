# Every target is one of dev.py's; `python3 dev.py <target>` does the same where there is no make.
PYTHON ?= python3
ARGS ?=

.PHONY: help run test check lint format bench psql redis-cli install lock settings reset clean
.DEFAULT_GOAL := help

help run test check lint format bench psql redis-cli install lock settings reset clean:
	@exec $(PYTHON) dev.py $@ $(ARGS)
