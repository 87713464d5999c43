#include "controllers/config/grafana.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

// Where Grafana itself cannot be asked, its config is held against a schema: the names and types of
// all that we write, from conf/defaults.ini and pkg/services/provisioning of Grafana 13.
namespace belvedere::config {
namespace {

using monitoringstack::Dashboards;

enum class Type { kBool, kInteger, kText };

struct Setting {
  std::string_view section;
  std::string_view key;
  Type type;
};

constexpr std::array<Setting, 22> kSettings{{
    {"analytics", "check_for_plugin_updates", Type::kBool},
    {"analytics", "check_for_updates", Type::kBool},
    {"analytics", "feedback_links_enabled", Type::kBool},
    {"analytics", "reporting_enabled", Type::kBool},
    {"auth.anonymous", "enabled", Type::kBool},
    {"log", "level", Type::kText},
    {"log", "mode", Type::kText},
    {"log.console", "format", Type::kText},
    {"news", "news_feed_enabled", Type::kBool},
    {"paths", "data", Type::kText},
    {"paths", "plugins", Type::kText},
    {"paths", "provisioning", Type::kText},
    {"plugins", "plugin_admin_enabled", Type::kBool},
    {"plugins", "preinstall_disabled", Type::kBool},
    {"security", "admin_password", Type::kText},
    {"security", "admin_user", Type::kText},
    {"security", "disable_gravatar", Type::kBool},
    {"server", "http_port", Type::kInteger},
    {"snapshots", "external_enabled", Type::kBool},
    {"unified_alerting", "execute_alerts", Type::kBool},
    {"users", "allow_sign_up", Type::kBool},
    {"users", "home_page", Type::kText},
}};

// A text may also come from a file.
bool Is(const ini::Value& value, Type type) {
  switch (type) {
    case Type::kBool:
      return std::holds_alternative<bool>(value);
    case Type::kInteger:
      return std::holds_alternative<std::int64_t>(value);
    case Type::kText:
      return std::holds_alternative<std::string>(value) ||
             std::holds_alternative<ini::FromFile>(value);
  }
  return false;
}

const Setting* Find(const std::string& section, const std::string& key) {
  const auto matches = [&](const Setting& setting) {
    return setting.section == section && setting.key == key;
  };
  const auto found = std::ranges::find_if(kSettings, matches);
  return found == kSettings.end() ? nullptr : &*found;
}

std::vector<Dashboards> Variants() {
  Dashboards plain;
  Dashboards whole;
  whole.own_label = {"k", "v"};
  return {plain, whole};
}

TEST(GrafanaIni, HoldsOnlySettingsThatGrafanaHas) {
  std::set<std::string> used;
  const ini::Document document = GrafanaIni();
  ASSERT_TRUE(ini::ToIni(document).has_value());
  for (const auto& [section, settings] : document) {
    for (const auto& [key, value] : settings) {
      const Setting* setting = Find(section, key);
      ASSERT_NE(setting, nullptr) << section << " " << key;
      EXPECT_TRUE(Is(value, setting->type)) << section << " " << key;
      used.insert(section + " " + key);
    }
  }
  EXPECT_EQ(used.size(), kSettings.size()) << "the schema has more";
}

using Fields = std::map<std::string, Json::value_t>;

void ExpectFields(const Json& object, const Fields& fields) {
  for (const auto& [key, value] : object.items()) {
    const auto found = fields.find(key);
    ASSERT_NE(found, fields.end()) << key;
    const Json::value_t type = value.is_number() ? Json::value_t::number_integer : value.type();
    EXPECT_EQ(type, found->second) << key;
  }
}

TEST(GrafanaDataSources, HaveFieldsThatGrafanaReads) {
  const Json file = GrafanaDataSources({.prometheus = "p", .alertmanager = "a", .loki = "l"});
  ExpectFields(file, {{"apiVersion", Json::value_t::number_integer},
                      {"prune", Json::value_t::boolean},
                      {"datasources", Json::value_t::array}});
  std::set<std::string> uids;
  int defaults = 0;
  for (const Json& source : file["datasources"]) {
    ExpectFields(source, {{"uid", Json::value_t::string},
                          {"name", Json::value_t::string},
                          {"type", Json::value_t::string},
                          {"url", Json::value_t::string},
                          {"access", Json::value_t::string},
                          {"orgId", Json::value_t::number_integer},
                          {"editable", Json::value_t::boolean},
                          {"isDefault", Json::value_t::boolean},
                          {"jsonData", Json::value_t::object},
                          {"secureJsonData", Json::value_t::object}});
    EXPECT_TRUE(uids.insert(source["uid"]).second);
    defaults += source.value("isDefault", false) ? 1 : 0;
    EXPECT_EQ(source["access"], "proxy");  // never from the browser of who looks
  }
  EXPECT_EQ(uids, (std::set<std::string>{"alertmanager", "loki", "prometheus"}));
  EXPECT_EQ(defaults, 1);
}

TEST(GrafanaProviders, HaveFieldsThatGrafanaReads) {
  for (const Dashboards& dashboards : Variants()) {
    const Json file = GrafanaProviders(dashboards);
    ExpectFields(
        file, {{"apiVersion", Json::value_t::number_integer}, {"providers", Json::value_t::array}});
    EXPECT_EQ(file["providers"].size(), dashboards.own_label ? 2U : 1U);
    for (const Json& provider : file["providers"]) {
      ExpectFields(provider, {{"name", Json::value_t::string},
                              {"orgId", Json::value_t::number_integer},
                              {"folder", Json::value_t::string},
                              {"type", Json::value_t::string},
                              {"allowUiUpdates", Json::value_t::boolean},
                              {"updateIntervalSeconds", Json::value_t::number_integer},
                              {"options", Json::value_t::object}});
    }
  }
}

}  // namespace
}  // namespace belvedere::config
