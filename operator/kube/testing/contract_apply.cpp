#include <gtest/gtest.h>

#include <algorithm>

#include "operator/kube/testing/contract_helpers.h"

namespace belvedere::kube::contract {
namespace {

void CreateOnlyMakesAnAbsentObject(ContractServer& server) {
  const Json made = MustCreate(server, "absent");
  EXPECT_EQ(At(made, "/data/key"), "value");
  EXPECT_FALSE(UidOf(made).empty());
  EXPECT_GT(ResourceVersionOf(made), 1U);
  const Json fields = FieldsOf(made, "belvedere", "Apply");
  EXPECT_TRUE(fields.contains("f:data"));
  EXPECT_FALSE(At(fields, "/f:metadata").contains("f:resourceVersion"));
}

void CreateOnlyLeavesAPresentObjectAlone(ContractServer& server) {
  const Json made = MustCreate(server, "present");
  const Json again = ConfigMapIntent(server, "present", {{"key", "other"}});
  EXPECT_EQ(CodeOf(Apply(server, again)), ErrorCode::kAlreadyExists);
  const auto live = server.client.Get(ConfigMap(server, "present"), kNoStop);
  ASSERT_TRUE(live);
  EXPECT_EQ(*live, made);
}

void CreateOnlyRefusesEvenTheSameIntent(ContractServer& server) {
  const Json made = MustCreate(server, "same");
  const Json same = ConfigMapIntent(server, "same", {{"key", "value"}});
  EXPECT_EQ(CodeOf(Apply(server, same)), ErrorCode::kAlreadyExists);
}

void UpdateOwnedChangesAndRemovesFields(ContractServer& server) {
  const Json made = MustCreate(server, "owned", {{"a", "1"}, {"b", "2"}});
  const Json next = ConfigMapIntent(server, "owned", {{"a", "3"}});
  const auto after = Apply(server, next, UidOf(made));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(At(*after, "/data"), (Json{{"a", "3"}}));
  EXPECT_EQ(UidOf(*after), UidOf(made));
  EXPECT_GT(ResourceVersionOf(*after), ResourceVersionOf(made));
}

void UpdateOwnedWithNothingToDoWritesNothing(ContractServer& server) {
  const Json made = MustCreate(server, "same-again");
  const auto after =
      Apply(server, ConfigMapIntent(server, "same-again", {{"key", "value"}}), UidOf(made));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(ResourceVersionOf(*after), ResourceVersionOf(made));
}

void UpdateOwnedRefusesAnotherUid(ContractServer& server) {
  MustCreate(server, "another");
  const Json next = ConfigMapIntent(server, "another", {{"key", "stolen"}});
  const auto after = Apply(server, next, "11111111-2222-4333-8444-555555555555");
  EXPECT_EQ(CodeOf(after), ErrorCode::kConflict);
  const auto live = server.client.Get(ConfigMap(server, "another"), kNoStop);
  ASSERT_TRUE(live);
  EXPECT_EQ(At(*live, "/data/key"), "value");
}

void UpdateOwnedNeverCreates(ContractServer& server) {
  const Json next = ConfigMapIntent(server, "never", {{"key", "value"}});
  const auto after = Apply(server, next, "11111111-2222-4333-8444-555555555555");
  EXPECT_EQ(CodeOf(after), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf(server.client.Get(ConfigMap(server, "never"), kNoStop)), ErrorCode::kNotFound);
}

void DryRunWritesNothing(ContractServer& server) {
  ApplyOptions options;
  options.dry_run = ApplyOptions::DryRun::kServer;
  const auto made = server.client.Apply(
      types::kConfigMap, ConfigMapIntent(server, "dry", {{"key", "value"}}), options, kNoStop);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(CodeOf(server.client.Get(ConfigMap(server, "dry"), kNoStop)), ErrorCode::kNotFound);
}

void AnswerOfMetadataIsOfTheWholeWrite(ContractServer& server) {
  const ApplyOptions options{.answer = Projection::kMetadata};
  const auto made = server.client.Apply(
      types::kConfigMap, ConfigMapIntent(server, "brief", {{"key", "value"}}), options, kNoStop);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(made->contains("data"));
  const auto live = server.client.Get(ConfigMap(server, "brief"), kNoStop);
  ASSERT_TRUE(live);
  EXPECT_EQ(At(*live, "/data/key"), "value");
  Json metadata = At(*live, "/metadata");
  ASSERT_FALSE(FieldsOf(*live, "belvedere", "Apply").empty());
  metadata["managedFields"][0]["fieldsV1"] = Json::object();  // of data, which is not in the answer
  EXPECT_EQ(metadata, At(*made, "/metadata"));
}

void AnotherManagersEditTakesTheField(ContractServer& server) {
  const Json made = MustCreate(server, "takeover", {{"a", "1"}, {"b", "2"}});
  EXPECT_TRUE(At(FieldsOf(made, "belvedere", "Apply"), "/f:data").contains("f:a"));
  const Json edited =
      EditAsOther(server, ConfigMap(server, "takeover"), {{"data", {{"a", "theirs"}}}});
  const Json ours = FieldsOf(edited, "belvedere", "Apply");
  EXPECT_FALSE(At(ours, "/f:data").contains("f:a"));
  EXPECT_TRUE(At(ours, "/f:data").contains("f:b"));
  EXPECT_TRUE(At(FieldsOf(edited, kOther, "Update"), "/f:data").contains("f:a"));
}

void ApplyTakesTheFieldBack(ContractServer& server) {
  const Json made = MustCreate(server, "back", {{"a", "1"}});
  EditAsOther(server, ConfigMap(server, "back"), {{"data", {{"a", "theirs"}, {"c", "theirs"}}}});
  const auto after = Apply(server, ConfigMapIntent(server, "back", {{"a", "1"}}), UidOf(made));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(At(*after, "/data"), (Json{{"a", "1"}, {"c", "theirs"}}));
  EXPECT_TRUE(At(FieldsOf(*after, "belvedere", "Apply"), "/f:data").contains("f:a"));
  EXPECT_FALSE(At(FieldsOf(*after, kOther, "Update"), "/f:data").contains("f:a"));
}

void AFieldWithTwoOwnersOutlivesOne(ContractServer& server) {
  const Json made = MustCreate(server, "shared", {{"a", "1"}, {"b", "2"}});
  const Json shared = ApplyAsOther(server, ConfigMap(server, "shared"),
                                   ConfigMapIntent(server, "shared", {{"a", "1"}}));
  EXPECT_TRUE(At(FieldsOf(shared, "belvedere", "Apply"), "/f:data").contains("f:a"));
  EXPECT_TRUE(At(FieldsOf(shared, kOther, "Apply"), "/f:data").contains("f:a"));
  const auto after = Apply(server, ConfigMapIntent(server, "shared", {{"c", "3"}}), UidOf(made));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(At(*after, "/data"), (Json{{"a", "1"}, {"c", "3"}}));
  EXPECT_EQ(At(FieldsOf(*after, "belvedere", "Apply"), "/f:data"), (Json{{"f:c", Json::object()}}));
}

void AnApplyByAnotherTakesTheFieldWithANewValue(ContractServer& server) {
  MustCreate(server, "forced", {{"a", "1"}, {"b", "2"}});
  const Json forced = ApplyAsOther(server, ConfigMap(server, "forced"),
                                   ConfigMapIntent(server, "forced", {{"a", "9"}}));
  EXPECT_EQ(At(FieldsOf(forced, "belvedere", "Apply"), "/f:data"), (Json{{"f:b", Json::object()}}));
  EXPECT_EQ(At(forced, "/data"), (Json{{"a", "9"}, {"b", "2"}}));
}

void ARemovedFieldHasNoOwner(ContractServer& server) {
  MustCreate(server, "removed", {{"a", "1"}, {"b", "2"}});
  const ResourceRef ref = ConfigMap(server, "removed");
  const Json one = EditAsOther(server, ref, {{"data", {{"a", nullptr}}}});
  EXPECT_EQ(At(FieldsOf(one, "belvedere", "Apply"), "/f:data"), (Json{{"f:b", Json::object()}}));
  // Setting a value back does not give the field back.
  EditAsOther(server, ref, {{"data", {{"b", "other"}}}});
  const Json back = EditAsOther(server, ref, {{"data", {{"b", "2"}}}});
  EXPECT_FALSE(FieldsOf(back, "belvedere", "Apply").contains("f:data"));
}

void OwnerReferencesAreKeyedByUid(ContractServer& server) {
  const Json owner = MustCreate(server, "owner");
  Json intent = ConfigMapIntent(server, "owned-by", {{"a", "1"}});
  intent["metadata"]["ownerReferences"] = Json::array({{{"apiVersion", "v1"},
                                                        {"kind", "ConfigMap"},
                                                        {"name", "owner"},
                                                        {"uid", UidOf(owner)},
                                                        {"controller", true},
                                                        {"blockOwnerDeletion", false}}});
  const auto made = Apply(server, intent);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(ControllerUidOf(*made), UidOf(owner));
  const Json key{{R"(k:{"uid":")" + UidOf(owner) + R"("})", Json::object()}};
  EXPECT_EQ(At(FieldsOf(*made, "belvedere", "Apply"), "/f:metadata/f:ownerReferences"), key);
}

void AMapGoesWithItsLastField(ContractServer& server) {
  const Json made = MustCreate(server, "emptied", {{"a", "1"}});
  Json bare = ConfigMapIntent(server, "emptied", {});
  bare.erase("data");
  bare["metadata"].erase("labels");
  const auto after = Apply(server, bare, UidOf(made));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_FALSE(after->contains("data"));
  EXPECT_FALSE(after->at("metadata").contains("labels"));
}

Json DeploymentIntent(const ContractServer& server, const std::string& name) {
  const Json labels{{"app", name}};
  const Json container{{"name", "main"},
                       {"image", "example.test/image:1"},
                       {"env", Json::array({{{"name", "A"}, {"value", "1"}}})},
                       {"ports", Json::array({{{"name", "http"}, {"containerPort", 8080}}})}};
  return {{"metadata", {{"name", name}, {"namespace", server.ns}, {"labels", labels}}},
          {"spec",
           {{"replicas", 0},
            {"selector", {{"matchLabels", labels}}},
            {"template",
             {{"metadata", {{"labels", labels}}},
              {"spec", {{"containers", Json::array({container})}}}}}}}};
}

void KeyedListsHaveOwnersByItem(ContractServer& server) {
  const auto made = server.client.Apply(types::kDeployment, DeploymentIntent(server, "keyed"),
                                        ApplyOptions{}, kNoStop);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(GenerationOf(*made), 1);
  const Json spec = At(FieldsOf(*made, "belvedere", "Apply"), "/f:spec");
  EXPECT_EQ(spec.value("f:selector", Json()), Json::object());
  const Json expected = {
      {R"(k:{"name":"main"})",
       {{".", Json::object()},
        {"f:name", Json::object()},
        {"f:image", Json::object()},
        {"f:env",
         {{R"(k:{"name":"A"})",
           {{".", Json::object()}, {"f:name", Json::object()}, {"f:value", Json::object()}}}}},
        {"f:ports",
         {{R"(k:{"containerPort":8080,"protocol":"TCP"})",
           {{".", Json::object()},
            {"f:name", Json::object()},
            {"f:containerPort", Json::object()}}}}}}}};
  EXPECT_EQ(At(spec, "/f:template/f:spec/f:containers"), expected);
}

void AnApplyRemovesAnItemOfAKeyedList(ContractServer& server) {
  Json intent = DeploymentIntent(server, "items");
  const auto made = server.client.Apply(types::kDeployment, intent, ApplyOptions{}, kNoStop);
  ASSERT_TRUE(made) << made.error().message;
  intent["spec"]["template"]["spec"]["containers"][0].erase("env");
  const auto after = server.client.Apply(
      types::kDeployment, intent, {.mode = ApplyMode::kUpdateOwned, .uid = UidOf(*made)}, kNoStop);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_FALSE(At(*after, "/spec/template/spec/containers/0").contains("env"));
  EXPECT_EQ(At(*after, "/spec/template/spec/containers/0/ports/0/protocol"), "TCP");
  EXPECT_EQ(GenerationOf(*after), 2);
}

void StatusAppliesToStatusAlone(ContractServer& server) {
  const auto made = server.client.Apply(types::kDeployment, DeploymentIntent(server, "status"),
                                        ApplyOptions{}, kNoStop);
  ASSERT_TRUE(made) << made.error().message;
  const Json condition{{"type", "Tested"},
                       {"status", "True"},
                       {"reason", "Contract"},
                       {"message", "by a test"},
                       {"lastUpdateTime", "2026-01-01T00:00:00Z"},
                       {"lastTransitionTime", "2026-01-01T00:00:00Z"}};
  Json intent{{"metadata", At(*made, "/metadata")}, {"status", Json::object()}};
  intent["metadata"] = {{"name", "status"}, {"namespace", server.ns}, {"uid", UidOf(*made)}};
  intent["status"]["conditions"] = Json::array({condition});
  intent["spec"] = {{"replicas", 7}};
  const auto after = server.client.ApplyStatus(types::kDeployment, intent, kNoStop);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(At(*after, "/spec/replicas"), 0);
  EXPECT_EQ(GenerationOf(*after), 1);
  const Json& conditions = At(*after, "/status/conditions");  // other controllers have theirs
  EXPECT_NE(std::find(conditions.begin(), conditions.end(), condition), conditions.end())
      << Dump(conditions);

  intent["metadata"]["uid"] = "11111111-2222-4333-8444-555555555555";
  EXPECT_EQ(CodeOf(server.client.ApplyStatus(types::kDeployment, intent, kNoStop)),
            ErrorCode::kConflict);
}

void ACustomKindHasGenerationAndStatus(ContractServer& server) {
  EXPECT_EQ(server.client.Serves(server.custom, kNoStop).value_or(false), true);
  const Json metadata{{"name", "custom"}, {"namespace", server.ns}};
  const Json intent{{"metadata", metadata},
                    {"spec", {{"size", 1}, {"list", {1, 2}}}},
                    {"status", {{"ignored", true}}}};
  const auto made = server.client.Apply(server.custom, intent, ApplyOptions{}, kNoStop);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(GenerationOf(*made), 1);
  EXPECT_FALSE(made->contains("status"));
  EXPECT_EQ(At(FieldsOf(*made, "belvedere", "Apply"), "/f:spec"),
            (Json{{"f:size", Json::object()}, {"f:list", Json::object()}}));

  Json status{{"metadata", metadata}, {"status", {{"observedGeneration", 1}}}};
  status["metadata"]["uid"] = UidOf(*made);
  const auto reported = server.client.ApplyStatus(server.custom, status, kNoStop);
  ASSERT_TRUE(reported) << reported.error().message;
  EXPECT_EQ(At(*reported, "/status/observedGeneration"), 1);
  EXPECT_EQ(GenerationOf(*reported), 1);

  const Json edited = EditAsOther(server, {server.custom, {server.ns, "custom"}},
                                  {{"spec", {{"size", 2}}}, {"status", {{"stray", true}}}});
  EXPECT_EQ(GenerationOf(edited), 2);
  EXPECT_EQ(At(edited, "/status"), (Json{{"observedGeneration", 1}}));
}

}  // namespace

std::vector<ContractCase> ApplyCases() {
#define CONTRACT(name) \
  ContractCase { #name, &(name) }
  return {
      CONTRACT(CreateOnlyMakesAnAbsentObject),
      CONTRACT(CreateOnlyLeavesAPresentObjectAlone),
      CONTRACT(CreateOnlyRefusesEvenTheSameIntent),
      CONTRACT(UpdateOwnedChangesAndRemovesFields),
      CONTRACT(UpdateOwnedWithNothingToDoWritesNothing),
      CONTRACT(UpdateOwnedRefusesAnotherUid),
      CONTRACT(UpdateOwnedNeverCreates),
      CONTRACT(DryRunWritesNothing),
      CONTRACT(AnswerOfMetadataIsOfTheWholeWrite),
      CONTRACT(AnotherManagersEditTakesTheField),
      CONTRACT(ApplyTakesTheFieldBack),
      CONTRACT(AFieldWithTwoOwnersOutlivesOne),
      CONTRACT(AnApplyByAnotherTakesTheFieldWithANewValue),
      CONTRACT(ARemovedFieldHasNoOwner),
      CONTRACT(OwnerReferencesAreKeyedByUid),
      CONTRACT(AMapGoesWithItsLastField),
      CONTRACT(KeyedListsHaveOwnersByItem),
      CONTRACT(AnApplyRemovesAnItemOfAKeyedList),
      CONTRACT(StatusAppliesToStatusAlone),
      CONTRACT(ACustomKindHasGenerationAndStatus),
  };
#undef CONTRACT
}

}  // namespace belvedere::kube::contract
