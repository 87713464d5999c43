#include "controllers/logpipeline/otelcol_filters.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace belvedere::logpipeline::otelcol {
namespace {

using config::otelcol::OttlReplacement;
using config::otelcol::OttlString;

// Fields that stand on the resource of a record.
struct ResourceField {
  std::string_view field;
  const char* attribute;
};
constexpr std::array kResourceFields{
    ResourceField{"kubernetes.namespace_name", "k8s.namespace.name"},
    ResourceField{"kubernetes.pod_name", "k8s.pod.name"},
    ResourceField{"kubernetes.container_name", "k8s.container.name"},
};

// How OTTL reaches a field, and when there can be one: none is below what is no map.
struct Reach {
  std::string path;
  std::string guard;  // empty: always
};

std::string Guarded(const Reach& reach, const std::string& condition) {
  return reach.guard.empty() ? condition : reach.guard + " and " + condition;
}

Status Unsupported(const std::string& problem) { return Fail(ErrorCode::kInvalid, problem); }

Status CheckTopLevel(const std::string& member, const std::string& field) {
  if (field.find('.') == std::string::npos) return {};
  return Unsupported(member + ": fields of the top level only can be changed");
}

class Renderer {
 public:
  explicit Renderer(const std::string& id) : id_(id) {
    statements_.emplace_back(R"(set(log.body, {"log": log.body}) where not IsMap(log.body))");
  }

  Status Render(const Filter& filter) {
    return std::visit([this](const auto& one) { return Add(one); }, filter);
  }

  std::vector<Component> Take() {
    Change(R"(set(log.body, log.body["log"]) where Len(log.body) == 1 and log.body["log"] != nil)");
    Flush();
    return std::move(processors_);
  }

 private:
  Status Add(const Drop& drop) {
    const Reach reach = ReachOf(drop.field);
    DropIf(Guarded(reach, "IsMatch(" + reach.path + ", " + OttlString(drop.regex) + ")"));
    return {};
  }

  Status Add(const Keep& keep) {
    const Reach reach = ReachOf(keep.field);
    DropIf("not (" + Guarded(reach, "IsMatch(" + reach.path + ", " + OttlString(keep.regex) + ")") +
           ")");
    return {};
  }

  Status Add(const Parse& parse) {
    const Reach reach = ReachOf(parse.field);
    std::string where = " where " + Guarded(reach, "IsString(" + reach.path + ")");
    std::string parsed;
    switch (parse.format) {
      case Format::kJson:
        parsed = "ParseJSON(" + reach.path + ")";
        where += " and IsMatch(" + reach.path + ", " + OttlString("^\\s*\\{") + ")";
        break;
      case Format::kLogfmt:
        parsed = "ParseKeyValue(" + reach.path + ")";
        break;
      case Format::kRegex:
        parsed = "ExtractPatterns(" + reach.path + ", " + OttlString(parse.regex) + ")";
        break;
    }
    Change("merge_maps(log.body, " + parsed + ", \"upsert\")" + where);
    if (flat_) Flatten();
    parsed_.push_back(parse.field);
    return {};
  }

  Status Add(const Redact& redact) {
    const std::string by = OttlString(redact.regex) + ", " + OttlReplacement(redact.replacement);
    if (std::ranges::find(parsed_, redact.field) != parsed_.end()) {
      // The text is now in other fields as well, at any depth, and OTTL walks along one map only.
      Flatten();
      Change("replace_all_patterns(log.body, \"value\", " + by + ")");
      return {};
    }
    const Reach reach = ReachOf(redact.field);
    if (reach.path.starts_with("resource.")) {
      return Unsupported("field: what Kubernetes says of a record cannot be changed");
    }
    Change("replace_pattern(" + reach.path + ", " + by + ") where " +
           Guarded(reach, "IsString(" + reach.path + ")"));
    return {};
  }

  Status Add(const Throttle&) {
    return Unsupported("the collector has no limit of records per second; use agent FluentBit");
  }

  Status Add(const Rename& rename) {
    for (const auto& [member, field] : {std::pair{"from", rename.from}, {"to", rename.to}}) {
      if (Status status = CheckTopLevel(member, field); !status) return status;
    }
    if (rename.from == rename.to) return {};
    const std::string from = ReachOf(rename.from).path;
    Change("set(" + ReachOf(rename.to).path + ", " + from + ") where " + from + " != nil");
    Change("delete_key(log.body, " + OttlString(rename.from) + ")");
    return {};
  }

  Status Add(const logpipeline::Add& add) {
    if (Status status = CheckTopLevel("field", add.field); !status) return status;
    Change("set(" + ReachOf(add.field).path + ", " + OttlString(add.value) + ")");
    return {};
  }

  Status Add(const Sample& sample) {
    if (sample.percent >= 100) return {};
    // The first digits of a random UUID are all random; the body says whose condition it is.
    DropIf("log.body != nil and ParseInt(Substring(UUID(), 0, 4), 16) >= " +
           std::to_string(sample.percent * 65536 / 100));
    return {};
  }

  Reach ReachOf(const std::string& field) const {
    for (const ResourceField& known : kResourceFields) {
      if (known.field == field) {
        return {.path = "resource.attributes[" + OttlString(known.attribute) + "]"};
      }
    }
    if (flat_) return {.path = "log.body[" + OttlString(field) + "]"};
    Reach reach{.path = "log.body"};
    std::string_view rest = field;
    while (true) {
      const std::size_t dot = rest.find('.');
      reach.path += "[" + OttlString(rest.substr(0, dot)) + "]";
      if (dot == std::string_view::npos) return reach;
      reach.guard += (reach.guard.empty() ? "" : " and ") + ("IsMap(" + reach.path + ")");
      rest.remove_prefix(dot + 1);
    }
  }

  void Flatten() {
    flat_ = true;
    Change("flatten(log.body)");
  }

  void Change(std::string statement) {
    if (!conditions_.empty()) Flush();
    statements_.push_back(std::move(statement));
  }

  void DropIf(std::string condition) {
    if (!statements_.empty()) Flush();
    conditions_.push_back(std::move(condition));
  }

  // Makes a processor of what is of one kind and stands together.
  void Flush() {
    const std::string id = id_ + "-" + std::to_string(processors_.size());
    if (!statements_.empty()) {
      processors_.push_back(Transform(id, std::exchange(statements_, {})));
    } else if (!conditions_.empty()) {
      processors_.push_back(DropWhere(id, std::exchange(conditions_, {})));
    }
  }

  const std::string& id_;
  std::vector<Component> processors_;
  std::vector<std::string> statements_;  // of these two, one is empty
  std::vector<std::string> conditions_;
  std::vector<std::string> parsed_;  // fields that a filter has parsed
  bool flat_ = false;                // maps in the record have become dotted names
};

}  // namespace

std::span<const FilterSupport> FilterTable() {
  static constexpr FilterSupport kTable[] = {
      {"drop", "processor filter", ""},
      {"keep", "processor filter", ""},
      {"parse", "processor transform; a line that is not of the format stays as it is", ""},
      {"redact",
       "processor transform; after parse, in all texts of the record, whose maps then become "
       "fields with dotted names",
       "what Kubernetes says of a record"},
      {"throttle", "", "all of it: the collector has no limit of records per second"},
      {"rename", "processor transform", "fields below the top level"},
      {"add", "processor transform", "fields below the top level"},
      {"sample", "processor filter, at random", ""},
  };
  static_assert(std::size(kTable) == std::variant_size_v<Filter>);
  return kTable;
}

Result<std::vector<Component>> RenderFilters(const std::vector<Filter>& filters,
                                             const std::string& id) {
  if (filters.empty()) return std::vector<Component>{};
  Renderer renderer(id);
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const Status status = renderer.Render(filters[i]);
    if (status) continue;
    const std::string_view name = FilterTable()[filters[i].index()].filter;
    const bool of_member = std::holds_alternative<Throttle>(filters[i]);
    return Fail(status.error().code, "[" + std::to_string(i) + "]." + std::string(name) +
                                         (of_member ? ": " : ".") + status.error().message);
  }
  return renderer.Take();
}

Component Transform(std::string id, std::vector<std::string> statements) {
  return {.type = "transform",
          .id = std::move(id),
          .settings = {{"error_mode", "silent"}, {"log_statements", std::move(statements)}}};
}

Component DropWhere(std::string id, std::vector<std::string> conditions) {
  return {.type = "filter",
          .id = std::move(id),
          .settings = {{"error_mode", "silent"}, {"log_conditions", std::move(conditions)}}};
}

std::string RegexOf(std::string_view text) {
  std::string result = "^";
  for (const char c : text) {
    if (std::string_view(".^$*+?()[]{}|\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result + "$";
}

}  // namespace belvedere::logpipeline::otelcol
