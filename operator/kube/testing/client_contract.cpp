#include "operator/kube/testing/client_contract.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <stop_token>
#include <utility>

#include "operator/kube/path.h"

namespace belvedere::kube {
namespace {

constexpr const char* kOther = "somebody-else";
const std::stop_token kNoStop;

ResourceRef ConfigMap(const ContractServer& server, const std::string& name) {
  return {types::kConfigMap, {server.ns, name}};
}

Json ConfigMapIntent(const ContractServer& server, const std::string& name, const Json& data) {
  return {{"metadata",
           {{"name", name}, {"namespace", server.ns}, {"labels", {{"belvedere.dev/test", "yes"}}}}},
          {"data", data}};
}

Result<Json> Apply(ContractServer& server, const Json& intent, const std::string& uid = {}) {
  ApplyOptions options;
  options.mode = uid.empty() ? ApplyMode::kCreateOnly : ApplyMode::kUpdateOwned;
  options.uid = uid;
  return server.client.Apply(types::kConfigMap, intent, options, kNoStop);
}

// Creates a ConfigMap, or fails the test.
Json MustCreate(ContractServer& server, const std::string& name,
                const Json& data = {{"key", "value"}}) {
  Result<Json> made = Apply(server, ConfigMapIntent(server, name, data));
  if (!made) {
    ADD_FAILURE() << "cannot create " << name << ": " << made.error().message;
    return Json::object();
  }
  return std::move(*made);
}

// A merge patch by another field manager.
Json EditAsOther(ContractServer& server, const ResourceRef& ref, const Json& patch) {
  const Result<std::string> path = ObjectPath(ref, Subresource::kNone);
  const http::Request request{
      .method = http::Method::kPatch,
      .target = WithQuery(*path, {{"fieldManager", kOther}}),
      .headers = {{"Accept", "application/json"}, {"Content-Type", "application/merge-patch+json"}},
      .body = Dump(patch)};
  const auto response = server.transport.RoundTrip(request, std::chrono::seconds(20), kNoStop);
  EXPECT_TRUE(response && response->status == 200) << (response ? response->body : "no response");
  return response ? ParseJson(response->body).value_or(Json()) : Json();
}

// fieldsV1 of the entry of `manager`, or null.
Json FieldsOf(const Json& object, const std::string& manager, const std::string& operation) {
  for (const Json& entry : At(object, "/metadata/managedFields")) {
    if (StringAt(entry, "/manager") == manager && StringAt(entry, "/operation") == operation) {
      return At(entry, "/fieldsV1");
    }
  }
  return Json();
}

ErrorCode CodeOf(const Result<Json>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::kInternal : result.error().code;
}

ErrorCode CodeOf(const Status& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::kInternal : result.error().code;
}

// Events of a watch up to and including the first one that `is_last` takes.
std::vector<WatchEvent> WatchUntil(ContractServer& server, const ResourceType& type,
                                   WatchOptions options,
                                   const std::function<bool(const WatchEvent&)>& is_last) {
  std::vector<WatchEvent> events;
  std::stop_source enough;
  options.ns = server.ns;
  options.server_timeout = std::chrono::seconds(20);
  const Status ended = server.client.Watch(
      type, options,
      [&](WatchEvent event) {
        if (enough.stop_requested()) return;
        events.push_back(std::move(event));
        if (is_last(events.back())) enough.request_stop();
      },
      enough.get_token());
  EXPECT_TRUE(enough.stop_requested())
      << "the watch ended early: " << (ended ? "by the server" : ended.error().message);
  return events;
}

bool IsInitialEnd(const WatchEvent& event) {
  return event.type == WatchEventType::kBookmark &&
         AnnotationOf(event.object, "k8s.io/initial-events-end") == "true";
}

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

// A server-side apply with force by another manager.
Json ApplyAsOther(ContractServer& server, const ResourceRef& ref, Json intent) {
  intent["apiVersion"] = ref.type.ApiVersion();
  intent["kind"] = std::string(ref.type.kind);
  const http::Request request{.method = http::Method::kPatch,
                              .target = WithQuery(*ObjectPath(ref, Subresource::kNone),
                                                  {{"fieldManager", kOther}, {"force", "true"}}),
                              .headers = {{"Content-Type", "application/apply-patch+yaml"}},
                              .body = Dump(intent)};
  const auto response = server.transport.RoundTrip(request, std::chrono::seconds(20), kNoStop);
  EXPECT_TRUE(response && response->status == 200) << (response ? response->body : "no response");
  return response ? ParseJson(response->body).value_or(Json()) : Json();
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
                       {"lastTransitionTime", "2026-01-01T00:00:00Z"}};
  Json intent{{"metadata", At(*made, "/metadata")}, {"status", Json::object()}};
  intent["metadata"] = {{"name", "status"}, {"namespace", server.ns}, {"uid", UidOf(*made)}};
  intent["status"]["conditions"] = Json::array({condition});
  intent["spec"] = {{"replicas", 7}};
  const auto after = server.client.ApplyStatus(types::kDeployment, intent, kNoStop);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(At(*after, "/spec/replicas"), 0);
  EXPECT_EQ(GenerationOf(*after), 1);
  EXPECT_EQ(StringAt(*after, "/status/conditions/0/reason"), "Contract");

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

void DeletionNeedsTheRightUid(ContractServer& server) {
  const Json made = MustCreate(server, "doomed");
  const ResourceRef ref = ConfigMap(server, "doomed");
  EXPECT_EQ(
      CodeOf(server.client.Delete(ref, {.uid = "11111111-2222-4333-8444-555555555555"}, kNoStop)),
      ErrorCode::kConflict);
  EXPECT_EQ(
      CodeOf(server.client.Delete(ref, {.uid = UidOf(made), .resource_version = "1"}, kNoStop)),
      ErrorCode::kConflict);
  EXPECT_TRUE(server.client.Get(ref, kNoStop));
  const Preconditions exact{.uid = UidOf(made),
                            .resource_version = StringAt(made, "/metadata/resourceVersion")};
  const Status gone = server.client.Delete(ref, exact, kNoStop);
  EXPECT_TRUE(gone) << gone.error().message;
  EXPECT_EQ(CodeOf(server.client.Delete(ref, exact, kNoStop)), ErrorCode::kNotFound);
}

void ListsComeInPages(ContractServer& server) {
  for (const char* name : {"page-a", "page-b", "page-c", "page-d", "page-e"}) {
    MustCreate(server, name);
  }
  ListOptions options{.ns = server.ns, .label_selector = "belvedere.dev/test in (yes,no)"};
  options.limit = 2;
  std::vector<std::string> names;
  int pages = 0;
  do {
    const Result<ListPage> page = server.client.List(types::kConfigMap, options, kNoStop);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_LE(page->items.size(), 2U);
    EXPECT_FALSE(page->resource_version.empty());
    for (const Json& item : page->items) names.push_back(KeyOf(item).name);
    options.continue_token = page->continue_token;
    ++pages;
  } while (!options.continue_token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(names, (std::vector<std::string>{"page-a", "page-b", "page-c", "page-d", "page-e"}));
}

void SelectorsSelect(ContractServer& server) {
  MustCreate(server, "one");
  const auto count = [&](const std::string& selector) {
    const auto page = server.client.List(types::kConfigMap,
                                         {.ns = server.ns, .label_selector = selector}, kNoStop);
    EXPECT_TRUE(page) << selector << ": " << page.error().message;
    return page ? page->items.size() : 0U;
  };
  EXPECT_EQ(count("belvedere.dev/test=yes"), 1U);
  EXPECT_EQ(count("belvedere.dev/test!=yes,belvedere.dev/test"), 0U);
  EXPECT_EQ(count("belvedere.dev/test,!absent"), 1U);
  EXPECT_EQ(count("belvedere.dev/test notin (no,maybe),belvedere.dev/test"), 1U);
}

void MetadataOnlyHasNoData(ContractServer& server) {
  MustCreate(server, "meta");
  const auto page = server.client.List(types::kConfigMap,
                                       {.ns = server.ns,
                                        .label_selector = "belvedere.dev/test",
                                        .projection = Projection::kMetadata},
                                       kNoStop);
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->items.size(), 1U);
  EXPECT_EQ(KeyOf(page->items[0]).name, "meta");
  EXPECT_FALSE(page->items[0].contains("data"));

  WatchOptions options;
  options.projection = Projection::kMetadata;
  options.label_selector = "belvedere.dev/test";
  options.start = WatchOptions::Start::kInitialEvents;
  const auto events = WatchUntil(server, types::kConfigMap, options, IsInitialEnd);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(KeyOf(events[0].object).name, "meta");
  EXPECT_FALSE(events[0].object.contains("data"));
}

void AWatchGoesOnFromAVersion(ContractServer& server) {
  const Json made = MustCreate(server, "watched");
  const ResourceRef ref = ConfigMap(server, "watched");
  ASSERT_TRUE(Apply(server, ConfigMapIntent(server, "watched", {{"key", "new"}}), UidOf(made)));
  ASSERT_TRUE(server.client.Delete(ref, {.uid = UidOf(made)}, kNoStop));
  MustCreate(server, "later");
  WatchOptions options;
  options.resource_version = StringAt(made, "/metadata/resourceVersion");
  const auto events = WatchUntil(server, types::kConfigMap, options, [](const WatchEvent& event) {
    return KeyOf(event.object).name == "later";
  });
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].type, WatchEventType::kModified);
  EXPECT_EQ(At(events[0].object, "/data/key"), "new");
  EXPECT_EQ(events[1].type, WatchEventType::kDeleted);
  EXPECT_EQ(UidOf(events[1].object), UidOf(made));
  EXPECT_GT(ResourceVersionOf(events[1].object), ResourceVersionOf(events[0].object));
  EXPECT_EQ(events[2].type, WatchEventType::kAdded);
}

void LeavingTheSelectionIsADeletion(ContractServer& server) {
  const Json made = MustCreate(server, "leaver");
  const Json edited = EditAsOther(server, ConfigMap(server, "leaver"),
                                  {{"metadata", {{"labels", {{"belvedere.dev/test", "no"}}}}}});
  WatchOptions options;
  options.label_selector = "belvedere.dev/test=yes";
  options.resource_version = StringAt(made, "/metadata/resourceVersion");
  const auto events =
      WatchUntil(server, types::kConfigMap, options, [](const WatchEvent&) { return true; });
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].type, WatchEventType::kDeleted);
  EXPECT_EQ(ResourceVersionOf(events[0].object), ResourceVersionOf(edited));
}

void AStreamingListEndsWithABookmark(ContractServer& server) {
  const Json made = MustCreate(server, "streamed");
  WatchOptions options;
  options.start = WatchOptions::Start::kInitialEvents;
  options.label_selector = "belvedere.dev/test";
  const auto events = WatchUntil(server, types::kConfigMap, options, IsInitialEnd);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].type, WatchEventType::kAdded);
  EXPECT_EQ(UidOf(events[0].object), UidOf(made));
  EXPECT_GE(ResourceVersionOf(events[1].object), ResourceVersionOf(made));
}

void AnAncientVersionIsGone(ContractServer& server) {
  WatchOptions options;
  options.ns = server.ns;
  options.resource_version = "1";
  options.server_timeout = std::chrono::seconds(20);
  const Status ended = server.client.Watch(
      types::kConfigMap, options, [](const WatchEvent&) {}, kNoStop);
  EXPECT_EQ(CodeOf(ended), ErrorCode::kGone);
}

void ALeaseUpdateNeedsTheLatestVersion(ContractServer& server) {
  const Json lease{{"metadata", {{"name", "lease"}, {"namespace", server.ns}}},
                   {"spec", {{"holderIdentity", "first"}, {"leaseDurationSeconds", 15}}}};
  const auto made = server.client.Create(types::kLease, lease, kNoStop);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(CodeOf(server.client.Create(types::kLease, lease, kNoStop)), ErrorCode::kAlreadyExists);
  Json next = *made;
  next["spec"]["holderIdentity"] = "second";
  const auto updated = server.client.Update(types::kLease, next, kNoStop);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(At(*updated, "/spec/holderIdentity"), "second");
  next["spec"]["holderIdentity"] = "third";
  EXPECT_EQ(CodeOf(server.client.Update(types::kLease, next, kNoStop)), ErrorCode::kConflict);
}

void AMergePatchNeedsTheRightUid(ContractServer& server) {
  const Json made = MustCreate(server, "patched");
  const ResourceRef ref = ConfigMap(server, "patched");
  Json patch{{"metadata", {{"uid", UidOf(made)}, {"annotations", {{"example.test/a", "1"}}}}}};
  const auto after = server.client.MergePatch(ref, patch, kNoStop);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(AnnotationOf(*after, "example.test/a"), "1");
  patch["metadata"]["uid"] = "11111111-2222-4333-8444-555555555555";
  EXPECT_EQ(CodeOf(server.client.MergePatch(ref, patch, kNoStop)), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf(server.client.MergePatch(ConfigMap(server, "nothing"), patch, kNoStop)),
            ErrorCode::kNotFound);
}

void AnImmutableConfigMapStays(ContractServer& server) {
  Json intent = ConfigMapIntent(server, "immutable", {{"key", "value"}});
  intent["immutable"] = true;
  const auto made = Apply(server, intent);
  ASSERT_TRUE(made) << made.error().message;
  intent["data"]["key"] = "other";
  EXPECT_EQ(CodeOf(Apply(server, intent, UidOf(*made))), ErrorCode::kInvalid);
}

void BadNamesAreRefusedHere(ContractServer& server) {
  for (const char* name : {"", "Upper", "a/b", "..", "a%2fb", "a b", "-a", "a?b", "a\nb"}) {
    EXPECT_EQ(CodeOf(server.client.Get(ConfigMap(server, name), kNoStop)), ErrorCode::kInvalid);
    const Json intent = ConfigMapIntent(server, name, Json::object());
    EXPECT_EQ(CodeOf(Apply(server, intent)), ErrorCode::kInvalid) << name;
  }
  EXPECT_EQ(CodeOf(server.client.Get({types::kConfigMap, {"../x", "a"}}, kNoStop)),
            ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(server.client.Get({types::kConfigMap, {"", "a"}}, kNoStop)),
            ErrorCode::kInvalid);
  EXPECT_EQ(CodeOf(server.client.Get({types::kNamespace, {"a", "a"}}, kNoStop)),
            ErrorCode::kInvalid);
}

void DiscoveryTellsWhatIsServed(ContractServer& server) {
  static constexpr ResourceType kUnknownKind{"apps", "v1", "Nothing", "nothings"};
  static constexpr ResourceType kUnknownGroup{"nothing.example.test", "v1", "Nothing", "nothings"};
  EXPECT_EQ(server.client.Serves(types::kDeployment, kNoStop).value_or(false), true);
  EXPECT_EQ(server.client.Serves(types::kConfigMap, kNoStop).value_or(false), true);
  EXPECT_EQ(server.client.Serves(kUnknownKind, kNoStop).value_or(true), false);
  EXPECT_EQ(server.client.Serves(kUnknownGroup, kNoStop).value_or(true), false);
  const auto version = server.client.GetRaw("/version", kNoStop);
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(StringAt(*version, "/major"), "1");
}

}  // namespace

const std::vector<ContractCase>& ContractCases() {
#define CONTRACT(name) \
  ContractCase { #name, &name }
  static const std::vector<ContractCase> cases{
      CONTRACT(CreateOnlyMakesAnAbsentObject),
      CONTRACT(CreateOnlyLeavesAPresentObjectAlone),
      CONTRACT(CreateOnlyRefusesEvenTheSameIntent),
      CONTRACT(UpdateOwnedChangesAndRemovesFields),
      CONTRACT(UpdateOwnedWithNothingToDoWritesNothing),
      CONTRACT(UpdateOwnedRefusesAnotherUid),
      CONTRACT(UpdateOwnedNeverCreates),
      CONTRACT(DryRunWritesNothing),
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
      CONTRACT(DeletionNeedsTheRightUid),
      CONTRACT(ListsComeInPages),
      CONTRACT(SelectorsSelect),
      CONTRACT(MetadataOnlyHasNoData),
      CONTRACT(AWatchGoesOnFromAVersion),
      CONTRACT(LeavingTheSelectionIsADeletion),
      CONTRACT(AStreamingListEndsWithABookmark),
      CONTRACT(AnAncientVersionIsGone),
      CONTRACT(ALeaseUpdateNeedsTheLatestVersion),
      CONTRACT(AMergePatchNeedsTheRightUid),
      CONTRACT(AnImmutableConfigMapStays),
      CONTRACT(BadNamesAreRefusedHere),
      CONTRACT(DiscoveryTellsWhatIsServed),
  };
#undef CONTRACT
  return cases;
}

}  // namespace belvedere::kube
