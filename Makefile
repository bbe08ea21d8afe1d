# What a person types. Needs Python 3.11 or newer with venv, and nothing else; everything is installed into .venv.

PYTHON ?= python3
VENV = .venv
RUN = $(VENV)/bin/python
PIP = $(RUN) -m pip install -qq --disable-pip-version-check --require-virtualenv
TEST_DATABASE_URL ?= postgresql://postgres@127.0.0.1:5432/postgres
TORTURE = TORTURE_JOBS=200 TORTURE_KILLS=60 TORTURE_DRILL_JOBS=200 TORTURE_DRILL_KILLS=20 TORTURE_OUTAGE_SECONDS=20 \
	TORTURE_DEPLOYS=20 TORTURE_GRACE_SECONDS=10 TORTURE_CANCELS=50 TORTURE_CANCEL_SECONDS=2 \
	TORTURE_RENDITION_GRACE_SECONDS=60 STATES_EXAMPLES=200
TEST_PROCESSES ?= 4
PYTEST = $(RUN) -m pytest -q -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

.PHONY: help run test test-postgres tests-compiled test-browsers torture torture-storage drill-upgrade fuzz-api lint audit lock format bench-storage bench-latency bench-api bench-admin bench-search bench-metrics bench-flood bench-retention bench-inflight bench-streams bench-diffusion bench-stems bench-browser-start bench-archives bench-memory load bench-composer bench-music bench-prompts lighthouse listen screenshots clean

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1: \2/p' Makefile

run: $(VENV)/site.stamp ## install what is missing and run the site (PORT picks the port)
	@exec $(RUN) manage.py serve

test: $(VENV)/tests.stamp $(TESTS_COMPILED) ## run every test
	@.ci/chromium
	@.ci/ffprobe
	@.ci/promtool
	@.ci/proxies
	@.ci/redis
	@echo "== tests"
	@$(PYTEST) $(TEST_OPTIONS)

test-postgres: $(VENV)/tests.stamp $(TESTS_COMPILED) ## run the tests that use the database on PostgreSQL (TEST_DATABASE_URL)
	@echo "== tests on PostgreSQL"
	@DATABASE_URL="$(TEST_DATABASE_URL)" $(PYTEST) --for-database -m "not browser and not ffprobe and not redis and not torch" $(TEST_POSTGRES_OPTIONS)

# Where several runs begin at once: what one has compiled the others load. Each would need a third of its collection for it.
tests-compiled: $(VENV)/tests.stamp
	@$(RUN) -m pytest --collect-only -qq >/dev/null

test-browsers: $(VENV)/tests.stamp ## try the main flow in Debian's Firefox and WebKitGTK (two minutes; pictures in var/browsers)
	@.ci/browsers
	@echo "== tests in other browsers"
	@$(RUN) -m pytest -q -s --in-other-browsers generation/tests/browsers $(TEST_OPTIONS)

torture: $(VENV)/tests.stamp ## kill workers and take everything away while 200 jobs run, on SQLite and PostgreSQL, and print what that did
	@for url in "" "$(TEST_DATABASE_URL)"; do \
		DATABASE_URL="$$url" $(TORTURE) $(RUN) -m pytest -q -s --timeout=0 generation/tests/torture generation/tests/test_job_model.py || exit 1; \
	done

drill-upgrade: $(VENV)/tests.stamp ## upgrade a site in use from an older commit (FROM=COMMIT) and roll it back, on PostgreSQL (five minutes; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.upgrade $(FROM)

fuzz-api: $(VENV)/tests.stamp ## fuzz the API for ten minutes (FUZZ_SECONDS) with all checks of schemathesis, on PostgreSQL (TEST_DATABASE_URL)
	@DATABASE_URL="$(TEST_DATABASE_URL)" FUZZ_SECONDS=$${FUZZ_SECONDS:-600} \
		$(RUN) -m pytest -q -s --timeout=0 generation/tests/test_api_fuzzed.py

torture-storage: $(VENV)/tests.stamp ## kill migrate_audio 20 times over 200 tracks, there and back, and print what that did
	@TORTURE_TRACKS=200 TORTURE_KILLS=20 $(RUN) -m pytest -q -s --timeout=0 generation/tests/test_migrate_audio_killed.py

lint: $(VENV)/tests.stamp ## check style, imports, types, migrations and the configuration for production
	@echo "== lint"
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/mypy .
	@$(RUN) manage.py makemigrations --check --dry-run
	@ALLOWED_HOSTS=music.example.org SECRET_KEY=only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz \
		EMAIL_URL=smtp+tls://music:secret@mail.example.org:587 \
		$(RUN) manage.py check --deploy --fail-level WARNING

audit: $(VENV)/tests.stamp ## look up every pinned package in a database of known vulnerabilities; says so where there is none
	@$(RUN) .ci/audit $(ARGS)

lock: $(VENV)/tests.stamp ## pin what pyproject.toml names with all that it needs (ARGS=--upgrade: the newest)
	@.ci/lock $(ARGS)

format: $(VENV)/tests.stamp ## lay out the code
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

bench-storage: $(VENV)/tests.stamp ## measure signing and saving against django-storages and boto3 (two minutes)
	@$(RUN) -m benchmarks.storage

bench-latency: $(VENV)/tests.stamp ## measure how soon an idle worker starts a job, and what idling costs (seven minutes; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.start_latency

bench-api: $(VENV)/tests.stamp ## measure the API and the pages with a million jobs, beside FastAPI's redirect (seven minutes; wrk; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.api $(ARGS)

bench-search: $(VENV)/tests.stamp ## measure searching 100,000 tracks of one owner beside the former search, on both databases (five minutes; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.search $(ARGS)

bench-metrics: $(VENV)/tests.stamp ## measure what counting costs a request, and /metrics with a million jobs (three minutes; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.metrics $(ARGS)

bench-admin: $(VENV)/tests.stamp ## measure the admin's pages with a million jobs beside Django's own way, and cancel 10,000 (ten minutes; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.admin $(ARGS)

bench-flood: $(VENV)/tests.stamp ## measure what others notice while one address places 100 orders a second (five minutes; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.order_flood

bench-retention: $(VENV)/tests.stamp ## flood a site with orders of guests, and see that retention leaves nothing of them (ten minutes; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.flood_gone

bench-inflight: $(VENV)/tests.stamp ## measure what waiting for 200 songs at Modal costs, and how soon they are stored (six minutes; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.modal_inflight

bench-streams: $(VENV)/tests.stamp ## measure what 500 event streams cost, and how soon a change is heard (four minutes; wrk; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.event_streams

bench-diffusion: $(VENV)/tests.stamp ## measure the open models on this machine's GPU in under eight minutes, a line of JSON a figure; tiny ones without a GPU
	@$(RUN) -W ignore -m benchmarks.diffusion_gpu

bench-stems: $(VENV)/tests.stamp ## measure how close the stems of a track stay over three minutes in a browser, and the memory of its page (seven minutes; Linux)
	@.ci/chromium
	@$(RUN) -m benchmarks.stems $(ARGS)

lighthouse: $(VENV)/tests.stamp ## have Lighthouse look at create, track, library and shared track as a phone (four minutes, nothing else running; npm)
	@.ci/chromium
	@$(RUN) -m benchmarks.lighthouse $(ARGS)

bench-browser-start: $(VENV)/tests.stamp ## measure how much of a file Chromium loads before it plays it, with a cover and without (one minute)
	@.ci/chromium
	@$(RUN) -m benchmarks.browser_start

bench-archives: $(VENV)/tests.stamp ## measure the memory that a zip of 200 tracks of three minutes takes (30 GB of disk; ten minutes; Linux; ARGS="--megabytes 5": less)
	@$(RUN) -m benchmarks.archives $(ARGS)

bench-memory: $(VENV)/tests.stamp ## measure what web and worker hold idle, with jobs of 30 to 300 seconds, and converting (three minutes; TEST_DATABASE_URL)
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.memory

load: $(VENV)/tests.stamp ## have 50 users use a whole site for five minutes while each process is replaced (TEST_DATABASE_URL; ARGS="--users 5 --seconds 30": less)
	@.ci/proxies
	@TEST_DATABASE_URL="$(TEST_DATABASE_URL)" $(RUN) -m benchmarks.load $(ARGS)

bench-composer: $(VENV)/tests.stamp ## measure the composer's speed and memory for every genre beside FluidSynth, one core (fifteen minutes; ARGS=--quick: one)
	@OMP_NUM_THREADS=1 $(RUN) -m benchmarks.composer $(ARGS)

bench-music: $(VENV)/tests.stamp ## hold the composer against its bars: every genre, fresh seeds, with controls that must fail (five to ten minutes on two cores)
	@OMP_NUM_THREADS=1 $(RUN) -m benchmarks.music $(ARGS)

bench-prompts: $(VENV)/tests.stamp ## give the composer a thousand odd prompts of 5 to 300 seconds (twenty minutes on two cores)
	@OMP_NUM_THREADS=1 $(RUN) -m benchmarks.prompts $(ARGS)

listen: $(VENV)/tests.stamp ## make a page with every genre in each of its metres, 30 and 180 seconds, to hear and to see, in var/listen (ten minutes on two cores; ARGS="--genre jazz --metre 3/4": less)
	@OMP_NUM_THREADS=1 $(RUN) -m benchmarks.listen $(ARGS)

screenshots: $(VENV)/tests.stamp ## take the pictures of the pages for the documentation; the site must run (make run)
	@.ci/chromium
	@$(RUN) -m docs.screenshots "http://127.0.0.1:$${PORT:-8000}"

clean: ## remove what can be made anew; the database, the audio and the secret key in var/ stay
	@rm -rf $(VENV) var/static .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "This needs Python 3.11 or newer, and $(PYTHON) is not. Name another one: PYTHON=python3.12 make run" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/site.stamp: requirements.txt requirements-uv.txt | $(VENV)/bin/python
	@echo "Installing what the site needs (once, some seconds)"
	@.ci/install requirements.txt
	@touch $@

$(VENV)/tests.stamp: requirements-dev.txt requirements-gpu.txt requirements-uv.txt | $(VENV)/bin/python
	@echo "Installing what the tests need (once, about a minute)"
	@.ci/install requirements-dev.txt
	@# By pip, whose settings may name a build of torch for this machine; on Linux uv takes one for CUDA, of gigabytes.
	@$(PIP) --no-compile --no-deps $$(grep '^torch==' requirements-gpu.txt)
	@.ci/install requirements-gpu.txt
	@$(RUN) -m generation.tests.typescript_tools || echo "The test of the TypeScript client will try again." >&2
	@touch $@ $(VENV)/site.stamp
