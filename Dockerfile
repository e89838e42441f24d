# syntax=docker/dockerfile:1
# One image for every service; what runs is said by the command: `apps/<service>/dist/main.js`, or `apps/<service>/dist/migrate.js`.

ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# The manifests first: packages are installed anew only when one of them changed.
COPY package.json package-lock.json .npmrc nx.json .swcrc tsconfig.base.json tsconfig.json ./
COPY --parents apps/*/package.json libs/*/package.json ./
RUN npm install --no-save --no-audit --no-fund
COPY apps apps
COPY libs libs
# The console's build asks which routes the API offers.
COPY docs/openapi.json docs/
RUN npx nx run-many -t build --outputStyle=static
# Of what was built, the services and their libraries; of the packages, those that they need at run time.
RUN mkdir -p /app/apps /app/libs \
 && for service in gateway offers-service conversions-service dispatcher-service; do \
      mkdir "/app/apps/$service" && cp -R "apps/$service/package.json" "apps/$service/dist" "/app/apps/$service/"; \
    done \
 && mkdir /app/apps/console && cp -R apps/console/dist /app/apps/console/ \
 && for library in contracts callbacks event-stream postgres-arrays service-runtime; do \
      mkdir "/app/libs/$library" && cp -R "libs/$library/package.json" "libs/$library/dist" "/app/libs/$library/"; \
    done \
 && find /app -name '*.map' -delete \
 && cp package.json package-lock.json .npmrc /app/ \
 && cd /app \
 && npm install --no-save --no-audit --no-fund --omit=dev --ignore-scripts \
 && rm package-lock.json .npmrc

FROM ${NODE_IMAGE} AS runtime
COPY docker/runtime-root.sh /tmp/
RUN /tmp/runtime-root.sh /runtime

FROM scratch
ARG VERSION=0.0.0-local
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Ringback" \
      org.opencontainers.image.description="Callback (postback) platform of an affiliate network" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=runtime /runtime/ /
COPY --from=build --chown=0:0 /app/ /app/
WORKDIR /app
USER 10001:10001
ENV NODE_ENV=production HOST=0.0.0.0 NODE_OPTIONS="--expose-gc --max-semi-space-size=64"
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["apps/gateway/dist/main.js"]
