#include "operator/kube/config.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "operator/kube/config_files.h"

namespace belvedere::kube {
namespace {

constexpr const char* kSecretDir = "/var/run/secrets/kubernetes.io/serviceaccount";

std::string Environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value == nullptr ? std::string() : std::string(value);
}

// The client cannot connect to IPv6 literals; this name is in every API server's certificate.
std::string InClusterHost(const std::string& service_host) {
  const bool is_ipv6 = service_host.find(':') != std::string::npos;
  return is_ipv6 ? "kubernetes.default.svc" : service_host;
}

bool IsPort(const std::string& text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Config> LoadInCluster() {
  return LoadInCluster({.service_host = Environment("KUBERNETES_SERVICE_HOST"),
                        .service_port = Environment("KUBERNETES_SERVICE_PORT"),
                        .secret_dir = kSecretDir});
}

Result<Config> LoadInCluster(const PodEnvironment& environment) {
  if (environment.service_host.empty()) {
    return Fail(ErrorCode::kInvalid,
                "not in a pod: KUBERNETES_SERVICE_HOST is not set; name a kubeconfig instead");
  }
  const std::string port = environment.service_port.empty() ? "443" : environment.service_port;
  if (!IsPort(port)) return Fail(ErrorCode::kInvalid, "KUBERNETES_SERVICE_PORT is not a port");

  Config config;
  config.server = "https://" + InClusterHost(environment.service_host) + ":" + port;
  config.token_path = environment.secret_dir + "/token";
  config.ca_path = environment.secret_dir + "/ca.crt";
  Result<std::string> token = ReadToken(config.token_path);
  if (!token) return Fail(token.error());
  Result<std::string> ca = ReadPem(config.ca_path);
  if (!ca) return Fail(ca.error());
  Result<std::string> ns = ReadToken(environment.secret_dir + "/namespace");
  if (!ns) return Fail(ns.error());
  config.credentials.bearer_token = std::move(*token);
  config.credentials.ca_pem = std::move(*ca);
  config.ns = std::move(*ns);
  return config;
}

Result<Config> LoadConfig(const std::string& flag_path, const std::string& context) {
  if (!flag_path.empty()) return LoadKubeconfig(flag_path, context);
  if (const std::string path = Environment("KUBECONFIG"); !path.empty()) {
    if (path.find(':') != std::string::npos) {
      return Fail(ErrorCode::kInvalid, "$KUBECONFIG names several files; name one");
    }
    return LoadKubeconfig(path, context);
  }
  if (!Environment("KUBERNETES_SERVICE_HOST").empty()) return LoadInCluster();
  const std::string home = Environment("HOME");
  if (home.empty()) {
    return Fail(ErrorCode::kInvalid,
                "no kubeconfig: neither --kubeconfig nor $KUBECONFIG nor $HOME is set");
  }
  return LoadKubeconfig(home + "/.kube/config", context);
}

Status Refresh(const Config& config, http::CredentialSource& credentials) {
  http::Credentials next = *credentials.Get();
  bool changed = false;
  if (!config.token_path.empty()) {
    Result<std::string> token = ReadToken(config.token_path);
    if (!token) return Fail(token.error());
    changed = changed || *token != next.bearer_token;
    next.bearer_token = std::move(*token);
  }
  if (!config.ca_path.empty()) {
    Result<std::string> ca = ReadPem(config.ca_path);
    if (!ca) return Fail(ca.error());
    changed = changed || *ca != next.ca_pem;
    next.ca_pem = std::move(*ca);
  }
  if (changed) credentials.Set(std::move(next));
  return {};
}

}  // namespace belvedere::kube
