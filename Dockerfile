# The same image that hack/image makes without Docker: the program, the libraries it needs, nothing to log in to.
#
#   docker build --build-arg COMMIT="$(git describe --always --dirty)" -t ghcr.io/belvedere-dev/belvedere:v0.1.0 .

FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      g++ cmake ninja-build ca-certificates \
      libcpprest-dev libssl-dev libyaml-cpp-dev nlohmann-json3-dev libspdlog-dev libexpected-dev libcli11-dev libgtest-dev libgmock-dev
WORKDIR /source
COPY . .
ARG COMMIT=unknown
RUN cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DBELVEDERE_COMMIT="$COMMIT" \
 && cmake --build /build --target belvedere \
 && strip /build/belvedere
# The program with its shared libraries and the loader, under the paths where the loader looks for them.
RUN set -eu; mkdir -p /image/usr/bin /image/etc/ssl/certs /image/tmp; chmod 1777 /image/tmp; \
    cp /build/belvedere /image/usr/bin/; \
    ldd /build/belvedere | grep -o '/[^ ]*' | sort -u | while read -r library; do cp --parents -L "$library" /image; done; \
    cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/; \
    printf 'root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n' \
      > /image/etc/passwd; \
    printf 'root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n' > /image/etc/group; \
    printf 'hosts: files dns\n' > /image/etc/nsswitch.conf
# What is copied above must be all that it needs.
RUN chroot /image /usr/bin/belvedere version

FROM scratch
COPY --from=build /image /
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65534:65534
LABEL org.opencontainers.image.title=belvedere \
      org.opencontainers.image.source=https://github.com/belvedere-dev/belvedere \
      org.opencontainers.image.licenses=Apache-2.0
ENTRYPOINT ["/usr/bin/belvedere"]
