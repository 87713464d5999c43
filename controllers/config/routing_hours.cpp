#include "controllers/config/routing_hours.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "controllers/config/time_zones.h"

namespace belvedere::config::routing {
namespace {

constexpr std::array<std::string_view, 7> kDays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                "Friday", "Saturday", "Sunday"};
// As Alertmanager spells them.
constexpr std::array<const char*, 7> kConfigDays{"monday", "tuesday",  "wednesday", "thursday",
                                                 "friday", "saturday", "sunday"};

tl::unexpected<Error> Bad(const std::string& field, const std::string& problem) {
  return Fail(ErrorCode::kInvalid, "businessHours." + field + ": " + problem);
}

std::optional<std::size_t> DayOf(std::string_view name) {
  const auto* found = std::ranges::find(kDays, name);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kDays.begin());
}

// Days from one to another, over the weekend if need be; empty: `text` names none.
std::set<std::size_t> DaysOf(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = DayOf(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : DayOf(text.substr(dash + 1));
  std::set<std::size_t> days;
  if (!first || !last) return days;
  for (std::size_t day = *first;; day = (day + 1) % kDays.size()) {
    days.insert(day);
    if (day == *last) return days;
  }
}

bool IsTime(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':') return false;
  if (!digit(0) || !digit(1) || !digit(3) || !digit(4)) return false;
  return text == "24:00" || (text.substr(0, 2) < "24" && text.substr(3) < "60");
}

Json Part(const std::string& from, const std::string& to, const std::set<std::size_t>& days,
          const std::string& zone) {
  Json names = Json::array();
  for (const std::size_t day : days) names.push_back(kConfigDays[day]);
  return {{"times", Json::array({{{"start_time", from}, {"end_time", to}}})},
          {"weekdays", std::move(names)},
          {"location", zone}};
}

}  // namespace

Status Check(const Hours& hours) {
  if (!IsTimeZone(hours.zone))
    return Bad("timeZone", "there is no time zone of that name; write one such as Asia/Seoul");
  if (hours.days.empty()) return Bad("days", "is missing: say which, such as Monday-Friday");
  for (const std::string& days : hours.days) {
    if (DaysOf(days).empty()) return Bad("days", "must be days such as Monday, or Monday-Friday");
  }
  if (!IsTime(hours.from) || hours.from == "24:00")
    return Bad("from", "must be a time of a day such as 09:00");
  if (!IsTime(hours.to)) return Bad("to", "must be a time of a day such as 18:00, at most 24:00");
  if (hours.from == hours.to) return Bad("to", "must differ from `from`");
  return {};
}

Json TimeInterval(const std::string& name, const Hours& hours) {
  std::set<std::size_t> days;
  for (const std::string& text : hours.days) days.merge(DaysOf(text));
  Json parts = Json::array();
  if (hours.from < hours.to) {
    parts.push_back(Part(hours.from, hours.to, days, hours.zone));
  } else {
    std::set<std::size_t> next;
    for (const std::size_t day : days) next.insert((day + 1) % kDays.size());
    parts.push_back(Part(hours.from, "24:00", days, hours.zone));
    if (hours.to != "00:00") parts.push_back(Part("00:00", hours.to, next, hours.zone));
  }
  return {{"name", name}, {"time_intervals", std::move(parts)}};
}

}  // namespace belvedere::config::routing
