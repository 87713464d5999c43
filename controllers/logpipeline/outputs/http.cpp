#include <algorithm>
#include <cctype>

#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/headers.h"
#include "controllers/logpipeline/outputs/kinds.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;
using config::fluentbit::Toggle;

struct HttpOutput : OutputSettings {
  Url url;
  Tls tls;
  Account account;
  Headers headers;

  void Read(FieldReader& reader) {
    url = ReadUrl(reader, "url");
    tls = ReadTls(reader, "url", url);
    account = ReadAccount(reader);
    headers = ReadHeaders(reader);
  }

  std::vector<SecretKey> Secrets() const { return SecretsOf(tls, account); }

  Result<FluentBitOutput> FluentBit(const OutputContext&) const {
    FluentBitOutput output{.name = "http"};
    AddFluentBitServer(url, tls, output);
    output.properties.push_back(Set("uri", url.path.empty() ? "/" : url.path));
    output.properties.push_back(Set("format", "json_lines"));
    output.properties.push_back(Set("json_date_key", "timestamp"));
    output.properties.push_back(Set("json_date_format", "iso8601"));
    output.properties.push_back(Set("compress", "gzip"));
    output.properties.push_back(Set("log_response_payload", Toggle::kOff));
    AddFluentBitUser(account, output);
    AddFluentBitHeaders(headers, account, output);
    return output;
  }
};

bool IsHeaderCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

Headers ReadHeaders(FieldReader& reader) {
  static constexpr std::string_view kCredentials[] = {"authorization", "proxy-authorization",
                                                      "cookie"};
  Headers headers = reader.Map("headers");
  for (const auto& [name, value] : headers) {
    const std::string key = "headers." + name;
    if (name.empty() || !std::ranges::all_of(name, IsHeaderCharacter)) {
      reader.Note(key, "is not the name of a header");
    } else if (std::ranges::find(kCredentials, Lower(name)) != std::end(kCredentials)) {
      reader.Note(key, "carries credentials; use usernameRef or bearerTokenRef");
    }
    if (value.empty() || value.find("${") != std::string::npos ||
        value.find('"') != std::string::npos) {
      reader.Note(key, "must not be empty, nor hold ${ or a quotation mark");
    }
  }
  return headers;
}

void AddFluentBitHeaders(const Headers& headers, const Account& account, FluentBitOutput& output) {
  std::vector<config::fluentbit::Text> lines;
  for (const auto& [name, value] : headers) lines.push_back({.literal = name + " " + value});
  if (account.bearer_token) {
    lines.push_back(
        {.literal = "Authorization Bearer ", .secret_file = MountedPath(*account.bearer_token)});
  }
  if (!lines.empty()) output.properties.push_back({.key = "header", .value = std::move(lines)});
}

OutputKind HttpKind() {
  OutputKind row = RowOf<HttpOutput>("http", "HTTP (JSON lines)");
  row.no_otel = "the collector has no exporter for plain HTTP; use otlp";
  return row;
}

}  // namespace belvedere::logpipeline
