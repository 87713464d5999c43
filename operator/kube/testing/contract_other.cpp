#include <gtest/gtest.h>

#include "operator/kube/testing/contract_helpers.h"

namespace belvedere::kube::contract {
namespace {

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

void AWatchWithoutSpecHasAllElse(ContractServer& server) {
  const auto read = [&server](Projection projection) {
    WatchOptions options{.ns = server.ns, .projection = projection};
    options.start = WatchOptions::Start::kInitialEvents;
    const auto events = WatchUntil(server, types::kService, options, IsInitialEnd);
    EXPECT_EQ(events.size(), 2U);
    return events.empty() ? Json() : events[0].object;
  };
  const Json intent{{"metadata", {{"name", "without-spec"}, {"namespace", server.ns}}},
                    {"spec", {{"ports", Json::array({{{"port", 80}}})}}}};
  const auto made = server.client.Apply(types::kService, intent, {}, kNoStop);
  ASSERT_TRUE(made) << made.error().message;
  Json whole = read(Projection::kFull);
  EXPECT_EQ(IntAt(whole, "/spec/ports/0/port"), 80);
  whole["spec"] = Json::object();
  EXPECT_EQ(read(Projection::kWithoutSpec), whole);
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
  static constexpr ResourceType kUnknownKind{"apps/v1/Nothing/nothings"};
  static constexpr ResourceType kUnknownGroup{"nothing.example.test/v1/Nothing/nothings"};
  EXPECT_EQ(server.client.Serves(types::kDeployment, kNoStop).value_or(false), true);
  EXPECT_EQ(server.client.Serves(types::kConfigMap, kNoStop).value_or(false), true);
  EXPECT_EQ(server.client.Serves(kUnknownKind, kNoStop).value_or(true), false);
  EXPECT_EQ(server.client.Serves(kUnknownGroup, kNoStop).value_or(true), false);
  const auto version = server.client.GetRaw("/version", kNoStop);
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(StringAt(*version, "/major"), "1");
}

}  // namespace

std::vector<ContractCase> OtherCases() {
#define CONTRACT(name) \
  ContractCase { #name, &(name) }
  return {
      CONTRACT(DeletionNeedsTheRightUid),
      CONTRACT(ListsComeInPages),
      CONTRACT(SelectorsSelect),
      CONTRACT(MetadataOnlyHasNoData),
      CONTRACT(AWatchWithoutSpecHasAllElse),
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
}

}  // namespace belvedere::kube::contract
