#include "operator/cli/agent/source_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include "operator/cli/agent/testing/mounts.h"

namespace belvedere::agent {
namespace {

TEST(SourceDirTest, ReadsEachMountThroughItsDataLink) {
  const TemporaryDir dir;
  Mount(dir.path(), "config").Publish({{"prometheus.yml", "a: 1\n"}});
  Mount(dir.path(), "rules").Publish({{"node.yaml", "groups: []\n"}, {"app.yaml", ""}});

  const Result<ConfigFiles> files = SourceDir(dir.path()).Read();

  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(*files, (ConfigFiles{{"config/prometheus.yml", "a: 1\n"},
                                 {"rules/app.yaml", ""},
                                 {"rules/node.yaml", "groups: []\n"}}));
}

TEST(SourceDirTest, ReadsAPlainDirectoryAsItIs) {
  const TemporaryDir dir;
  std::filesystem::create_directory(dir.path() / "config");
  std::ofstream(dir.path() / "config" / "a.yml") << "a";
  EXPECT_EQ(SourceDir(dir.path()).Read().value(), (ConfigFiles{{"config/a.yml", "a"}}));
}

TEST(SourceDirTest, NamesADirectoryThatIsNotThere) {
  const Result<ConfigFiles> files = SourceDir("/nonexistent/source").Read();
  ASSERT_FALSE(files);
  EXPECT_THAT(files.error().message, testing::HasSubstr("/nonexistent/source"));
}

TEST(SourceDirTest, SignatureChangesWithTheContentOnly) {
  const TemporaryDir dir;
  Mount mount(dir.path(), "config");
  mount.Publish({{"a", "1"}});
  const SourceDir source(dir.path());
  const std::string before = source.Signature().value();
  EXPECT_EQ(source.Signature().value(), before);
  mount.Publish({{"a", "2"}});
  EXPECT_NE(source.Signature().value(), before);
}

TEST(SourceDirTest, SignatureOfAPlainDirectoryFollowsItsFiles) {
  const TemporaryDir dir;
  std::filesystem::create_directory(dir.path() / "config");
  std::ofstream(dir.path() / "config" / "a") << "1";
  const SourceDir source(dir.path());
  const std::string before = source.Signature().value();
  std::ofstream(dir.path() / "config" / "a") << "22";
  EXPECT_NE(source.Signature().value(), before);
}

TEST(SourceDirTest, NeverSeesHalfOfAnUpdate) {
  const TemporaryDir dir;
  Mount mount(dir.path(), "config");
  mount.Publish({{"a", "0"}, {"b", "0"}, {"c", "0"}});
  std::atomic<bool> done{false};
  std::jthread kubelet([&] {
    for (int version = 1; version <= 300; ++version) {
      const std::string text = std::to_string(version);
      mount.Publish({{"a", text}, {"b", text}, {"c", text}});
    }
    done = true;
  });

  const SourceDir source(dir.path());
  int seen = 0;
  while (!done) {
    const Result<ConfigFiles> files = source.Read();
    if (!files) continue;  // it moved too fast: an error, which the caller repeats
    ++seen;
    ASSERT_EQ(files->size(), 3U);
    EXPECT_EQ(files->at("config/a"), files->at("config/b"));
    EXPECT_EQ(files->at("config/b"), files->at("config/c"));
  }
  kubelet.join();
  EXPECT_EQ(source.Read().value().at("config/a"), "300");
  RecordProperty("reads", seen);
}

}  // namespace
}  // namespace belvedere::agent
