#include <CLI/CLI.hpp>

#include "operator/base/duration.h"
#include "operator/cli/command.h"
#include "operator/cli/resources.h"

namespace belvedere::cli {

void AddLogLevel(CLI::App& command) {
  const std::map<std::string, log::Level> levels{{"debug", log::Level::kDebug},
                                                 {"info", log::Level::kInfo},
                                                 {"warn", log::Level::kWarn},
                                                 {"error", log::Level::kError}};
  command
      .add_option_function<std::string>(
          "--log-level", [levels](const std::string& name) { log::SetLevel(levels.at(name)); },
          "Least level of log lines: debug, info, warn or error [info]")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->envname("BELVEDERE_LOG_LEVEL")
      ->type_name("LEVEL");
}

void AddImageFlags(CLI::App& command, ImageFlags& images) {
  command
      .add_option("--images", images.file,
                  "YAML map from image names to references, and \"registry\" to a registry for "
                  "all others")
      ->envname("BELVEDERE_IMAGES")
      ->type_name("FILE");
  command
      .add_option("--image-registry", images.registry,
                  "Registry of all images that --images does not name, such as "
                  "registry.local/mirror")
      ->envname("BELVEDERE_IMAGE_REGISTRY")
      ->type_name("HOST[/PATH]");
}

void AddInputFlags(CLI::App& command, std::vector<std::string>& files, std::string& ns,
                   const std::string& default_namespace) {
  command.add_option("-f,--filename", files, "File or directory to read; - is standard input")
      ->required()
      ->type_name("FILE");
  command
      .add_option("-n,--namespace", ns,
                  "Namespace of resources that name none [" + default_namespace + "]")
      ->envname("BELVEDERE_NAMESPACE")
      ->type_name("NAMESPACE");
}

CLI::Option* AddDuration(CLI::App& command, const std::string& flag,
                         std::chrono::milliseconds& value, const std::string& help) {
  const auto parse = [&value](const std::string& text) {
    const Result<std::chrono::milliseconds> parsed = ParseDuration(text);
    if (!parsed) throw CLI::ValidationError(parsed.error().message);
    value = *parsed;
  };
  return command
      .add_option_function<std::string>(flag, parse, help + " [" + FormatDuration(value) + "]")
      ->type_name("DURATION");
}

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const auto wrong = [&text] {
    return Fail(ErrorCode::kInvalid,
                "'" + text + "' is no address: give host:port, [address]:port or :port");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return wrong();
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string port = text.substr(colon + 1);
  const bool digits = port.find_first_not_of("0123456789") == std::string::npos;
  if (port.empty() || port.size() > 5 || !digits || std::stoi(port) > 65535) return wrong();
  return ListenAddress{host.empty() ? "0.0.0.0" : host, std::stoi(port)};
}

int Complain(const Streams& streams, const std::string& message, int code) {
  streams.err << "error: " << message << "\n";
  return code;
}

}  // namespace belvedere::cli
