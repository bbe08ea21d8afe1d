"""How gunicorn serves the site, wherever it is started: `gunicorn --config python:musicgen.gunicorn_settings`.

An option on its command line goes before what stands here. The number of processes is `WEB_CONCURRENCY`, gunicorn's own
variable, or one.
"""

import os

wsgi_app = "musicgen.wsgi"
bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
threads = 8
worker_class = "musicgen.web_worker.WebWorker"
logger_class = "musicgen.gunicorn_log.SiteLogger"
# All that the API's lists can be asked at once, in an alphabet that addresses spell with twelve letters each.
limit_request_line = 8190
control_socket_disable = True
