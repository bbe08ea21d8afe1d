"""How hard the drills are. The short forms run with all tests; `make torture` runs the long ones and prints figures."""

import os
import random

SEED = int(os.environ.get("TORTURE_SEED", "0")) or random.randrange(1 << 32)
JOBS = int(os.environ.get("TORTURE_JOBS", "16"))
KILLS = int(os.environ.get("TORTURE_KILLS", "6"))
DRILL_JOBS = int(os.environ.get("TORTURE_DRILL_JOBS", "10"))
DRILL_KILLS = int(os.environ.get("TORTURE_DRILL_KILLS", "2"))
OUTAGE_SECONDS = float(os.environ.get("TORTURE_OUTAGE_SECONDS", "5"))
DEPLOYS = int(os.environ.get("TORTURE_DEPLOYS", "3"))
GRACE_SECONDS = float(os.environ.get("TORTURE_GRACE_SECONDS", "3"))
CANCELS = int(os.environ.get("TORTURE_CANCELS", "8"))
CANCEL_SECONDS = float(os.environ.get("TORTURE_CANCEL_SECONDS", "30"))
# A rendition whose worker is killed is made again after so long; the site's own minute would be most of a short drill.
RENDITION_GRACE_SECONDS = float(os.environ.get("TORTURE_RENDITION_GRACE_SECONDS", "10"))
# Nothing that ends well takes so long, on a slow and loaded machine either.
PATIENCE_SECONDS = 120.0 + 3.0 * (JOBS + DRILL_JOBS)
