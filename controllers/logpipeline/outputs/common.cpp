#include "controllers/logpipeline/outputs/common.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;
using config::fluentbit::Toggle;

constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxUrl = 512;

bool IsLowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Empty: fine. Names of the pod itself, of the API server and of clouds' metadata services would
// let a pipeline talk to what only its engine may reach.
std::string HostProblem(std::string_view host) {
  static constexpr std::array<std::string_view, 3> kRefused{"localhost", "kubernetes",
                                                            "metadata.google.internal"};
  if (host.empty() || host.size() > kMaxHost) return "is not a DNS name";
  std::string_view rest = host;
  std::string_view label;
  while (!rest.empty()) {
    label = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
    const bool valid =
        !label.empty() && label.size() <= 63 && IsLowerAlnum(label.front()) &&
        IsLowerAlnum(label.back()) &&
        std::ranges::all_of(label, [](char c) { return IsLowerAlnum(c) || c == '-'; });
    if (!valid) return "is not a DNS name (a-z, 0-9, - and .)";
  }
  if (host.back() == '.') return "is not a DNS name (a-z, 0-9, - and .)";
  if (std::isdigit(static_cast<unsigned char>(label.front())) != 0) {
    return "must be a DNS name, not an address";
  }
  for (const std::string_view refused : kRefused) {
    const bool below = host.size() > refused.size() && host.ends_with(refused) &&
                       host[host.size() - refused.size() - 1] == '.';
    if (host == refused || below) return "must not lead to " + std::string(refused);
  }
  if (host.starts_with("kubernetes.default") || label == "localdomain") {
    return "must not lead into the pod or to the API server";
  }
  return "";
}

bool IsSecretName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxHost && IsLowerAlnum(name.front()) &&
         IsLowerAlnum(name.back()) && name.find("..") == std::string_view::npos &&
         std::ranges::all_of(name, [](char c) { return IsLowerAlnum(c) || c == '-' || c == '.'; });
}

bool IsSecretDataKey(std::string_view key) {
  return !key.empty() && key != "." && !key.starts_with("..") &&
         std::ranges::all_of(key, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' ||
                  c == '_';
         });
}

std::string ReadSecretName(FieldReader& ref) {
  const std::string name = ReadRequired(ref, "name", kMaxHost);
  if (!name.empty() && !IsSecretName(name)) ref.Note("name", "is not the name of a Secret");
  return name;
}

bool IsPathCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("/._~%:@+=-").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<std::string> ReadText(FieldReader& reader, const std::string& key,
                                    std::size_t max_length) {
  std::optional<std::string> text = reader.Text(key, max_length);
  if (text && text->find("${") != std::string::npos) {
    reader.Note(key, "must not hold ${");
    return std::nullopt;
  }
  return text;
}

std::string ReadRequired(FieldReader& reader, const std::string& key, std::size_t max_length) {
  if (!reader.Has(key)) {
    reader.Text(key, max_length);
    reader.Note(key, "is required");
    return "";
  }
  std::string text = ReadText(reader, key, max_length).value_or("");
  if (text.empty()) reader.Note(key, "must not be empty");
  return text;
}

std::vector<std::string> ReadTexts(FieldReader& reader, const std::string& key) {
  std::vector<std::string> texts = reader.Texts(key);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].find("${") == std::string::npos) continue;
    reader.Note(key + "[" + std::to_string(i) + "]", "must not hold ${");
  }
  return texts;
}

std::string ReadHost(FieldReader& reader, const std::string& key) {
  std::string host = ReadRequired(reader, key, kMaxHost);
  const std::string problem = host.empty() ? "" : HostProblem(host);
  if (!problem.empty()) reader.Note(key, problem);
  return host;
}

int ReadPort(FieldReader& reader, const std::string& key, int fallback) {
  return static_cast<int>(reader.Integer(key, 1, kMaxPort).value_or(fallback));
}

std::optional<SecretKey> ReadSecretKey(FieldReader& reader, const std::string& key) {
  if (!reader.Has(key)) {
    reader.Child(key);
    return std::nullopt;
  }
  FieldReader ref = reader.Child(key);
  SecretKey found{.secret = ReadSecretName(ref), .key = ReadRequired(ref, "key", kMaxHost)};
  if (!found.key.empty() && !IsSecretDataKey(found.key)) {
    ref.Note("key", "is not a key of a Secret");
  }
  ref.RejectOthers();
  return found;
}

SecretKey ReadRequiredSecretKey(FieldReader& reader, const std::string& key) {
  std::optional<SecretKey> found = ReadSecretKey(reader, key);
  if (!found) reader.Note(key, "is required");
  return found.value_or(SecretKey{});
}

std::optional<SecretKey> ReadSecret(FieldReader& reader, const std::string& field,
                                    const std::string& key) {
  if (!reader.Has(field)) {
    reader.Child(field);
    return std::nullopt;
  }
  FieldReader ref = reader.Child(field);
  SecretKey found{.secret = ReadSecretName(ref), .key = key};
  ref.RejectOthers();
  return found;
}

std::string Url::ToString() const {
  return (scheme == Scheme::kHttps ? "https://" : "http://") + host + ":" + std::to_string(port) +
         path;
}

Result<Url> ParseUrl(const std::string& text) {
  const auto fail = [](const std::string& problem) { return Fail(ErrorCode::kInvalid, problem); };
  if (text.size() > kMaxUrl) return fail("is too long");
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("http://")) {
    url.scheme = Url::Scheme::kHttp;
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else {
    return fail("must begin with https:// or http://");
  }
  const std::size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) url.path = rest.substr(slash);
  if (!std::ranges::all_of(url.path, IsPathCharacter)) {
    return fail("holds a character that a path cannot have (no query, no fragment)");
  }
  const std::size_t colon = authority.find(':');
  url.host = authority.substr(0, colon);
  if (std::string problem = HostProblem(url.host); !problem.empty()) return fail(problem);
  url.port = url.scheme == Url::Scheme::kHttps ? 443 : 80;
  if (colon == std::string_view::npos) return url;
  const std::string_view digits = authority.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
  if (error != std::errc() || end != digits.data() + digits.size() || url.port < 1 ||
      url.port > kMaxPort) {
    return fail("has a port that is not between 1 and 65535");
  }
  return url;
}

Url ReadUrl(FieldReader& reader, const std::string& key) {
  const std::string text = ReadRequired(reader, key, kMaxUrl);
  if (text.empty()) return {};
  const Result<Url> url = ParseUrl(text);
  if (url) return *url;
  reader.Note(key, url.error().message);
  return {};
}

void Tls::AddSecrets(std::vector<SecretKey>& to) const {
  for (const std::optional<SecretKey>& key : {ca, client_cert, client_key}) {
    if (key) to.push_back(*key);
  }
}

Tls ReadTls(FieldReader& reader) {
  static const FieldReader::Choices<Tls::Mode> kModes{{"Verify", Tls::Mode::kVerify},
                                                      {"SkipVerify", Tls::Mode::kSkipVerify},
                                                      {"Off", Tls::Mode::kOff}};
  Tls tls{.mode = reader.Choice("tls", kModes, Tls::Mode::kVerify),
          .ca = ReadSecretKey(reader, "caRef"),
          .client_cert = ReadSecretKey(reader, "clientCertRef"),
          .client_key = ReadSecretKey(reader, "clientKeyRef")};
  if (tls.client_cert.has_value() != tls.client_key.has_value()) {
    reader.Note(tls.client_cert ? "clientKeyRef" : "clientCertRef",
                "is required: a client's certificate and its key go together");
  }
  if (tls.mode == Tls::Mode::kOff && (tls.ca || tls.client_cert)) {
    reader.Note("tls", "is Off, so that caRef and clientCertRef mean nothing");
  }
  return tls;
}

Tls ReadTls(FieldReader& reader, const std::string& url_field, const Url& url) {
  const bool said = reader.Has("tls");
  Tls tls = ReadTls(reader);
  const bool https = url.scheme == Url::Scheme::kHttps;
  if (tls.mode == Tls::Mode::kOff && https && !url.host.empty()) {
    reader.Note("tls", "is Off, but " + url_field + " begins with https://");
  }
  if (!https && ((said && tls.mode != Tls::Mode::kOff) || tls.ca || tls.client_cert)) {
    reader.Note(url_field, "begins with http://, so that there is no TLS to configure");
  }
  if (!https) tls.mode = Tls::Mode::kOff;
  return tls;
}

Json OtelTls(const Tls& tls) {
  if (tls.mode == Tls::Mode::kOff) return {{"insecure", true}};
  Json result = Json::object();
  if (tls.mode == Tls::Mode::kSkipVerify) result["insecure_skip_verify"] = true;
  if (tls.ca) result["ca_file"] = MountedPath(*tls.ca);
  if (tls.client_cert) result["cert_file"] = MountedPath(*tls.client_cert);
  if (tls.client_key) result["key_file"] = MountedPath(*tls.client_key);
  return result;
}

void AddFluentBitTls(const Tls& tls, FluentBitOutput& output) {
  if (tls.mode == Tls::Mode::kOff) {
    output.properties.push_back(Set("tls", Toggle::kOff));
    return;
  }
  output.properties.push_back(Set("tls", Toggle::kOn));
  const bool verify = tls.mode == Tls::Mode::kVerify;
  output.properties.push_back(Set("tls.verify", verify ? Toggle::kOn : Toggle::kOff));
  // Off by default: any certificate that a trusted CA signed would do.
  if (verify) output.properties.push_back(Set("tls.verify_hostname", Toggle::kOn));
  if (tls.ca) output.properties.push_back(Set("tls.ca_file", MountedPath(*tls.ca)));
  if (tls.client_cert) {
    output.properties.push_back(Set("tls.crt_file", MountedPath(*tls.client_cert)));
    output.properties.push_back(Set("tls.key_file", MountedPath(*tls.client_key)));
  }
}

void AddFluentBitServer(const Url& url, const Tls& tls, FluentBitOutput& output) {
  output.properties.push_back(Set("host", url.host));
  output.properties.push_back(Set("port", url.port));
  AddFluentBitTls(tls, output);
}

void Account::AddSecrets(std::vector<SecretKey>& to) const {
  for (const std::optional<SecretKey>& key : {username, password, bearer_token}) {
    if (key) to.push_back(*key);
  }
}

std::vector<SecretKey> SecretsOf(const Tls& tls, const Account& account) {
  std::vector<SecretKey> keys;
  tls.AddSecrets(keys);
  account.AddSecrets(keys);
  return keys;
}

Account ReadAccount(FieldReader& reader) {
  Account account{.username = ReadSecretKey(reader, "usernameRef"),
                  .password = ReadSecretKey(reader, "passwordRef"),
                  .bearer_token = ReadSecretKey(reader, "bearerTokenRef")};
  if (account.username.has_value() != account.password.has_value()) {
    reader.Note(account.username ? "passwordRef" : "usernameRef",
                "is required: a user and a password go together");
  }
  if (account.username && account.bearer_token) {
    reader.Note("bearerTokenRef", "cannot stand beside usernameRef");
  }
  return account;
}

OtelExporter::Auth OtelAuth(const Account& account, std::string path) {
  if (account.bearer_token) {
    return {.type = "bearertokenauth",
            .settings = {{"filename", MountedPath(*account.bearer_token)}},
            .path = std::move(path)};
  }
  if (!account.username) return {};
  return {.type = "basicauth",
          .settings = {{"client_auth",
                        {{"username", FromFile(*account.username)},
                         {"password", FromFile(*account.password)}}}},
          .path = std::move(path)};
}

void AddFluentBitUser(const Account& account, FluentBitOutput& output) {
  if (!account.username) return;
  output.properties.push_back(FluentBitSecret("http_user", *account.username));
  output.properties.push_back(FluentBitSecret("http_passwd", *account.password));
}

config::fluentbit::Property FluentBitSecret(std::string key, const SecretKey& ref,
                                            std::string prefix) {
  return config::fluentbit::SetSecret(std::move(key), std::move(prefix), MountedPath(ref));
}

}  // namespace belvedere::logpipeline
