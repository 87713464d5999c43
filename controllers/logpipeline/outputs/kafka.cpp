#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;

enum class Mechanism { kPlain, kScram256, kScram512 };

struct KafkaOutput : OutputSettings {
  std::vector<std::string> brokers;
  std::string topic;
  Mechanism mechanism = Mechanism::kScram512;
  Account account;
  Tls tls;

  void Read(FieldReader& reader) {
    static const FieldReader::Choices<Mechanism> kMechanisms{
        {"PLAIN", Mechanism::kPlain},
        {"SCRAM-SHA-256", Mechanism::kScram256},
        {"SCRAM-SHA-512", Mechanism::kScram512}};
    brokers = ReadTexts(reader, "brokers");
    if (brokers.empty()) reader.Note("brokers", "needs at least one host:port");
    for (std::size_t i = 0; i < brokers.size(); ++i) {
      const Result<Url> url = ParseUrl("http://" + brokers[i]);
      if (url && url->path.empty() && brokers[i].find(':') != std::string::npos) continue;
      reader.Note("brokers[" + std::to_string(i) + "]",
                  url ? "must be host:port" : url.error().message);
    }
    topic = ReadRequired(reader, "topic", 249);
    mechanism = reader.Choice("mechanism", kMechanisms, Mechanism::kScram512);
    account = ReadAccount(reader);
    if (account.bearer_token) reader.Note("bearerTokenRef", "is not supported");
    tls = ReadTls(reader);
  }

  std::vector<SecretKey> Secrets() const { return SecretsOf(tls, account); }

  Result<OtelExporter> Otel(const OutputContext&) const {
    Json settings = {{"brokers", brokers}, {"logs", {{"topic", topic}, {"encoding", "otlp_json"}}}};
    if (tls.mode != Tls::Mode::kOff) settings["tls"] = OtelTls(tls);
    if (account.username) {
      settings["auth"] = {{"sasl",
                           {{"mechanism", MechanismName()},
                            {"username", FromFile(*account.username)},
                            {"password", FromFile(*account.password)}}}};
    }
    return OtelExporter{.type = "kafka", .settings = std::move(settings)};
  }

  Result<FluentBitOutput> FluentBit(const OutputContext&) const {
    std::string list;
    for (const std::string& broker : brokers) list += (list.empty() ? "" : ",") + broker;
    FluentBitOutput output{.name = "kafka",
                           .properties = {Set("brokers", list), Set("topics", topic),
                                          Set("format", "json"), Set("timestamp_format", "iso8601"),
                                          Set("rdkafka.security.protocol", SecurityProtocol())}};
    const auto add = [&](config::fluentbit::Property property) {
      output.properties.push_back(std::move(property));
    };
    if (tls.mode == Tls::Mode::kSkipVerify) {
      add(Set("rdkafka.enable.ssl.certificate.verification", "false"));
    }
    if (tls.ca) add(Set("rdkafka.ssl.ca.location", MountedPath(*tls.ca)));
    if (tls.client_cert) {
      add(Set("rdkafka.ssl.certificate.location", MountedPath(*tls.client_cert)));
      add(Set("rdkafka.ssl.key.location", MountedPath(*tls.client_key)));
    }
    if (account.username) {
      add(Set("rdkafka.sasl.mechanism", MechanismName()));
      add(FluentBitSecret("rdkafka.sasl.username", *account.username));
      add(FluentBitSecret("rdkafka.sasl.password", *account.password));
    }
    return output;
  }

 private:
  std::string MechanismName() const {
    switch (mechanism) {
      case Mechanism::kPlain:
        return "PLAIN";
      case Mechanism::kScram256:
        return "SCRAM-SHA-256";
      case Mechanism::kScram512:
        return "SCRAM-SHA-512";
    }
    return "";
  }

  std::string SecurityProtocol() const {
    const std::string transport = tls.mode == Tls::Mode::kOff ? "PLAINTEXT" : "SSL";
    return account.username ? "SASL_" + transport : transport;
  }
};

}  // namespace

OutputKind KafkaKind() { return RowOf<KafkaOutput>("kafka", "Kafka"); }

}  // namespace belvedere::logpipeline
