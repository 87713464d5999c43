#include "operator/cli/manifests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "operator/cli/agent/testing/mounts.h"

namespace belvedere::cli {
namespace {

using testing::HasSubstr;

std::vector<std::string> NamesIn(const std::string& text) {
  const Result<std::vector<Manifest>> manifests = ParseManifests(text, "file");
  EXPECT_TRUE(manifests) << manifests.error().message;
  std::vector<std::string> names;
  for (const Manifest& manifest : manifests.value_or(std::vector<Manifest>{})) {
    names.push_back(StringAt(manifest.object, "/metadata/name"));
  }
  return names;
}

std::string Document(const std::string& name) {
  return "apiVersion: v1\nkind: Thing\nmetadata: {name: " + name + "}\n";
}

std::string ErrorIn(const std::string& text) {
  const Result<std::vector<Manifest>> manifests = ParseManifests(text, "file");
  EXPECT_FALSE(manifests);
  return manifests ? "" : manifests.error().message;
}

TEST(ParseManifestsTest, PartsDocuments) {
  const std::vector<std::string> both{"a", "b"};
  EXPECT_EQ(NamesIn(Document("a") + "---\n" + Document("b")), both);
  EXPECT_EQ(NamesIn("---\n" + Document("a") + "--- # next\n" + Document("b") + "---\n"), both);
  EXPECT_EQ(NamesIn("# only words\n---\n\n---\n" + Document("a")), std::vector<std::string>{"a"});
  EXPECT_EQ(NamesIn(""), std::vector<std::string>{});
}

TEST(ParseManifestsTest, ATextMayHoldDashes) {
  const std::string text = Document("a") + "data:\n  k: |\n    x\n    ---\n    y\n";
  const auto manifests = ParseManifests(text, "file");
  ASSERT_TRUE(manifests) << manifests.error().message;
  ASSERT_EQ(manifests->size(), 1U);
  EXPECT_EQ(StringAt(manifests->front().object, "/data/k"), "x\n---\ny\n");
}

TEST(ParseManifestsTest, ReadsJsonAndLists) {
  EXPECT_EQ(NamesIn(R"({"apiVersion":"v1","kind":"List","items":[
    {"apiVersion":"v1","kind":"Thing","metadata":{"name":"a"}},
    {"apiVersion":"v1","kind":"Thing","metadata":{"name":"b"}}]})"),
            (std::vector<std::string>{"a", "b"}));
}

TEST(ParseManifestsTest, ErrorsNameTheDocument) {
  EXPECT_THAT(ErrorIn(Document("a") + "---\na: [\n"), HasSubstr("file, document 2: "));
  EXPECT_THAT(ErrorIn("just text"), HasSubstr("file: is not an object"));
  EXPECT_THAT(ErrorIn("a: 1\n"), HasSubstr("needs apiVersion and kind"));
}

TEST(ReadManifestsTest, ReadsFilesDirectoriesAndStandardInput) {
  const TemporaryDir dir;
  std::ofstream(dir.path() / "2.yaml") << Document("two");
  std::ofstream(dir.path() / "1.yml") << Document("one");
  std::ofstream(dir.path() / "notes.txt") << "not: a manifest";
  std::istringstream in(Document("zero"));
  std::ostringstream out;
  const Result<std::vector<Manifest>> manifests =
      ReadManifests({"-", dir.path().string(), (dir.path() / "2.yaml").string()}, {in, out, out});
  ASSERT_TRUE(manifests) << manifests.error().message;
  std::vector<std::string> names;
  for (const auto& manifest : *manifests)
    names.push_back(StringAt(manifest.object, "/metadata/name"));
  EXPECT_EQ(names, (std::vector<std::string>{"zero", "one", "two", "two"}));
  EXPECT_THAT(manifests->back().origin, HasSubstr("2.yaml"));
}

TEST(ReadManifestsTest, NamesAFileThatIsNotThere) {
  std::istringstream in;
  std::ostringstream out;
  const auto manifests = ReadManifests({"/nonexistent.yaml"}, {in, out, out});
  ASSERT_FALSE(manifests);
  EXPECT_THAT(manifests.error().message, HasSubstr("/nonexistent.yaml"));
}

}  // namespace
}  // namespace belvedere::cli
