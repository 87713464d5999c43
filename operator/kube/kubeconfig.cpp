#include <array>
#include <filesystem>
#include <utility>

#include "operator/kube/config.h"
#include "operator/kube/config_files.h"
#include "operator/kube/path.h"
#include "operator/kube/yaml.h"

namespace belvedere::kube {
namespace {

constexpr YamlLimits kLimits{.bytes = std::size_t{1} << 20U, .depth = 16, .nodes = 20'000};

// One named entry of a kubeconfig list, and what to call it in an error.
struct Entry {
  Json value;
  std::string where;  // "clusters[2].cluster"
};

// Reads one kubeconfig; every error names the file and the field.
class KubeconfigReader {
 public:
  KubeconfigReader(std::string path, Json document)
      : path_(std::move(path)), document_(std::move(document)) {}

  Result<Config> Read(std::string context_name) {
    if (context_name.empty()) context_name = StringAt(document_, "/current-context");
    if (context_name.empty()) return FailField("current-context", "is not set");
    const Result<Entry> context = FindEntry("context", context_name);
    if (!context) return Fail(context.error());
    const Result<Entry> cluster = FindEntry("cluster", StringAt(context->value, "/cluster"));
    if (!cluster) return Fail(cluster.error());
    Config config;
    config.ns = StringAt(context->value, "/namespace", "default");
    if (!CheckNamespace(config.ns)) {
      return FailField(context->where + ".namespace", "is not a namespace name");
    }
    if (Status read = ReadCluster(*cluster, config); !read) return Fail(read.error());
    const std::string user_name = StringAt(context->value, "/user");
    if (user_name.empty()) return config;  // anonymous, as a plain local proxy is
    const Result<Entry> user = FindEntry("user", user_name);
    if (!user) return Fail(user.error());
    if (Status read = ReadUser(*user, config); !read) return Fail(read.error());
    return config;
  }

 private:
  tl::unexpected<Error> FailField(const std::string& field, const std::string& what) const {
    return Fail(ErrorCode::kInvalid, path_ + ": " + field + " " + what);
  }

  // The entry called `name` of the list "<kind>s".
  Result<Entry> FindEntry(const std::string& kind, const std::string& name) const {
    const std::string list_name = kind + "s";
    const Json& list = At(document_, "/" + list_name);
    for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
      if (StringAt(list[i], "/name") != name) continue;
      const std::string where = list_name + "[" + std::to_string(i) + "]." + kind;
      if (!At(list[i], "/" + kind).is_object()) return FailField(where, "is not a map");
      return Entry{list[i][kind], where};
    }
    return FailField(list_name, "has no entry named \"" + name + "\"");
  }

  Status ReadCluster(const Entry& cluster, Config& config) const {
    if (cluster.value.contains("proxy-url")) {
      return FailField(cluster.where + ".proxy-url", "is not supported");
    }
    config.server = StringAt(cluster.value, "/server");
    config.server_name = StringAt(cluster.value, "/tls-server-name");
    if (Status checked = CheckServer(cluster.where + ".server", config.server); !checked) {
      return checked;
    }
    const Json& insecure = At(cluster.value, "/insecure-skip-tls-verify");
    const bool is_plain = config.server.starts_with("http://");
    if (is_plain || insecure == Json(true)) return {};
    Result<std::string> ca = ReadPemField(cluster, "certificate-authority", config.ca_path);
    if (!ca) return Fail(ca.error());
    if (ca->empty()) {
      return FailField(cluster.where + ".certificate-authority-data", "is not set");
    }
    config.credentials.ca_pem = std::move(*ca);
    return {};
  }

  // Leaves `server` as scheme://host[:port].
  Status CheckServer(const std::string& field, std::string& server) const {
    const std::size_t scheme = server.find("://");
    if (!server.starts_with("https://") && !server.starts_with("http://")) {
      return FailField(field, "is not an http or https URL");
    }
    while (server.ends_with('/')) server.pop_back();
    const std::string host = server.size() > scheme + 3 ? server.substr(scheme + 3) : "";
    if (host.empty() || host.find_first_of("/?#@ ") != std::string::npos) {
      return FailField(field, "must be scheme://host:port with nothing after it");
    }
    if (host.starts_with('[')) {
      return FailField(field, "is an IPv6 address, which is not supported; use a host name");
    }
    return {};
  }

  Status ReadUser(const Entry& user, Config& config) const {
    static constexpr std::array<const char*, 6> kUnsupported{"exec",     "auth-provider", "as",
                                                             "username", "password",      "as-uid"};
    for (const char* name : kUnsupported) {
      if (user.value.contains(name)) {
        return FailField(user.where + "." + name,
                         "is not supported; use a client certificate, a token or a tokenFile");
      }
    }
    std::string no_refresh;
    Result<std::string> cert = ReadPemField(user, "client-certificate", no_refresh);
    if (!cert) return Fail(cert.error());
    Result<std::string> key = ReadPemField(user, "client-key", no_refresh);
    if (!key) return Fail(key.error());
    if (cert->empty() != key->empty()) {
      return FailField(user.where, "needs both client-certificate and client-key, or neither");
    }
    config.credentials.client_cert_pem = std::move(*cert);
    config.credentials.client_key_pem = std::move(*key);
    return ReadUserToken(user, config);
  }

  // As in kubectl, a token file beats a token.
  Status ReadUserToken(const Entry& user, Config& config) const {
    if (const std::string file = StringAt(user.value, "/tokenFile"); !file.empty()) {
      config.token_path = Resolve(file);
      Result<std::string> token = ReadToken(config.token_path);
      if (!token) return FailField(user.where + ".tokenFile", token.error().message);
      config.credentials.bearer_token = std::move(*token);
      return {};
    }
    const std::string token = StringAt(user.value, "/token");
    if (!token.empty() && !IsToken(token))
      return FailField(user.where + ".token", "is not one word");
    config.credentials.bearer_token = token;
    return {};
  }

  // "<name>-data" (base64 of PEM), else the file "<name>", whose path goes to `file_path`; empty
  // where neither is set.
  Result<std::string> ReadPemField(const Entry& entry, const std::string& name,
                                   std::string& file_path) const {
    const std::string data_name = name + "-data";
    if (const std::string data = StringAt(entry.value, "/" + data_name); !data.empty()) {
      Result<std::string> pem = DecodeBase64(data);
      if (!pem || !IsPem(*pem)) {
        return FailField(entry.where + "." + data_name, "is not base64 of PEM");
      }
      return pem;
    }
    const std::string file = StringAt(entry.value, "/" + name);
    if (file.empty()) return std::string();
    file_path = Resolve(file);
    Result<std::string> pem = ReadPem(file_path);
    if (!pem) return FailField(entry.where + "." + name, pem.error().message);
    return pem;
  }

  // Paths are relative to the kubeconfig.
  std::string Resolve(const std::string& file) const {
    return (std::filesystem::path(path_).parent_path() / file).string();
  }

  const std::string path_;
  const Json document_;
};

}  // namespace

Result<Config> LoadKubeconfig(const std::string& path, const std::string& context) {
  const Result<std::string> text = ReadSmallFile(path);
  if (!text) return Fail(text.error());
  Result<std::vector<Json>> documents = ParseYaml(*text, kLimits);
  if (!documents) {
    return Fail(ErrorCode::kInvalid, path + ": " + documents.error().message);
  }
  if (documents->size() != 1 || !documents->front().is_object()) {
    return Fail(ErrorCode::kInvalid, path + ": must hold one map");
  }
  return KubeconfigReader(path, std::move(documents->front())).Read(context);
}

}  // namespace belvedere::kube
