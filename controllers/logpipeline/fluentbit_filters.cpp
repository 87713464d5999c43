#include "controllers/logpipeline/fluentbit_filters.h"

#include <algorithm>

#include "controllers/logpipeline/fluentbit_lua.h"
#include "operator/base/hash.h"

namespace belvedere::logpipeline::fluentbit {
namespace {

using config::fluentbit::Property;
using config::fluentbit::Set;
using config::fluentbit::SetList;
using config::fluentbit::Toggle;

Section Modify(const FilterContext& context, std::vector<Property> rules) {
  Section section{.name = "modify", .properties = {Set("match", context.match)}};
  for (Property& rule : rules) section.properties.push_back(std::move(rule));
  return section;
}

Section Lua(const FilterContext& context, std::string program) {
  return {.name = "lua",
          .properties = {Set("match", context.match), Set("call", kLuaFunction),
                         Set("code", std::move(program))}};
}

Status CheckTopLevel(const std::string& member, const std::string& field) {
  if (field.find('.') == std::string::npos) return {};
  return Fail(ErrorCode::kInvalid, member + ": Fluent Bit changes fields of the top level only");
}

// Its record accessors begin with a name of letters, digits and _; what is below may be quoted.
Status CheckAccessor(const std::string& field) {
  if (field.substr(0, field.find('.')).find('-') == std::string::npos) return {};
  return Fail(ErrorCode::kInvalid,
              "field: Fluent Bit finds no field of the top level with - in its name; rename it "
              "first");
}

class Renderer {
 public:
  explicit Renderer(const FilterContext& context) : context_(context) {}

  Status Render(const Filter& filter) {
    return std::visit([this](const auto& one) { return Add(one); }, filter);
  }
  RenderedFilters Take() { return std::move(result_); }

 private:
  Status Add(const Drop& drop) { return Grep("exclude", drop.field, drop.regex); }
  Status Add(const Keep& keep) { return Grep("regex", keep.field, keep.regex); }

  Status Grep(const char* key, const std::string& field, const std::string& regex) {
    if (Status status = CheckAccessor(field); !status) return status;
    result_.filters.push_back(
        {.name = "grep",
         .properties = {Set("match", context_.match), SetList(key, {GrepRule(field, regex)})}});
    return {};
  }

  Status Add(const Parse& parse) {
    if (Status status = CheckTopLevel("field", parse.field); !status) return status;
    const std::string name = AddParser(parse);
    const std::string guard = context_.guard;
    // A line may say that it belongs to another pod: what is parsed never becomes metadata.
    result_.filters.push_back(Modify(context_, {SetList("Hard_rename", {"kubernetes " + guard})}));
    result_.filters.push_back(
        {.name = "parser",
         .properties = {Set("match", context_.match), Set("key_name", parse.field),
                        SetList("parser", {name}), Set("reserve_data", Toggle::kOn),
                        Set("preserve_key", Toggle::kOn)}});
    result_.filters.push_back(Modify(context_, {SetList("Remove", {"kubernetes"})}));
    result_.filters.push_back(Modify(context_, {SetList("Hard_rename", {guard + " kubernetes"})}));
    parsed_.push_back(parse.field);
    return {};
  }

  // Parsers are shared by all pipelines, so the name says all that a parser is.
  std::string AddParser(const Parse& parse) {
    const char* format = parse.format == Format::kJson     ? "json"
                         : parse.format == Format::kLogfmt ? "logfmt"
                                                           : "regex";
    Section parser{.name = std::string("belvedere-") + format,
                   .properties = {Set("format", format)}};
    if (parse.format == Format::kRegex) {
      parser.name += "-" + ShortHash(parse.regex);
      parser.properties.push_back(Set("regex", "(?:" + parse.regex + ")"));
    }
    result_.parsers.push_back(parser);
    return parser.name;
  }

  Status Add(const Redact& redact) {
    if (Status status = CheckTopLevel("field", redact.field); !status) return status;
    const bool parsed = std::ranges::find(parsed_, redact.field) != parsed_.end();
    const Result<std::string> program =
        RedactProgram({.field = redact.field,
                       .regex = redact.regex,
                       .replacement = redact.replacement,
                       .depth = parsed ? Depth::kRecord : Depth::kField});
    if (!program) {
      return Fail(ErrorCode::kInvalid,
                  "regex: Fluent Bit cannot redact by it: " + program.error().message);
    }
    result_.filters.push_back(Lua(context_, *program));
    return {};
  }

  Status Add(const Throttle& throttle) {
    result_.filters.push_back(
        Lua(context_, ThrottleProgram(throttle.records_per_second, throttle.per)));
    return {};
  }

  Status Add(const Rename& rename) {
    if (Status status = CheckTopLevel("from", rename.from); !status) return status;
    if (Status status = CheckTopLevel("to", rename.to); !status) return status;
    result_.filters.push_back(Modify(
        context_, {SetList("Hard_rename", {Quoted(rename.from) + " " + Quoted(rename.to)})}));
    return {};
  }

  Status Add(const logpipeline::Add& add) {
    if (Status status = CheckTopLevel("field", add.field); !status) return status;
    result_.filters.push_back(
        Modify(context_, {SetList("Set", {Quoted(add.field) + " " + Quoted(add.value)})}));
    return {};
  }

  Status Add(const Sample& sample) {
    result_.filters.push_back(Lua(context_, SampleProgram(sample.percent)));
    return {};
  }

  const FilterContext& context_;
  RenderedFilters result_;
  std::vector<std::string> parsed_;  // fields that a filter has parsed
};

}  // namespace

std::span<const FilterSupport> FilterTable() {
  static constexpr FilterSupport kTable[] = {
      {"drop", "plugin grep", "fields of the top level with - in their names"},
      {"keep", "plugin grep", "fields of the top level with - in their names"},
      {"parse", "plugin parser; what is parsed never becomes metadata of Kubernetes",
       "fields below the top level"},
      {"redact", "a Lua program of ours; after parse, in all fields that were made of the field",
       "groups, lazy repetitions, \\b that is not beside a word character, more than three of * "
       "and +, fields below the top level"},
      {"throttle", "a Lua program of ours, which counts whole seconds", ""},
      {"rename", "plugin modify", "fields below the top level"},
      {"add", "plugin modify", "fields below the top level"},
      {"sample", "a Lua program of ours, evenly spread", ""},
  };
  static_assert(std::size(kTable) == std::variant_size_v<Filter>);
  return kTable;
}

Result<RenderedFilters> RenderFilters(const std::vector<Filter>& filters,
                                      const FilterContext& context) {
  Renderer renderer(context);
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const Status status = renderer.Render(filters[i]);
    if (!status) {
      return Fail(status.error().code, "[" + std::to_string(i) + "]." +
                                           std::string(FilterTable()[filters[i].index()].filter) +
                                           "." + status.error().message);
    }
  }
  return renderer.Take();
}

std::string Accessor(std::string_view field) {
  std::string path = "$" + std::string(field.substr(0, field.find('.')));
  while (field.find('.') != std::string_view::npos) {
    field.remove_prefix(field.find('.') + 1);
    path += "['" + std::string(field.substr(0, field.find('.'))) + "']";
  }
  return path;
}

std::string GrepRule(const std::string& field, const std::string& regex) {
  // In a group, since blanks at the ends are cut off and slashes at the ends mean options.
  return Accessor(field) + " (?:" + regex + ")";
}

std::string Quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string RegexOf(std::string_view text) {
  std::string result = "^";
  for (const char c : text) {
    if (std::string_view(".^$*+?()[]{}|\\/-").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result + "$";
}

}  // namespace belvedere::logpipeline::fluentbit
