#include "controllers/logpipeline/outputs/common.h"
#include "controllers/logpipeline/outputs/kinds.h"

namespace belvedere::logpipeline {
namespace {

using config::FieldReader;
using config::fluentbit::Set;

constexpr int kSyslogPort = 514;

enum class Transport { kTcp, kUdp };
enum class Format { kRfc5424, kRfc3164 };

struct SyslogOutput : OutputSettings {
  std::string host;
  int port = kSyslogPort;
  Transport transport = Transport::kTcp;
  Format format = Format::kRfc5424;
  Tls tls;

  void Read(FieldReader& reader) {
    static const FieldReader::Choices<Transport> kTransports{{"TCP", Transport::kTcp},
                                                             {"UDP", Transport::kUdp}};
    static const FieldReader::Choices<Format> kFormats{{"RFC5424", Format::kRfc5424},
                                                       {"RFC3164", Format::kRfc3164}};
    host = ReadHost(reader, "host");
    port = ReadPort(reader, "port", kSyslogPort);
    transport = reader.Choice("protocol", kTransports, Transport::kTcp);
    format = reader.Choice("format", kFormats, Format::kRfc5424);
    const bool said = reader.Has("tls");
    tls = ReadTls(reader);
    if (transport == Transport::kTcp) return;
    if ((said && tls.mode != Tls::Mode::kOff) || tls.ca || tls.client_cert) {
      reader.Note("protocol", "is UDP, which has no TLS here");
    }
    tls.mode = Tls::Mode::kOff;
  }

  std::vector<SecretKey> Secrets() const {
    std::vector<SecretKey> keys;
    tls.AddSecrets(keys);
    return keys;
  }

  Result<OtelExporter> Otel(const OutputContext&) const {
    return OtelExporter{
        .type = "syslog",
        .settings = {{"endpoint", host},
                     {"port", port},
                     {"network", transport == Transport::kTcp ? "tcp" : "udp"},
                     {"protocol", format == Format::kRfc5424 ? "rfc5424" : "rfc3164"},
                     {"tls", OtelTls(tls)}},
        // The exporter reads the message and who sent it from attributes, not from the body.
        .statements = {R"(set(attributes["message"], body))",
                       R"(set(attributes["hostname"], resource.attributes["k8s.node.name"]))",
                       R"(set(attributes["appname"], resource.attributes["k8s.container.name"]))"}};
  }

  Result<FluentBitOutput> FluentBit(const OutputContext& context) const {
    FluentBitOutput output{.name = "syslog"};
    output.properties = {Set("host", host),
                         Set("port", port),
                         Set("mode", Mode()),
                         Set("syslog_format", format == Format::kRfc5424 ? "rfc5424" : "rfc3164"),
                         Set("syslog_message_key", "log"),
                         Set("syslog_hostname_preset", context.pipeline),
                         Set("syslog_appname_preset", "belvedere"),
                         Set("syslog_maxsize", 65536)};
    AddFluentBitTls(tls, output);
    return output;
  }

 private:
  std::string Mode() const {
    if (transport == Transport::kUdp) return "udp";
    return tls.mode == Tls::Mode::kOff ? "tcp" : "tls";
  }
};

}  // namespace

OutputKind SyslogKind() { return RowOf<SyslogOutput>("syslog", "syslog"); }

}  // namespace belvedere::logpipeline
