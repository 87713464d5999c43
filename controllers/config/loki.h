#pragma once

#include <string>

#include "controllers/monitoringstack/spec.h"
#include "operator/base/json.h"

namespace belvedere::config {

// Where Loki keeps everything that it writes: the mount of its volume.
inline constexpr const char* kLokiData = "/var/loki";

// Loki's ports.
inline constexpr int kLokiWebPort = 3100;
inline constexpr int kLokiGrpcPort = 9095;
inline constexpr int kLokiGossipPort = 7946;

// The config file of a stack's Loki, complete and the same for all replicas. It is read with
// -config.expand-env: POD_IP, and with object storage S3_BUCKET, S3_REGION and S3_ENDPOINT, come
// from the environment. `gossip_host` names all replicas at once.
Json LokiConfig(const monitoringstack::Logs& logs, const std::string& gossip_host);

}  // namespace belvedere::config
