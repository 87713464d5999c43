#include "operator/kube/object_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace belvedere::kube {
namespace {

const std::string kOurs =
    R"({"manager":"belvedere","operation":"Apply","fieldsV1":{"f:data":{"f:a":{}}}})";
const std::string kTheirs =
    R"({"manager":"kubelet","operation":"Update","fieldsV1":{"f:status":{"k:{\"type\":\"]}\"}":{}}}})";

std::string ObjectWith(const std::string& entries, const std::string& metadata = "") {
  return R"({"metadata":{"name":"a","uid":"u","resourceVersion":"7",)" + metadata +
         R"("managedFields":[)" + entries + R"(]},"data":{"a":"1"}})";
}

const Json& EntriesOf(const Json& object) { return At(object, "/metadata/managedFields"); }
const Json& FieldsOf(const Json& object) {
  return At(object, "/metadata/managedFields/0/fieldsV1");
}

std::uint32_t SealOf(const Json& object) {
  const Json& entries = EntriesOf(object);
  return static_cast<std::uint32_t>(IntAt(entries, std::string("/0/") + kSeal));
}

TEST(ObjectTextTest, KeepsOurEntriesAlone) {
  const Json ours = *ParseJson(ObjectWith(kOurs));
  for (const std::string& entries : {kOurs, kTheirs + "," + kOurs, kOurs + "," + kTheirs,
                                     kTheirs + "," + kOurs + "," + kTheirs}) {
    EXPECT_EQ(*ParseObjects(ObjectWith(entries)), ours) << entries;
  }
  EXPECT_EQ(*ParseObjects(ObjectWith(kTheirs + "," + kTheirs)), *ParseJson(ObjectWith("")));
  EXPECT_EQ(EntriesOf(*ParseObjects(ObjectWith(kOurs + "," + kOurs))).size(), 2U);
}

TEST(ObjectTextTest, InEachObjectOfAList) {
  const auto list = [](const std::string& first) {
    return R"({"items":[)" + ObjectWith(first) + "," + ObjectWith(kOurs) + "]}";
  };
  EXPECT_EQ(*ParseObjects(list(kTheirs)), *ParseJson(list("")));
}

TEST(ObjectTextTest, WhatTheSealIsKnownOfComesWithoutItsFields) {
  const std::string text = ObjectWith(kTheirs + "," + kOurs, R"("generation":2,)");
  const Json read = *ParseObjects(text);
  const std::uint32_t seal = SealOf(read);
  ASSERT_NE(seal, 0U);
  EXPECT_EQ(FieldsOf(read), (Json{{"f:data", {{"f:a", Json::object()}}}}));
  const Json known = *ParseObjects(text, {.seal = seal});
  EXPECT_EQ(FieldsOf(known), Json::object());
  EXPECT_EQ(SealOf(known), seal);
  EXPECT_EQ(StringAt(known, "/metadata/managedFields/0/operation"), "Apply");
  EXPECT_EQ(At(known, "/data"), At(read, "/data"));
}

std::string WorkloadWith(const std::string& entries, const std::string& name = "a") {
  return R"({"metadata":{"name":")" + name + R"(","generation":2,"managedFields":[)" + entries +
         R"(]},"spec":{"replicas":3,"template":{"metadata":{"name":"}"},"spec":{"containers":[{}]}},)"
         R"("serviceName":"s"},"status":{"replicas":1}})";
}

TEST(ObjectTextTest, WhatTheSealIsKnownOfComesWithoutItsPodTemplate) {
  const std::string text = WorkloadWith(kTheirs + "," + kOurs);
  const Json read = *ParseObjects(text);
  EXPECT_EQ(At(read, "/spec"), At(*ParseJson(text), "/spec"));
  const Json known = *ParseObjects(text, {.seal = SealOf(read)});
  EXPECT_EQ(At(known, "/spec"),
            (Json{{"replicas", 3}, {"template", Json::object()}, {"serviceName", "s"}}));
  EXPECT_EQ(At(known, "/status"), At(read, "/status"));
  EXPECT_EQ(*ParseObjects(text, {.seal = SealOf(read) + 1}), read);
}

TEST(ObjectTextTest, WithoutSpecInEachObjectOfAList) {
  const std::string list =
      R"({"items":[)" + WorkloadWith(kTheirs) + "," + WorkloadWith(kTheirs, "b") + "]}";
  const Json read = *ParseObjects(list, {.projection = Projection::kWithoutSpec});
  ASSERT_EQ(At(read, "/items").size(), 2U);
  for (const Json& item : At(read, "/items")) {
    EXPECT_EQ(At(item, "/spec"), Json::object());
    EXPECT_EQ(At(item, "/status"), (Json{{"replicas", 1}}));
  }
  EXPECT_EQ(StringAt(read, "/items/1/metadata/name"), "b");
}

TEST(ObjectTextTest, TheSealBreaksWithWhatTheEntryMayOwn) {
  const std::string labels = R"("labels":{"generation":"1"},)";
  const auto seal = [](const std::string& entry, const std::string& metadata) {
    return SealOf(*ParseObjects(ObjectWith(entry, metadata)));
  };
  const std::uint32_t intact = seal(kOurs, R"("generation":2,)" + labels);
  EXPECT_EQ(seal(kTheirs + "," + kOurs, R"("generation":2,)" + labels), intact);
  EXPECT_NE(seal(kOurs, R"("generation":3,)" + labels), intact);
  EXPECT_NE(seal(kOurs, R"("generation":2,"labels":{"generation":"2"},)"), intact);
  std::string taken = kOurs;
  taken.replace(taken.find("f:a"), 3, "f:b");
  EXPECT_NE(seal(taken, R"("generation":2,)" + labels), intact);
  EXPECT_EQ(seal(kOurs, labels), 0U) << "without generations nothing tells of data";
}

TEST(ObjectTextTest, MetadataAloneComesWithoutTheFieldsOfTheRest) {
  const std::string object = ObjectWith(kOurs, R"("generation":2,)");
  const Json metadata = *ParseObjects(R"({"kind":"PartialObjectMetadata",)" + object.substr(1));
  EXPECT_EQ(FieldsOf(metadata), Json::object());
  EXPECT_EQ(SealOf(metadata), SealOf(*ParseObjects(object)));
}

TEST(ObjectTextTest, TextThatLooksLikeItIsText) {
  const std::string object = Dump(Json{{"data", {{"a", ObjectWith(kTheirs)}}}});
  EXPECT_EQ(*ParseObjects(object), *ParseJson(object));
}

TEST(ObjectTextTest, InAnotherFormNothingIsLeftOut) {
  const std::string spaced = ParseJson(ObjectWith(kTheirs))->dump(2);
  EXPECT_EQ(*ParseObjects(spaced), *ParseJson(spaced));
}

TEST(ObjectTextTest, BrokenTextIsRefused) {
  const std::string whole = WorkloadWith(kTheirs + "," + kOurs);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string_view broken = std::string_view(whole).substr(0, size);
    EXPECT_FALSE(ParseObjects(broken).has_value()) << size;
    EXPECT_FALSE(ParseObjects(broken, {.projection = Projection::kWithoutSpec})) << size;
  }
  EXPECT_FALSE(ParseObjects(ObjectWith(kTheirs + ",")).has_value());
  EXPECT_FALSE(ParseObjects(ObjectWith(kTheirs + kTheirs + "7")).has_value());
}

}  // namespace
}  // namespace belvedere::kube
