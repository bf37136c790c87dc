# Production image: one for web, workers and beat; the command decides which.
FROM node:22-slim AS assets
WORKDIR /build/assets
COPY assets/ ./
RUN bash install.sh

FROM python:3.11-slim AS packages
WORKDIR /app
RUN python -m venv /app/.venv && /app/.venv/bin/pip install --no-cache-dir uv
COPY requirements.txt ./
RUN VIRTUAL_ENV=/app/.venv /app/.venv/bin/uv pip install --no-cache --compile-bytecode -r requirements.txt

FROM python:3.11-slim
# One arena: under the interpreter's lock threads gain nothing by several, and each keeps memory of its own.
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=1 DJANGO_SETTINGS_MODULE=yqlink.settings.prod YQLINK_HOME=/data STATIC_ROOT=/app/static
RUN useradd --system --create-home yqlink && install -d -o yqlink /data
WORKDIR /app
COPY --from=packages /app/.venv /app/.venv
COPY . .
COPY --from=assets /build/assets/dist assets/dist
# Collecting files needs settings, not secrets: the development stage's are enough and stay in this layer's command.
RUN DJANGO_SETTINGS_MODULE=yqlink.settings.dev python -m yqlink.prepare messages static
# The user who runs it may not write here: without this every process would compile all of the platform at every start.
RUN python -m compileall -q -x '^/app/(\.venv|assets)/' /app
USER yqlink
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "yqlink.wsgi:application", "--bind", "0.0.0.0:8000"]
