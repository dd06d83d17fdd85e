# syntax=docker/dockerfile:1
# A node (otx-node) and the command line (otx).
#   docker build -t orleanstransfer:0.1.0 .
#   docker build -t orleanstransfer:0.1.0-cuda --build-arg TorchBackend=cuda .

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ARG TorchBackend=cpu
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/root/.nuget/packages \
    dotnet publish src/OrleansTransfer.Cli/OrleansTransfer.Cli.csproj --configuration Release -p:TorchBackend=$TorchBackend --output /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble
COPY --from=build --chmod=755 /app /app

# All that is written goes below /tmp, so that the rest may be read-only.
# CUDA's libraries are those that libtorch ships with; the driver comes with the device, from NVIDIA's container runtime.
ENV HOME=/tmp \
    OTX_CACHE=/tmp/otx \
    PATH="$PATH:/app"
WORKDIR /tmp
VOLUME /tmp

# Silo, Orleans clients, HTTP.
EXPOSE 11111 30000 8080

# The user "app" of the base image, as a number, so that Kubernetes can tell that it is not root.
USER 1654
HEALTHCHECK --interval=10s --timeout=8s --start-period=90s --retries=3 \
    CMD ["bash", "-c", \
        "exec 3<>/dev/tcp/127.0.0.1/$((8080 + ${OTX_PORT_OFFSET:-0})); printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3; grep -q '/1.1 200' <&3"]
ENTRYPOINT ["/app/otx-node"]
