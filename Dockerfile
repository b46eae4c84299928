# Satchel over HTTP, for callers with a key. docs/operating.md says how to run it.
#
#   docker build -t satchel .
#   docker build -t satchel --build-arg EXTRAS=encryption,postgres .
#
# Only the environment of the first stage comes into the image: no compiler, no cache, no source.

FROM python:3.13-slim AS build
ARG EXTRAS=all
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY .ci/constraints.txt .ci/constraints.txt
COPY server server
COPY storage storage
COPY tools tools
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .
RUN python -m venv --without-pip /opt/satchel
RUN pip --python /opt/satchel/bin/python install --no-cache-dir --constraint .ci/constraints.txt \
    "$(echo /wheel/satchel_mcp-*.whl)${EXTRAS:+[$EXTRAS]}"

FROM python:3.13-slim
COPY --from=build /opt/satchel /opt/satchel
RUN groupadd --gid 10001 satchel \
    && useradd --uid 10001 --gid satchel --home-dir /satchel --no-create-home --shell /usr/sbin/nologin satchel \
    && install -d -m 700 -o satchel -g satchel /satchel /satchel/data /satchel/models /satchel/backups
# The data, the fetched models and, if you put one there, satchel.toml are all below /satchel.
ENV PATH=/opt/satchel/bin:$PATH \
    SATCHEL_HOME=/satchel
USER 10001:10001
WORKDIR /satchel
VOLUME ["/satchel/data", "/satchel/models", "/satchel/backups"]
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-I", "-c", "import http.client as http; asked = http.HTTPConnection('127.0.0.1', 8765, timeout=8); asked.request('GET', '/health'); raise SystemExit(asked.getresponse().status != 200)"]
ENTRYPOINT ["satchel"]
CMD ["serve", "--http", "--host", "0.0.0.0"]
