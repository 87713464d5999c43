#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "operator/base/log.h"
#include "operator/base/result.h"
#include "operator/cli/cli.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

// The commands. Each adds itself and its flags to `app`; when it is the one that was asked for, it
// runs at the end of the parsing and leaves its exit code in `exit_code`. Both references outlive
// the parsing.
namespace belvedere::cli {

struct Context {
  Streams streams;
  int exit_code = kOk;
};

void AddAgent(CLI::App& app, Context& context);
void AddOperator(CLI::App& app, Context& context);
void AddRender(CLI::App& app, Context& context);
void AddDiff(CLI::App& app, Context& context);
void AddLint(CLI::App& app, Context& context);
void AddDashboards(CLI::App& app, Context& context);
void AddCompletion(CLI::App& app, Context& context);
void AddVersion(CLI::App& app, Context& context);

// Flags that several commands have, each with its environment variable.
void AddLogLevel(CLI::App& command);
struct ImageFlags;
void AddImageFlags(CLI::App& command, ImageFlags& images);
// What is read, and where it belongs if it does not say so; `default_namespace` is for the help.
void AddInputFlags(CLI::App& command, std::vector<std::string>& files, std::string& ns,
                   const std::string& default_namespace);
// A duration as base/duration.h reads it; `value` holds the default.
CLI::Option* AddDuration(CLI::App& command, const std::string& flag,
                         std::chrono::milliseconds& value, const std::string& help);

// host:port, :port or [v6]:port.
struct ListenAddress {
  std::string host;
  int port = 0;
};
Result<ListenAddress> ParseListenAddress(const std::string& text);

// Prints "error: <message>" and returns `code`.
int Complain(const Streams& streams, const std::string& message, int code = kFailure);

}  // namespace belvedere::cli
