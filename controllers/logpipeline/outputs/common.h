#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controllers/logpipeline/outputs/output.h"

// What several outputs share: endpoints, TLS, accounts, and the cast behind the table's rows.
namespace belvedere::logpipeline {

inline constexpr std::int64_t kMaxPort = 65535;

// A string that an engine may see: no control characters, no `${`.
std::optional<std::string> ReadText(config::FieldReader& reader, const std::string& key,
                                    std::size_t max_length);
std::string ReadRequired(config::FieldReader& reader, const std::string& key,
                         std::size_t max_length);
std::vector<std::string> ReadTexts(config::FieldReader& reader, const std::string& key);
// A DNS name that leads out of the pod: no address, not the machine itself, no metadata service.
std::string ReadHost(config::FieldReader& reader, const std::string& key);
int ReadPort(config::FieldReader& reader, const std::string& key, int fallback);

// {name, key}
std::optional<SecretKey> ReadSecretKey(config::FieldReader& reader, const std::string& key);
SecretKey ReadRequiredSecretKey(config::FieldReader& reader, const std::string& key);
// {name}: the whole Secret, of which `key` is mounted.
std::optional<SecretKey> ReadSecret(config::FieldReader& reader, const std::string& field,
                                    const std::string& key);

struct Url {
  enum class Scheme { kHttp, kHttps } scheme = Scheme::kHttps;
  std::string host;
  int port = 0;
  std::string path;  // empty, or begins with /

  std::string ToString() const;  // with port
};

Result<Url> ParseUrl(const std::string& text);
Url ReadUrl(config::FieldReader& reader, const std::string& key);

struct Tls {
  enum class Mode { kVerify, kSkipVerify, kOff } mode = Mode::kVerify;
  std::optional<SecretKey> ca;
  std::optional<SecretKey> client_cert;
  std::optional<SecretKey> client_key;

  void AddSecrets(std::vector<SecretKey>& to) const;
};

// Reads tls, caRef, clientCertRef, clientKeyRef.
Tls ReadTls(config::FieldReader& reader);
// The same below a URL, whose scheme says whether there is TLS at all.
Tls ReadTls(config::FieldReader& reader, const std::string& url_field, const Url& url);

// Value of `tls:` of a collector's client.
Json OtelTls(const Tls& tls);
void AddFluentBitTls(const Tls& tls, FluentBitOutput& output);
// host, port and TLS.
void AddFluentBitServer(const Url& url, const Tls& tls, FluentBitOutput& output);

struct Account {
  std::optional<SecretKey> username;
  std::optional<SecretKey> password;
  std::optional<SecretKey> bearer_token;

  void AddSecrets(std::vector<SecretKey>& to) const;
};

// All that a server with TLS and an account takes.
std::vector<SecretKey> SecretsOf(const Tls& tls, const Account& account);

// Reads usernameRef, passwordRef and bearerTokenRef: a pair, a token, or nothing.
Account ReadAccount(config::FieldReader& reader);
OtelExporter::Auth OtelAuth(const Account& account, std::string path = "/auth");
// http_user and http_passwd.
void AddFluentBitUser(const Account& account, FluentBitOutput& output);
config::fluentbit::Property FluentBitSecret(std::string key, const SecretKey& ref,
                                            std::string prefix = "");

// The key of a Secret with credentials of AWS: a file in the format of ~/.aws/credentials.
inline constexpr const char* kAwsCredentialsKey = "credentials";

// Fills the functions of a row from the methods of `S`, the settings of one output: `Read(reader)`
// and `Secrets()`; where it has them, `AwsCredentials()`, `Stack()`, `Otel(context)` and
// `FluentBit(context)`.
template <typename S>
OutputKind RowOf(std::string_view field, std::string_view title) {
  OutputKind row{.field = field, .title = title};
  row.parse = [](config::FieldReader& reader) -> std::shared_ptr<const OutputSettings> {
    auto settings = std::make_shared<S>();
    settings->Read(reader);
    return settings;
  };
  row.secrets = [](const OutputSettings& settings) {
    return static_cast<const S&>(settings).Secrets();
  };
  if constexpr (requires(const S& s) { s.AwsCredentials(); }) {
    row.aws_credentials = [](const OutputSettings& settings) {
      return static_cast<const S&>(settings).AwsCredentials();
    };
  }
  if constexpr (requires(const S& s) { s.Stack(); }) {
    row.stack = [](const OutputSettings& settings) {
      return static_cast<const S&>(settings).Stack();
    };
  }
  if constexpr (requires(const S& s, const OutputContext& c) { s.Otel(c); }) {
    row.otel = [](const OutputSettings& settings, const OutputContext& context) {
      return static_cast<const S&>(settings).Otel(context);
    };
  }
  if constexpr (requires(const S& s, const OutputContext& c) { s.FluentBit(c); }) {
    row.fluent_bit = [](const OutputSettings& settings, const OutputContext& context) {
      return static_cast<const S&>(settings).FluentBit(context);
    };
  }
  return row;
}

}  // namespace belvedere::logpipeline
