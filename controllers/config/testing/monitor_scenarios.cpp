#include "controllers/config/testing/monitor_scenarios.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "controllers/config/promql/parser.h"

namespace belvedere::config::monitors::testing {
namespace {

using namespace std::chrono_literals;  // NOLINT: literals
using Values = std::function<std::optional<double>(int)>;

constexpr int kHour = 60;
constexpr int kDay = 24 * kHour;

// Between -1 and 1, the same in each run.
double Noise(int minute) {
  std::uint32_t bits = static_cast<std::uint32_t>(minute) * 2654435761U;
  bits ^= bits >> 15;
  bits *= 2246822519U;
  bits ^= bits >> 13;
  return static_cast<double>(bits % 20001) / 10000 - 1;
}

Values Around(double mean, double noise) {
  return [=](int minute) { return mean + noise * Noise(minute); };
}
Values Constant(double value) { return Around(value, 0); }

// `other` instead of `usual` from a minute on until another.
Values During(int from, int until, const Values& other, const Values& usual) {
  return
      [=](int minute) { return minute >= from && minute < until ? other(minute) : usual(minute); };
}
Values Nothing() {
  return [](int) { return std::nullopt; };
}
Values Counting(double a_minute) {
  return [=](int minute) { return a_minute * minute; };
}
Values Line(double start, double a_minute) {
  return [=](int minute) { return start + a_minute * minute; };
}
// High at night, every day the same.
Values Daily(double base, double height, double noise) {
  return [=](int minute) {
    const int hour = minute / kHour % 24;
    return base + (hour >= 2 && hour < 4 ? height : 0) + noise * Noise(minute);
  };
}

std::vector<Series> One(Values values) { return {{"value{job=\"shop\"}", std::move(values)}}; }

std::vector<Series> Peers(int count, const std::function<Values(int)>& make) {
  std::vector<Series> series;
  series.reserve(static_cast<std::size_t>(count));
  for (int peer = 0; peer < count; ++peer) {
    series.push_back({"value{job=\"shop\", pod=\"p" + std::to_string(peer) + "\"}", make(peer)});
  }
  return series;
}

void AddThresholds(std::vector<Scenario>& all) {
  const Monitor monitor =
      MonitorOf(Threshold{.value = ExprOf("value"), .level = 1000, .recovery = 600});
  const Values usual = Around(300, 100);
  const auto add = [&](const char* what, Values values, std::optional<Fault> fault) {
    all.push_back({"threshold", what, monitor, One(std::move(values)), 6 * kHour, fault});
  };
  add("rises to 1.5 times the level", During(2 * kHour, 3 * kHour, Around(1500, 100), usual),
      Fault{2 * kHour, 3 * kHour});
  add("rises, then stays between recovery level and level for an hour",
      During(2 * kHour, 3 * kHour, Around(1500, 100),
             During(3 * kHour, 4 * kHour, Around(800, 100), usual)),
      Fault{2 * kHour, 4 * kHour});
  add(
      "up and down around the level each minute",
      [](int minute) { return minute % 2 == 0 ? 950 : 1040; }, std::nullopt);
  add(
      "two minutes at ten times the level, each hour",
      [](int minute) { return minute % 60 < 2 ? 10000 : 300; }, std::nullopt);
  add("quiet: 0 all the time", Constant(0), std::nullopt);
  Monitor ratio = MonitorOf(Threshold{.value = ExprOf("errors / requests"), .level = 0.1});
  all.push_back(
      {"threshold",
       "quiet: a ratio of nothing to nothing (NaN), and of one to nothing",
       ratio,
       {{"errors", [](int minute) { return minute % 90 < 30 ? 1 : 0; }}, {"requests", Constant(0)}},
       6 * kHour,
       std::nullopt});
}

void AddAbsent(std::vector<Scenario>& all) {
  const auto add = [&](const char* what, Values up, std::optional<Fault> fault) {
    all.push_back({"absent",
                   what,
                   MonitorOf(Absent{.job = "shop"}),
                   {{"up{job=\"shop\", instance=\"a\"}", std::move(up)},
                    {"up{job=\"other\", instance=\"b\"}", Constant(1)}},
                   4 * kHour,
                   fault});
  };
  const Fault fault{2 * kHour, 3 * kHour};
  add("the only target is down", During(fault.from, fault.until, Constant(0), Constant(1)), fault);
  add("the only target is not known any more",
      During(fault.from, fault.until, Nothing(), Constant(1)), fault);
  add(
      "a restart of five minutes, each hour", [](int minute) { return minute % 60 < 5 ? 0 : 1; },
      std::nullopt);
  const auto series = [&](const char* what, Values values, Values up, std::optional<Fault> of) {
    promql::Selector selector{.name = "value"};
    selector.matchers.push_back({.label = "job", .value = "shop"});
    all.push_back({"absent",
                   what,
                   MonitorOf(Absent{.job = "shop", .series = selector}),
                   {{"up{job=\"shop\", instance=\"a\"}", std::move(up)},
                    {"value{job=\"shop\"}", std::move(values)}},
                   4 * kHour,
                   of});
  };
  series("series are gone, the target is up",
         During(fault.from, fault.until, Nothing(), Constant(5)), Constant(1), fault);
  series("series are gone with their target",
         During(fault.from, fault.until, Nothing(), Constant(5)),
         During(fault.from, fault.until, Constant(0), Constant(1)), std::nullopt);
  series("quiet: a counter that stands still", Constant(5), Constant(1), std::nullopt);
  series("quiet: a counter that was never there", Nothing(), Constant(1), std::nullopt);
}

void AddForecasts(std::vector<Scenario>& all) {
  const Monitor monitor =
      MonitorOf(Forecast{.value = ExprOf("free"), .of = ExprOf("size"), .limit = 0, .guard = 0.4});
  const auto add = [&](const char* what, Values free, std::optional<Fault> fault) {
    all.push_back({"forecast",
                   what,
                   monitor,
                   {{"free", std::move(free)}, {"size", Constant(1000)}},
                   24 * kHour,
                   fault});
  };
  const auto since = [](int start, const Values& values) {
    return [=](int minute) { return values(minute - start); };
  };
  add("a third full, then a leak that fills it within 16 hours",
      During(8 * kHour, 24 * kHour, since(8 * kHour, Line(350, -0.35)), Around(350, 1)),
      Fault{8 * kHour, 24 * kHour});
  add("90 % free and falling quickly; ends at 42 %",
      During(0, 16 * kHour, Line(900, -0.5), Constant(420)), std::nullopt);
  add("30 % free and falling slowly: full in 10 days", Line(300, -0.02), std::nullopt);
  add("one big write, from 39 % to 20 %", During(0, 12 * kHour, Around(390, 1), Around(200, 1)),
      std::nullopt);
  add(
      "fills and is cleaned up each two hours",
      [](int minute) { return 300 - 1.0 * (minute % 120); }, std::nullopt);
  add("quiet: nothing is written", Constant(200), std::nullopt);
  add("three hours old, and falling",
      During(0, 21 * kHour, Nothing(), since(21 * kHour, Line(350, -0.5))), std::nullopt);
}

void AddAnomalies(std::vector<Scenario>& all) {
  const auto add = [&](const char* what, Anomaly anomaly, Values values, int minutes,
                       std::optional<Fault> fault) {
    const bool robust = anomaly.method == Anomaly::Method::kRobust;
    all.push_back({robust ? "anomaly, robust" : "anomaly, seasonal", what,
                   MonitorOf(std::move(anomaly)), One(std::move(values)), minutes, fault});
    if (!robust) all.back().step = 10;
  };
  const Anomaly robust{.value = ExprOf("value")};
  const int day = kDay;
  const Values usual = Around(100, 20);
  const Fault fault{20 * kHour, 22 * kHour};
  add("rises to three times as much", robust,
      During(fault.from, fault.until, Around(300, 20), usual), day, fault);
  add("falls to nothing", robust, During(fault.from, fault.until, Constant(0), usual), day, fault);
  add("rises to three times as much, seven hours after an hour at fifty times as much", robust,
      During(12 * kHour, 13 * kHour, Around(5000, 20),
             During(fault.from, fault.until, Around(300, 20), usual)),
      day, fault);
  all.back().watched_from = 16 * kHour;
  add("noise of 20 %", robust, usual, day, std::nullopt);
  add("steady, then 0.5 % more", robust, During(0, fault.from, Constant(100), Constant(100.5)), day,
      std::nullopt);
  add(
      "five minutes at ten times as much, each six hours", robust,
      [=](int minute) { return minute % 360 < 5 ? 1000 : usual(minute); }, day, std::nullopt);
  add(
      "quiet: 0, and half an hour of something each six hours", robust,
      [](int minute) { return minute % 360 < 30 ? 10 : 0; }, day, std::nullopt);
  add("two hours old, then three times as much", robust,
      During(0, 18 * kHour, Nothing(), During(fault.from, fault.until, Constant(300), usual)), day,
      std::nullopt);
  Anomaly seasonal = robust;
  seasonal.method = Anomaly::Method::kSeasonal;
  const int weeks = 22 * kDay;
  const Values nightly = Daily(100, 400, 20);
  const Fault late{weeks - 10 * kHour, weeks - 8 * kHour};
  add("high at night; one night nothing happens", seasonal,
      During(weeks - 22 * kHour, weeks - 20 * kHour, Around(100, 20), nightly), weeks,
      Fault{weeks - 22 * kHour, weeks - 20 * kHour});
  add("high at night; by day three times as much", seasonal,
      During(late.from, late.until, Around(300, 20), nightly), weeks, late);
  add("high at night", seasonal, nightly, weeks, std::nullopt);
  add("quiet: 0 all the time", seasonal, Constant(0), weeks, std::nullopt);
}

void AddOutliers(std::vector<Scenario>& all) {
  const Monitor monitor =
      MonitorOf(Outlier{.value = ExprOf("value"), .among = {"job"}, .by = {"pod"}});
  const auto add = [&](const char* what, int peers, const std::function<Values(int)>& make,
                       std::optional<Fault> fault) {
    all.push_back({"outlier", what, monitor, Peers(peers, make), 5 * kHour, fault});
  };
  const Fault fault{2 * kHour, 3 * kHour};
  const auto usual = [](int peer) {
    return [=](int minute) { return 100 + 10 * Noise(minute * 31 + peer); };
  };
  const auto bad = [&](int count, double value) {
    return [=](int peer) -> Values {
      if (peer >= count) return usual(peer);
      return During(fault.from, fault.until, Around(value, 10), usual(peer));
    };
  };
  add("one of eight takes twice as long", 8, bad(1, 200), fault);
  add("two of eight take twice as long", 8, bad(2, 200), fault);
  add("four of eight take twice as long: nobody is the outlier", 8, bad(4, 200), std::nullopt);
  add("noise of 10 %", 8, usual, std::nullopt);
  add(
      "steady, one of eight is 5 % off", 8,
      [](int peer) { return Constant(peer == 0 ? 105 : 100); }, std::nullopt);
  add("one of three takes twice as long: too few to say", 3, bad(1, 200), std::nullopt);
  add(
      "five minutes at a hundred times as much, each hour", 8,
      [&](int peer) -> Values {
        return
            [=](int minute) { return peer == 0 && minute % 60 < 5 ? 10000 : usual(peer)(minute); };
      },
      std::nullopt);
  add(
      "quiet: one of eight does all the work", 8,
      [](int peer) { return Constant(peer == 0 ? 10 : 0); }, std::nullopt);
}

void AddChanges(std::vector<Scenario>& all) {
  const auto add = [&](const char* what, Change change, Values values, std::optional<Fault> fault) {
    all.push_back(
        {"change", what, MonitorOf(std::move(change)), One(std::move(values)), 8 * kHour, fault});
  };
  const Change halves{.value = ExprOf("value"), .direction = Direction::kDown, .by = 0.5};
  const Values usual = Around(100, 20);
  const Fault fault{4 * kHour, 5 * kHour};
  add("falls to a quarter", halves, During(fault.from, fault.until, Around(25, 5), usual), fault);
  add("noise of 20 %", halves, usual, std::nullopt);
  add(
      "falls to nothing for four minutes, each hour", halves,
      [=](int minute) { return minute % 60 < 4 ? 0 : usual(minute); }, std::nullopt);
  add("quiet: 0 all the time", halves, Constant(0), std::nullopt);
  Change doubles = halves;
  doubles.direction = Direction::kUp;
  doubles.by = 1;
  add("rises to three times as much", doubles,
      During(fault.from, fault.until, Around(300, 20), usual), fault);
  add("quiet: 0, then something", doubles, During(0, 4 * kHour, Constant(0), Constant(5)),
      std::nullopt);
}

void AddConditions(std::vector<Scenario>& all) {
  const Monitor monitor = MonitorOf(Condition{ExprOf("rate(errors[5m]) / rate(all[5m]) > 0.05")});
  const Fault fault{2 * kHour, 3 * kHour};
  const auto add = [&](const char* what, Values errors, Values requests, std::optional<Fault> of) {
    all.push_back({"expr",
                   what,
                   monitor,
                   {{"errors", std::move(errors)}, {"all", std::move(requests)}},
                   4 * kHour,
                   of});
  };
  add(
      "a tenth of all requests fails",
      [=](int minute) {
        return 6.0 * (minute < fault.from ? 0 : std::min(minute, fault.until) - fault.from);
      },
      Counting(60), fault);
  add("no errors", Constant(0), Counting(60), std::nullopt);
  add("quiet: no requests (NaN)", Constant(3), Constant(100), std::nullopt);
  add("no series at all", Nothing(), Nothing(), std::nullopt);
}

void AddNoData(std::vector<Scenario>& all) {
  const Fault fault{2 * kHour, 3 * kHour};
  const auto add = [&](const char* what, const char* value, std::vector<Series> series,
                       std::optional<Fault> of) {
    all.push_back({"no data", what, MonitorOf(Threshold{.value = ExprOf(value), .level = 1000}),
                   std::move(series), 4 * kHour, of});
    all.back().alerts = "alertname=\"MonitorNoData\"";
  };
  const Values gone = During(fault.from, fault.until, Nothing(), Constant(5));
  add("the only series is gone", "value", One(gone), fault);
  add("one of two series is gone", "value",
      {{"value{pod=\"a\"}", gone}, {"value{pod=\"b\"}", Constant(5)}}, std::nullopt);
  add("a gap of ten minutes", "value",
      One(During(fault.from, fault.from + 10, Nothing(), Constant(5))), std::nullopt);
  add("quiet: a ratio of nothing to nothing (NaN)", "value / all",
      {{"value", During(fault.from, fault.until, Constant(0), Constant(5))},
       {"all", During(fault.from, fault.until, Constant(0), Constant(5))}},
      std::nullopt);
  add("never there", "value", {}, std::nullopt);
}

}  // namespace

promql::Expr ExprOf(const std::string& text) { return *promql::Parse(text); }

Monitor MonitorOf(Kind kind) {
  return {.identity = {{"policy_namespace", "ns"}, {"policy_name", "p"}, {"entry", "e"}},
          .alert_labels = {{"owner", "team"}},
          .kind = std::move(kind)};
}

std::vector<Scenario> Scenarios() {
  std::vector<Scenario> all;
  AddThresholds(all);
  AddAbsent(all);
  AddForecasts(all);
  AddAnomalies(all);
  AddOutliers(all);
  AddChanges(all);
  AddConditions(all);
  AddNoData(all);
  return all;
}

std::string PageOf(const Scenario& scenario) {
  std::string page = scenario.kind.substr(0, scenario.kind.find(','));
  std::ranges::replace(page, ' ', '-');
  return page + ".md";
}

std::string TextOfPage(const std::string& page) {
  std::stringstream text;
  text << std::ifstream(std::filesystem::path(__FILE__).parent_path() / "../../../docs/monitors" /
                        page)
              .rdbuf();
  return text.str();
}

}  // namespace belvedere::config::monitors::testing
