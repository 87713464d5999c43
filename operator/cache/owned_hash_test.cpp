#include "operator/cache/owned_hash.h"

#include <gtest/gtest.h>

#include "operator/base/testing/manual_clock.h"
#include "operator/kube/rest_client.h"
#include "operator/kube/testing/fake_apiserver.h"

namespace belvedere::cache {
namespace {

Json WithFields(Json live, Json fields, const char* manager = "belvedere",
                const char* operation = "Apply") {
  live["metadata"]["managedFields"] = Json::array(
      {{{"manager", manager}, {"operation", operation}, {"fieldsV1", std::move(fields)}}});
  return live;
}

TEST(OwnedFields, KeepsOnlyWhatWeOwn) {
  const Json live = WithFields({{"metadata", {{"name", "a"}, {"labels", {{"x", "1"}, {"y", "2"}}}}},
                                {"data", {{"ours", "1"}, {"theirs", "2"}}}},
                               {{"f:metadata", {{"f:labels", {{"f:x", Json::object()}}}}},
                                {"f:data", {{"f:ours", Json::object()}}}});
  EXPECT_EQ(OwnedFields(live),
            (Json{{"metadata", {{"labels", {{"x", "1"}}}}}, {"data", {{"ours", "1"}}}}));
}

TEST(OwnedFields, ItemsOfAssociativeListsByTheirKeysInLiveOrder) {
  const Json live = WithFields(
      {{"spec",
        {{"ports", Json::array({{{"port", 1}, {"protocol", "UDP"}, {"name", "not ours"}},
                                {{"port", 2}, {"protocol", "TCP"}, {"name", "b"}, {"x", "y"}},
                                {{"port", 1}, {"protocol", "TCP"}, {"name", "a"}}})}}}},
      {{"f:spec",
        {{"f:ports",
          {{R"(k:{"port":1,"protocol":"TCP"})",
            {{".", Json::object()}, {"f:port", Json::object()}, {"f:name", Json::object()}}},
           {R"(k:{"port":2,"protocol":"TCP"})",
            {{".", Json::object()}, {"f:port", Json::object()}, {"f:name", Json::object()}}}}}}}});
  EXPECT_EQ(OwnedFields(live), (Json{{"spec",
                                      {{"ports", Json::array({{{"port", 2}, {"name", "b"}},
                                                              {{"port", 1}, {"name", "a"}}})}}}}));
}

TEST(OwnedFields, SetsAtomicsAndEmptyStructs) {
  const Json live =
      WithFields({{"metadata", {{"finalizers", {"a/b", "c/d"}}}},
                  {"spec", {{"args", {"--x", "--y"}}, {"emptyDir", Json::object()}, {"other", 1}}}},
                 {{"f:metadata", {{"f:finalizers", {{R"(v:"c/d")", Json::object()}}}}},
                  {"f:spec", {{"f:args", Json::object()}, {"f:emptyDir", Json::object()}}}});
  EXPECT_EQ(OwnedFields(live),
            (Json{{"metadata", {{"finalizers", {"c/d"}}}},
                  {"spec", {{"args", {"--x", "--y"}}, {"emptyDir", Json::object()}}}}));
}

TEST(OwnedFields, OtherEntriesDoNotCount) {
  const Json fields{{"f:data", {{"f:a", Json::object()}}}};
  const Json live{{"data", {{"a", "1"}}}};
  EXPECT_TRUE(OwnedFields(WithFields(live, fields, "kubectl")).is_null());
  EXPECT_TRUE(OwnedFields(WithFields(live, fields, "belvedere", "Update")).is_null());
  Json status = WithFields(live, fields);
  status["metadata"]["managedFields"][0]["subresource"] = "status";
  EXPECT_TRUE(OwnedFields(status).is_null());
  EXPECT_EQ(OwnedHash(status), 0U);
  EXPECT_EQ(OwnedHash(live), 0U);
}

TEST(OwnedFields, NonsenseIsIgnored) {
  const Json live = WithFields({{"list", Json::array({1, 2})}, {"text", "x"}},
                               {{"f:list", {{"k:{broken", 1}, {"k:7", 1}, {"q:x", 1}}},
                                {"f:text", {{"f:deeper", Json::object()}}},
                                {"f:absent", Json::object()},
                                {"strange", 7}});
  EXPECT_EQ(OwnedFields(live), (Json{{"list", Json::array()}, {"text", "x"}}));
}

TEST(IntentFields, DropsIdentityOnly) {
  const Json intent{{"apiVersion", "v1"},
                    {"kind", "ConfigMap"},
                    {"metadata", {{"name", "a"}, {"namespace", "b"}, {"labels", {{"x", "1"}}}}},
                    {"data", {{"k", "v"}}}};
  EXPECT_EQ(IntentFields(intent),
            (Json{{"metadata", {{"labels", {{"x", "1"}}}}}, {"data", {{"k", "v"}}}}));
}

// An intent and what the (fake) server made of it, followed through foreign edits.
class OwnedHashTest : public testing::Test {
 protected:
  Json Apply(const Json& intent) {
    const auto before = server_.Find(ref_);
    const auto applied = client_->Apply(
        ref_.type, intent,
        {.mode = before.has_value() ? kube::ApplyMode::kUpdateOwned : kube::ApplyMode::kCreateOnly,
         .uid = before.has_value() ? kube::UidOf(*before) : ""},
        {});
    EXPECT_TRUE(applied.has_value());
    return applied.value_or(Json());
  }
  static Json Intent(const std::string& text) {
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata",
             {{"name", "a"}, {"namespace", "b"}, {"labels", {{"app", "x"}, {"team", "y"}}}}},
            {"data", {{"text", text}}}};
  }

  ManualClock clock_;
  Metrics metrics_;
  kube::FakeApiServer server_{clock_};
  std::unique_ptr<kube::Client> client_ = kube::MakeRestClient(server_, clock_, metrics_);
  const kube::ResourceRef ref_{kube::types::kConfigMap, {"b", "a"}};
};

TEST_F(OwnedHashTest, EqualsTheIntentAfterApply) {
  for (const char* text : {"one", "two"}) {
    EXPECT_EQ(OwnedHash(Apply(Intent(text))), IntentHash(Intent(text)));
  }
  EXPECT_NE(IntentHash(Intent("one")), IntentHash(Intent("two")));
}

TEST_F(OwnedHashTest, SeesEveryTakenFieldAndNoForeignOne) {
  const std::uint64_t wanted = OwnedHash(Apply(Intent("one")));
  server_.EditAs("other", ref_, {{"data", {{"more", "x"}}}});
  EXPECT_EQ(OwnedHash(*server_.Find(ref_)), wanted);
  const std::vector<Json> edits = {
      {{"data", {{"text", "changed"}}}},
      {{"data", {{"text", nullptr}}}},
      {{"metadata", {{"labels", {{"team", "z"}}}}}},
      {{"metadata", {{"labels", nullptr}}}},
  };
  for (const Json& edit : edits) {
    server_.EditAs("other", ref_, edit);
    EXPECT_NE(OwnedHash(*server_.Find(ref_)), wanted) << edit;
    EXPECT_EQ(OwnedHash(Apply(Intent("one"))), wanted) << edit;
  }
}

}  // namespace
}  // namespace belvedere::cache
