#include "controllers/operands/images.h"

#include <gtest/gtest.h>

#include <regex>
#include <stdexcept>

namespace belvedere::operands {
namespace {

TEST(ImageTable, NamesAVersionForEachImage) {
  const ImageTable table;
  for (const auto& [name, reference] : table.all()) {
    EXPECT_TRUE(std::regex_search(reference, std::regex(":v?[0-9]+[.][0-9]+"))) << reference;
    EXPECT_EQ(VersionProblem(name, reference), std::nullopt) << reference;
  }
  EXPECT_THROW(static_cast<void>(table.Of("nothing")), std::out_of_range);
}

TEST(ImageTable, TakesOverridesByName) {
  const auto table = ImageTable::FromOverrides(
      {{"prometheus", "registry.local:5000/x/prom:v3.12.0@sha256:" + std::string(64, 'a')}});
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->Of(kPrometheusImage),
            "registry.local:5000/x/prom:v3.12.0@sha256:" + std::string(64, 'a'));
  EXPECT_EQ(table->Of(kAgentImage), ImageTable().Of(kAgentImage));
}

TEST(ImageTable, MovesAllToAnotherRegistry) {
  const auto table = ImageTable::FromOverrides(
      {{"registry", "registry.local:5000/mirror"}, {"agent", "other.local/agent:v1"}});
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->Of(kPrometheusImage),
            "registry.local:5000/mirror/prometheus/prometheus:v3.14.0");
  EXPECT_EQ(table->Of(kAgentImage), "other.local/agent:v1");
}

TEST(ImageTable, RefusesWhatItDoesNotUnderstand) {
  for (const Json& bad :
       {Json{{"prometeus", "a/b:v1"}}, Json{{"prometheus", "a b"}}, Json{{"prometheus", ""}},
        Json{{"prometheus", 1}}, Json{{"registry", "http://x"}}, Json(Json::array())}) {
    const auto table = ImageTable::FromOverrides(bad);
    ASSERT_FALSE(table.has_value()) << bad;
    EXPECT_EQ(table.error().code, ErrorCode::kInvalid);
  }
  EXPECT_TRUE(ImageTable::FromOverrides(nullptr).has_value());
}

TEST(VersionProblem, FindsVersionsThatAreTooOldOrBad) {
  EXPECT_NE(VersionProblem(kPrometheusImage, "q/p:v2.53.0"), std::nullopt);
  EXPECT_NE(VersionProblem(kPrometheusImage, "q/p:v3.11.2"), std::nullopt);
  EXPECT_EQ(VersionProblem(kPrometheusImage, "q/p:v3.11.3"), std::nullopt);
  EXPECT_NE(VersionProblem(kPrometheusImage, "q/p:3.13.0-distroless"), std::nullopt);
  EXPECT_EQ(VersionProblem(kPrometheusImage, "q/p:v3.13.1"), std::nullopt);
  EXPECT_NE(VersionProblem(kAlertmanagerImage, "q/a:v0.27.0@sha256:" + std::string(64, '0')),
            std::nullopt);
}

TEST(VersionProblem, LeavesAloneWhatIsNoVersion) {
  for (const char* reference : {"q/p", "q/p:latest", "r.local:5000/p", "q/p:v3", "q/p:v3.x.1",
                                "q/p@sha256:00", "q/p:v99999999999999.0.0"}) {
    EXPECT_EQ(VersionProblem(kPrometheusImage, reference), std::nullopt) << reference;
  }
}

}  // namespace
}  // namespace belvedere::operands
