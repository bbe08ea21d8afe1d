# One image for web, worker and every command: the site with what it needs, and nothing that builds it.
FROM python:3.11-slim AS build
WORKDIR /app
# Whom the site runs as could not write what Python compiles.
ENV UV_COMPILE_BYTECODE=1
RUN python -m venv .venv
COPY requirements-uv.txt requirements.txt ./
RUN .venv/bin/python -m pip install --quiet --disable-pip-version-check --target uv -r requirements-uv.txt
RUN uv/bin/uv pip install --quiet --python .venv/bin/python -r requirements.txt && rm -r uv
COPY . .
# No setting of the site matters for it; the key is thrown away with this step.
RUN STATIC_ROOT=static-collected VAR_DIR=var SECRET_KEY=only-to-collect-static-files \
    .venv/bin/python manage.py collectstatic --noinput --verbosity 0 && rm -rf var

FROM python:3.11-slim
# Nothing of the image belongs to whom it runs as; what is kept on this machine, if anything, goes to a volume.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin musicgen && install -d -o musicgen -g musicgen /data
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 STATIC_ROOT=/app/static-collected VAR_DIR=/data PORT=8000
USER musicgen
EXPOSE 8000
# The worker is the same image with the command "python manage.py qcluster".
CMD ["sh", "-c", "exec gunicorn --config python:musicgen.gunicorn_settings --bind 0.0.0.0:$PORT --workers ${WEB_CONCURRENCY:-2}"]
