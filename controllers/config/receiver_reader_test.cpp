#include "controllers/config/receiver_reader.h"

#include <gtest/gtest.h>

#include <set>

#include "controllers/config/yaml.h"

namespace belvedere::config::receivers {
namespace {

struct ReadResult {
  std::vector<Integration> integrations;
  std::set<SecretRef> secrets;
  FieldReader::Problems problems;
};

ReadResult ReadYaml(const std::string& text) {
  ReadResult result;
  const Json object = *ParseYaml(text);
  FieldReader reader(object, "spec.notify[0]", result.problems);
  result.integrations = Read(reader, [&](const SecretRef& ref) {
    result.secrets.insert(ref);
    return "/etc/secrets/" + ref.name + "/" + ref.key;
  });
  return result;
}

TEST(ReceiverReader, ReadsWhatCustomResourcesSay) {
  const ReadResult jsm = ReadYaml(
      "opsgenie: {apiKeyRef: {name: opsgenie, key: api-key}, team: platform, product: JSM}");
  EXPECT_TRUE(jsm.problems.empty());
  EXPECT_EQ(jsm.integrations,
            std::vector{
                (Integration{.kind = "opsgenie",
                             .fields = {{"apiKeyRef", SecretFile{"/etc/secrets/opsgenie/api-key"}},
                                        {"team", "platform"},
                                        {"product", "JSM"}}})});
  EXPECT_EQ(jsm.secrets, (std::set<SecretRef>{{"opsgenie", "api-key"}}));

  const ReadResult two = ReadYaml(
      "pagerduty: {routingKeyRef: {name: pd, key: k}}\n"
      "telegram: {tokenRef: {name: tg, key: t}, chat: -100123}");
  EXPECT_TRUE(two.problems.empty());
  ASSERT_EQ(two.integrations.size(), 2U);
  EXPECT_EQ(two.integrations[1].fields.at("chat"), Value(std::int64_t{-100123}));
}

TEST(ReceiverReader, NamesTheFieldThatIsWrong) {
  const auto problems = [](const char* text) { return ReadYaml(text).problems; };
  EXPECT_EQ(problems("slack: {webhookRef: {name: slack, key: url}}"),
            FieldReader::Problems{"spec.notify[0]: slack.channel: is missing"});
  EXPECT_EQ(problems("webhook: {urlRef: {name: a, key: b}, color: red}").size(), 1U);
  EXPECT_FALSE(problems("webhook: {urlRef: {name: a}}").empty());
  EXPECT_FALSE(problems("webhook: {urlRef: /etc/passwd}").empty());
  EXPECT_EQ(problems("sns: {topicArn: a, region: b, secretKeyRef: {name: a, key: b}}").size(), 1U);
  EXPECT_TRUE(ReadYaml("sns: {topicArn: a, region: b, secretKeyRef: {name: a, key: b}}")
                  .integrations.empty());
}

}  // namespace
}  // namespace belvedere::config::receivers
