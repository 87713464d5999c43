#include "operator/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "operator/base/clock.h"
#include "operator/base/json.h"

namespace belvedere::log {
namespace {

spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("belvedere",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::warn);
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void Write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  const auto target = ToSpdlog(level);
  if (!Logger().should_log(target)) return;
  nlohmann::ordered_json line;
  line["ts"] = FormatMicroTime(RealClock().WallNow());
  line["level"] = spdlog::level::to_string_view(target).data();
  line["msg"] = message;
  for (const auto& [name, value] : fields) line[std::string(name)] = value;
  // Text from elsewhere may hold broken UTF-8: it is replaced, for a log call must not throw.
  Logger().log(target, line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void SetLevel(Level level) { Logger().set_level(ToSpdlog(level)); }

void Flush() { Logger().flush(); }

}  // namespace belvedere::log
