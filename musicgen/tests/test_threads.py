"""How many threads matrix products take."""

import os
import subprocess
import sys

import pytest

CODE = """
import django, os
django.setup()
import numpy as np
square = np.ones((2000, 2000), np.float32)
square @ square
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="Only Linux lists a process's threads")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="With one core there are no threads to leave out")
@pytest.mark.parametrize(("asked_for", "more"), [(None, False), ("2", True)])
def test_matrix_products_stay_on_one_core_unless_asked(asked_for, more):
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment["DJANGO_SETTINGS_MODULE"] = "musicgen.settings"
    if asked_for:
        environment["OPENBLAS_NUM_THREADS"] = asked_for
    ended = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )
    assert (int(ended.stdout) > 1) is more
