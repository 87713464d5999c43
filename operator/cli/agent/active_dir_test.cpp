#include "operator/cli/agent/active_dir.h"

#include <gtest/gtest.h>

#include <fstream>

#include "operator/cli/agent/source_dir.h"
#include "operator/cli/agent/testing/mounts.h"

namespace belvedere::agent {
namespace {

const ConfigFiles kOne{{"config/a.yml", "one"}, {"rules/r.yaml", "r"}};
const ConfigFiles kTwo{{"config/a.yml", "two"}};

class ActiveDirTest : public testing::Test {
 protected:
  std::string Add(const ConfigFiles& files) {
    EXPECT_TRUE(active_.Write(ConfigHash(ViewsOf(files)), files));
    return ConfigHash(ViewsOf(files));
  }

  const TemporaryDir dir_;
  ActiveDir active_{dir_.path()};
};

TEST_F(ActiveDirTest, AnEmptyVolumeHasNothing) {
  EXPECT_EQ(active_.Current(), "");
  EXPECT_EQ(active_.LastGood(), "");
  EXPECT_FALSE(active_.Intact(""));
}

TEST_F(ActiveDirTest, TheOperandReadsThroughCurrent) {
  const std::string one = Add(kOne);
  const std::string two = Add(kTwo);
  ASSERT_TRUE(active_.Switch(one));
  EXPECT_EQ(ReadBytes(dir_.path() / "current/config/a.yml").value(), "one");
  ASSERT_TRUE(active_.Switch(two));
  EXPECT_EQ(ReadBytes(dir_.path() / "current/config/a.yml").value(), "two");
  EXPECT_EQ(active_.Current(), two);
}

TEST_F(ActiveDirTest, FilesAreReadableByEveryUser) {
  const std::string one = Add(kOne);
  const auto mode = std::filesystem::status(dir_.path() / one / "config/a.yml").permissions();
  EXPECT_EQ(mode, std::filesystem::perms{0644});
  EXPECT_EQ(std::filesystem::status(dir_.path() / one / "config").permissions(),
            std::filesystem::perms{0755});
}

TEST_F(ActiveDirTest, AVersionWithOtherBytesIsNotIntactAndIsWrittenAgain) {
  const std::string one = Add(kOne);
  EXPECT_TRUE(active_.Intact(one));
  std::ofstream(dir_.path() / one / "config/a.yml") << "torn";
  EXPECT_FALSE(active_.Intact(one));
  Add(kOne);
  EXPECT_TRUE(active_.Intact(one));
}

TEST_F(ActiveDirTest, PruneRemovesOtherVersionsAndNothingElse) {
  const std::string one = Add(kOne);
  const std::string two = Add(kTwo);
  ASSERT_TRUE(active_.Switch(one));
  ASSERT_TRUE(active_.MarkGood(one));
  std::filesystem::create_directory(dir_.path() / (".new-" + two));
  std::filesystem::create_directory(dir_.path() / "lost+found");
  ASSERT_TRUE(active_.Prune({one}));
  EXPECT_TRUE(active_.Intact(one));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / two));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / (".new-" + two)));
  EXPECT_TRUE(std::filesystem::exists(dir_.path() / "lost+found"));
  EXPECT_EQ(active_.Current(), one);
  EXPECT_EQ(active_.LastGood(), one);
}

TEST_F(ActiveDirTest, SaysWhatCannotBeWritten) {
  ActiveDir missing(dir_.path() / "missing");
  const Status written = missing.Write(ConfigHash(ViewsOf(kOne)), kOne);
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("missing"), std::string::npos);
}

}  // namespace
}  // namespace belvedere::agent
