# The Satchel server as one static binary with the page inside, in an image that holds nothing else.
#
#   docker build -t satchel .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -v satchel-data:/data -p 127.0.0.1:8787:8787 satchel
#
# All base images are build arguments, so that it can be built from a mirror, or without a registry (tests/docker.sh); so are the
# target and the linker. The same bases give the same bytes, layer included, where files get one time:
#
#   buildah build --timestamp 0 .
#   docker buildx build --build-arg SOURCE_DATE_EPOCH=0 --output type=image,name=satchel,rewrite-timestamp=true .
ARG RUST_IMAGE=docker.io/library/rust:1.95-bookworm
ARG NODE_IMAGE=docker.io/library/node:22-bookworm-slim
ARG RUN_IMAGE=scratch

# --- WebAssembly: rustup's target where there is a rustup, or what `cargo xtask` finds or installs itself
FROM ${RUST_IMAGE} AS wasm
ARG WASM=rustup
WORKDIR /src
RUN if [ "$WASM" = rustup ]; then rustup target add wasm32-unknown-unknown; fi
COPY . .
RUN cargo xtask wasm

# --- the page
FROM ${NODE_IMAGE} AS page
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
COPY --from=wasm /src/web/src/gen ./src/gen
RUN npm run build

# --- the server: linked statically, so that the last stage needs no libc
FROM ${RUST_IMAGE} AS server
# TARGET is the host's if empty (x86_64-unknown-linux-musl, for one, is another); LINKER is the compiler's own.
ARG TARGET=""
ARG LINKER=""
ARG SOURCE_DATE_EPOCH=0
WORKDIR /src
COPY . .
COPY --from=page /src/web/dist ./web/dist
RUN target="${TARGET:-$(rustc --print host-tuple)}" \
    && if [ -n "$TARGET" ] && command -v rustup; then rustup target add "$TARGET"; fi \
    && RUSTFLAGS="-C target-feature=+crt-static --cfg=getrandom_backend=\"linux_getrandom\" ${LINKER:+-C linker=$LINKER}" \
       cargo build --release --locked --package satchel-server --target "$target" \
    && mkdir -p /image/data \
    && cp "target/$target/release/satchel-server" /image/satchel-server \
    && chown 65532:65532 /image/data \
    && chmod 0700 /image/data \
    && touch -d "@$SOURCE_DATE_EPOCH" /image/satchel-server /image/data /image

# --- what runs
FROM ${RUN_IMAGE}
COPY --from=server /image/ /
ENV SATCHEL_LISTEN=0.0.0.0:8787 SATCHEL_DATA=/data
USER 65532:65532
VOLUME /data
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/satchel-server", "healthcheck"]
ENTRYPOINT ["/satchel-server"]
CMD ["serve"]
