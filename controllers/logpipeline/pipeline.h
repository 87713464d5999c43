#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controllers/config/selector.h"
#include "controllers/logpipeline/outputs/output.h"

// One pipeline as every engine takes it: typed, whole, and free of what an engine may not see.
namespace belvedere::logpipeline {

struct Drop {  // records whose field matches; Keep: the others
  std::string field;
  std::string regex;
};
struct Keep {
  std::string field;
  std::string regex;
};
enum class Format { kJson, kLogfmt, kRegex };
struct Parse {
  std::string field;
  Format format = Format::kJson;
  std::string regex;  // of kRegex, with named groups
};
struct Redact {
  std::string field;
  std::string regex;
  std::string replacement;
};
enum class Per { kPipeline, kNamespace };
struct Throttle {
  std::int64_t records_per_second = 0;
  Per per = Per::kPipeline;
};
struct Rename {
  std::string from;
  std::string to;
};
struct Add {
  std::string field;
  std::string value;
};
struct Sample {
  std::int64_t percent = 100;
};

using Filter = std::variant<Drop, Keep, Parse, Redact, Throttle, Rename, Add, Sample>;

enum class Multiline { kJava, kGo, kPython };

struct Containers {
  std::vector<std::string> namespaces;  // empty: all but `excluded`
  std::vector<std::string> excluded;
  config::LabelSelector selector;
  std::vector<Multiline> multiline;
  std::vector<std::string> labels;  // of the pod, that its records keep
};

struct Audit {
  std::vector<std::string> paths;
  std::vector<std::string> dropped_verbs;
  std::vector<std::string> dropped_users;  // * stands for any text
};

enum class Wanted { kNo, kYes };

struct Buffer {
  std::int64_t bytes_per_output = 0;
  std::int64_t max_retries = 0;
  std::int64_t dead_letter_bytes = 0;  // 0: none
};

// One pipeline, as its spec and its namespace say.
struct Pipeline {
  std::string id;  // of the UIDs of namespace and pipeline: lower-case letters and digits
  std::string ns;
  std::string name;
  std::string tenant;  // in stores of several tenants
  std::optional<Containers> containers;
  std::vector<std::string> units;  // of the node's journal
  Wanted control_plane = Wanted::kNo;
  std::optional<Audit> audit;
  Wanted events = Wanted::kNo;
  std::vector<Filter> filters;
  std::vector<Output> outputs;
  Buffer buffer;
  // Host of the tenant's gateway, which filters and sends; empty: the node agent does.
  std::string gateway;
};

}  // namespace belvedere::logpipeline
