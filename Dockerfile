# The image runs the platform; its servers are elsewhere. compose.yaml shows how the parts go together.
FROM python:3.12-slim AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/rollcall
# `--build-arg TRACES=yes` adds what TRACES_URL needs.
ARG TRACES=
COPY requirements.txt requirements-traces.txt ./
RUN /opt/rollcall/bin/pip install --no-deps --require-hashes --prefer-binary -r requirements.txt ${TRACES:+-r requirements-traces.txt}


FROM python:3.12-slim

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin rollcall \
    && install -d -o rollcall -g rollcall /var/lib/rollcall

COPY --from=build /opt/rollcall /opt/rollcall
WORKDIR /srv/rollcall
COPY . .

ENV PATH=/opt/rollcall/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    APP_ENV=production \
    MEDIA_DIR=/var/lib/rollcall/media \
    FLASK_APP=wsgi \
    HOST=0.0.0.0 \
    PORT=8000 \
    WEB_CONCURRENCY=2 \
    WEB_THREADS=4 \
    DRAIN_SECONDS=5 \
    PROMETHEUS_MULTIPROC_DIR=/dev/shm/rollcall-counts

USER rollcall
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]

# Everything else is in gunicorn.conf.py, which reads WEB_CONCURRENCY and WEB_THREADS.
CMD ["sh", "-c", "exec gunicorn wsgi:app --bind $HOST:$PORT"]
