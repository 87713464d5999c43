#include "controllers/config/receivers.h"

#include <gtest/gtest.h>

#include "controllers/config/testing/routing_models.h"

namespace belvedere::config::receivers {
namespace {

using routing::testing::Complete;
using routing::testing::Slack;

std::string ProblemOf(const Integration& integration) {
  const Result<Json> made = ToConfig(integration, Messages::kOurs);
  return made ? "" : made.error().message;
}

TEST(Receivers, BecomeEntriesOfTheirKind) {
  EXPECT_EQ(
      *ToConfig(Slack("#shop"), Messages::kAlertmanager),
      Json(
          {{"api_url_file", "/etc/secrets/slack"}, {"channel", "#shop"}, {"send_resolved", true}}));
  const Json ours = *ToConfig(Slack("#shop"), Messages::kOurs);
  EXPECT_EQ(ours["title"], "{{ template \"belvedere.title\" . }}");
  const Integration jsm{
      .kind = "opsgenie",
      .fields = {
          {"apiKeyRef", SecretFile{"/etc/secrets/key"}}, {"team", "platform"}, {"product", "JSM"}}};
  EXPECT_EQ(*ToConfig(jsm, Messages::kAlertmanager),
            Json({{"api_key_file", "/etc/secrets/key"},
                  {"api_url", "https://api.atlassian.com/jsm/ops/integration/"},
                  {"responders", Json::array({{{"name", "platform"}, {"type", "team"}}})},
                  {"send_resolved", true}}));
  const Integration webex{.kind = "webex",
                          .fields = {{"tokenRef", SecretFile{"/etc/secrets/t"}}, {"room", "r"}}};
  EXPECT_EQ((*ToConfig(webex, Messages::kOurs))["http_config"]["authorization"],
            Json({{"credentials_file", "/etc/secrets/t"}}));
}

// No field puts a secret into the config: those that hold one are paths.
TEST(Receivers, SecretsAreFiles) {
  for (const Kind& kind : Kinds()) {
    for (const Field& field : kind.fields) {
      const bool secret = field.type == Field::Type::kSecret;
      const bool refused = field.type == Field::Type::kRefused;
      EXPECT_EQ(field.name.ends_with("Ref"), secret || refused) << kind.name << field.name;
      EXPECT_EQ(field.key.ends_with("_file"), secret) << kind.name << field.key;
    }
  }
}

// Files that Alertmanager reads when it loads its config: where one is missing, nobody is notified
// any more (notify/incidentio of 0.31).
TEST(Receivers, AMissingSecretHurtsNobodyElse) {
  for (const Kind& kind : Kinds()) {
    for (const Field& field : kind.fields) {
      EXPECT_NE(field.key, "alert_source_token_file") << kind.name;
    }
  }
}

TEST(Receivers, WhatAlertmanagerWouldRefuseIsRefusedHere) {
  Integration slack = Slack("#shop");
  slack.fields["tokenRef"] = SecretFile{"/etc/secrets/token"};
  EXPECT_EQ(ProblemOf(slack), "slack: needs exactly one of webhookRef, tokenRef");
  slack = Slack("#shop");
  slack.fields.erase("channel");
  EXPECT_EQ(ProblemOf(slack), "slack.channel: is missing");
  slack.fields["colour"] = "red";
  EXPECT_EQ(ProblemOf(slack), "slack.colour: there is no such field");
  EXPECT_EQ(ProblemOf({.kind = "carrier-pigeon"}),
            "carrier-pigeon: there is no such kind of receiver");

  Integration sns = Complete(*FindKind("sns"), 0);
  EXPECT_EQ(ProblemOf(sns), "");
  sns.fields["secretKeyRef"] = SecretFile{"/etc/secrets/key"};
  EXPECT_EQ(ProblemOf(sns),
            "sns.secretKeyRef: Alertmanager reads no secret key from a file; give its pods a role "
            "instead");
}

TEST(Receivers, TextsAreData) {
  for (const char* bad : {"{{ .Labels }}", "a{{", "${HOME}", "a\nb", "", "\x01", "\xff"}) {
    EXPECT_FALSE(ToConfig(Slack(bad), Messages::kOurs)) << bad;
  }
  EXPECT_FALSE(ToConfig(Slack(std::string(1025, 'x')), Messages::kOurs));
  for (const char* good : {"#shop", "a: b", "}}", "100 % & <b>", "\"'\\", "caf\u00e9"}) {
    EXPECT_TRUE(ToConfig(Slack(good), Messages::kOurs)) << good;
  }
  for (const char* bad : {"etc/x", "/a/../b", "", "/a b", "/a\n", "/${x}"}) {
    EXPECT_FALSE(
        ToConfig({.kind = "webhook", .fields = {{"urlRef", SecretFile{bad}}}}, Messages::kOurs))
        << bad;
  }
}

TEST(Receivers, UrlsArePlain) {
  const auto accepts = [](const char* url) {
    return ToConfig({.kind = "webhook", .fields = {{"url", url}}}, Messages::kOurs).has_value();
  };
  for (const char* good :
       {"https://a.example", "http://10.0.0.1:8080/x/y?z=1&a=b", "https://a.example/@team/~x"}) {
    EXPECT_TRUE(accepts(good)) << good;
  }
  for (const char* bad :
       {"a.example", "ftp://a", "https://", "https://user:pw@a.example", "https://a.example:0",
        "https://a.example:99999", "https://a.example:x", "https://a b", "https://a/%zz",
        "https://a/\"", "javascript:alert(1)", "https://a.example\\x", "file:///etc/passwd"}) {
    EXPECT_FALSE(accepts(bad)) << bad;
  }
}

}  // namespace
}  // namespace belvedere::config::receivers
