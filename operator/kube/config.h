#pragma once

#include <string>

#include "operator/base/result.h"
#include "operator/http/credentials.h"

namespace belvedere::kube {

// Where the API server is and how to talk to it.
struct Config {
  std::string server;       // https://host:port
  std::string server_name;  // certificate name; empty: the host
  http::Credentials credentials;
  std::string token_path;  // not empty: read again each minute and on 401
  std::string ca_path;     // not empty: read again each minute
  std::string ns;          // default namespace of the context or of the pod
};

// Reads a kubeconfig file: current context, or `context` when not empty. Understands embedded and
// file certificates, tokens and token files. Not: exec plugins, auth providers (kInvalid, named).
Result<Config> LoadKubeconfig(const std::string& path, const std::string& context = {});

// The pod's own service account (KUBERNETES_SERVICE_HOST, projected token and CA).
Result<Config> LoadInCluster();

// The same with the environment given: what LoadInCluster() reads, and tests make.
struct PodEnvironment {
  std::string service_host;  // IPv4, IPv6 or name; IPv6 makes the server kubernetes.default.svc
  std::string service_port;
  std::string secret_dir;  // holds token, ca.crt and namespace
};
Result<Config> LoadInCluster(const PodEnvironment& environment);

// --kubeconfig flag, then $KUBECONFIG, then in-cluster, then ~/.kube/config.
Result<Config> LoadConfig(const std::string& flag_path, const std::string& context = {});

// Reads token and CA files again and swaps them in if changed. Call each minute, and at once after
// kUnauthorized. Errors leave the old ones in place.
Status Refresh(const Config& config, http::CredentialSource& credentials);

}  // namespace belvedere::kube
