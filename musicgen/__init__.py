"""The project: its settings, addresses and what serves it."""

import os

# A worker has a process for every job it does at once, and none of them is quicker for waiting on threads of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
