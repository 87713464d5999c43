#include "operator/kube/path.h"

#include <gtest/gtest.h>

namespace belvedere::kube {
namespace {

constexpr ResourceType kClusterRole{"rbac.authorization.k8s.io/v1/ClusterRole/clusterroles",
                                    Scope::kCluster};

ResourceRef ConfigMapRef(const std::string& ns, const std::string& name) {
  return {types::kConfigMap, {ns, name}};
}

TEST(PathTest, NamesCoreAndGroupedObjects) {
  EXPECT_EQ(*ObjectPath(ConfigMapRef("ns", "a.b-c"), Subresource::kNone),
            "/api/v1/namespaces/ns/configmaps/a.b-c");
  EXPECT_EQ(*ObjectPath({types::kDeployment, {"ns", "web"}}, Subresource::kStatus),
            "/apis/apps/v1/namespaces/ns/deployments/web/status");
  EXPECT_EQ(*ObjectPath({types::kNamespace, {"", "ns"}}, Subresource::kNone),
            "/api/v1/namespaces/ns");
}

TEST(PathTest, NamesCollectionsOfOneNamespaceAndOfAll) {
  EXPECT_EQ(*CollectionPath(types::kPod, "ns"), "/api/v1/namespaces/ns/pods");
  EXPECT_EQ(*CollectionPath(types::kPod, ""), "/api/v1/pods");
  EXPECT_EQ(*CollectionPath(kClusterRole, ""), "/apis/rbac.authorization.k8s.io/v1/clusterroles");
  EXPECT_FALSE(CollectionPath(kClusterRole, "ns"));
}

TEST(PathTest, TakesColonsInRbacNamesOnly) {
  EXPECT_EQ(*ObjectPath({kClusterRole, {"", "system:node"}}, Subresource::kNone),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode");
  EXPECT_FALSE(ObjectPath(ConfigMapRef("ns", "system:node"), Subresource::kNone));
  for (const char* name : {"", ".", "..", "a/b", "a%2Fb"}) {
    EXPECT_FALSE(CheckName(kClusterRole, name)) << name;
  }
}

TEST(PathTest, RefusesWhatIsNoDnsName) {
  for (const char* name : {"", ".", "..", "a..b", ".a", "a.", "-a", "a-", "A", "a_b", "a/b", "a%b",
                           "a b", "a\n", "ä"}) {
    const auto path = ObjectPath(ConfigMapRef("ns", name), Subresource::kNone);
    ASSERT_FALSE(path) << name;
    EXPECT_EQ(path.error().code, ErrorCode::kInvalid);
  }
  for (const char* ns : {"a.b", "..", "A", "a/b"}) {
    EXPECT_FALSE(ObjectPath(ConfigMapRef(ns, "a"), Subresource::kNone)) << ns;
  }
}

TEST(PathTest, KeepsToTheLengthLimits) {
  EXPECT_TRUE(CheckName(types::kConfigMap, std::string(253, 'a')));
  EXPECT_FALSE(CheckName(types::kConfigMap, std::string(254, 'a')));
  EXPECT_TRUE(CheckNamespace(std::string(63, 'a')));
  EXPECT_FALSE(CheckNamespace(std::string(64, 'a')));
  EXPECT_FALSE(CheckName(types::kNamespace, std::string(64, 'a')));
}

TEST(PathTest, WantsANamespaceExactlyWhereThereIsOne) {
  EXPECT_FALSE(ObjectPath(ConfigMapRef("", "a"), Subresource::kNone));
  EXPECT_FALSE(ObjectPath({kClusterRole, {"ns", "a"}}, Subresource::kNone));
}

TEST(PathTest, EncodesQueriesAndLeavesEmptyValuesOut) {
  EXPECT_EQ(WithQuery("/p", {{"labelSelector", "a=b,c in (d,e)"}, {"none", ""}, {"limit", "5"}}),
            "/p?labelSelector=a%3Db%2Cc%20in%20%28d%2Ce%29&limit=5");
  EXPECT_EQ(WithQuery("/p", {{"none", ""}}), "/p");
  EXPECT_EQ(PercentEncode("\xff&#?"), "%FF%26%23%3F");
}

TEST(ResourceTest, ReadsMetadataAndForgivesItsAbsence) {
  const Json object{
      {"metadata",
       {{"name", "n"},
        {"namespace", "ns"},
        {"uid", "u"},
        {"resourceVersion", "42"},
        {"generation", 3},
        {"labels", {{"a/b", "c"}}},
        {"ownerReferences",
         Json::array({{{"uid", "other"}}, {{"uid", "owner"}, {"controller", true}}})}}}};
  EXPECT_EQ(KeyOf(object), (ObjectKey{"ns", "n"}));
  EXPECT_EQ(UidOf(object), "u");
  EXPECT_EQ(ResourceVersionOf(object), 42U);
  EXPECT_EQ(GenerationOf(object), 3);
  EXPECT_EQ(LabelOf(object, "a/b"), "c");
  EXPECT_EQ(AnnotationOf(object, "a/b"), "");
  EXPECT_EQ(ControllerUidOf(object), "owner");
  EXPECT_EQ(KeyOf(Json()), ObjectKey{});
  EXPECT_EQ(ResourceVersionOf(Json{{"metadata", {{"resourceVersion", "x1"}}}}), 0U);
  EXPECT_EQ(ToString(ResourceRef{types::kConfigMap, {"ns", "n"}}), "ConfigMap ns/n");
}

}  // namespace
}  // namespace belvedere::kube
