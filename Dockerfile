# parloader with a MariaDB server for its private server; see docs/containers.md.
#   docker build --tag parloader .
#   docker run --rm parloader seed --rows 10000
FROM debian:trixie-slim AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY pyproject.toml hatch_build.py constraints.txt README.md LICENSE ./
COPY parloader parloader
# Extras of parloader, separated by commas: plot, pools, dask
ARG EXTRAS=""
RUN python3 -m venv /opt/parloader \
    && /opt/parloader/bin/pip install --no-cache-dir --constraint constraints.txt ".${EXTRAS:+[$EXTRAS]}" \
    && /opt/parloader/bin/pip uninstall --yes pip

FROM debian:trixie-slim
LABEL org.opencontainers.image.title="parloader" \
      org.opencontainers.image.description="Multiprocess, partitioned bulk loader for MySQL and MariaDB" \
      org.opencontainers.image.licenses="MIT"
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends mariadb-server-core python3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 parloader \
    && useradd --uid 10001 --gid parloader --home-dir /var/lib/parloader --no-create-home --shell /usr/sbin/nologin parloader \
    && install --directory --mode 0700 --owner parloader --group parloader /var/lib/parloader
COPY --from=build /opt/parloader /opt/parloader
ENV PATH=/opt/parloader/bin:$PATH \
    PARLOADER_HOME=/var/lib/parloader \
    PYTHONDONTWRITEBYTECODE=1 \
    LANG=C.UTF-8
# The private server's data
VOLUME /var/lib/parloader
# Mount plan files here
WORKDIR /work
USER 10001:10001
ENTRYPOINT ["parloader"]
CMD ["--help"]
