#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "controllers/config/yaml.h"
#include "controllers/monitoringstack/testing/stacks.h"
#include "operator/base/hash.h"

// What a spec gives, byte for byte. BELVEDERE_UPDATE_GOLDEN=1 writes the files anew; read the diff.
namespace belvedere::monitoringstack {
namespace {

namespace fs = std::filesystem;

const fs::path& TestData() {
  static const fs::path kPath = fs::path(__FILE__).parent_path() / "testdata";
  return kPath;
}

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Either compares, or writes and passes.
void Check(const fs::path& path, const std::string& text) {
  if (std::getenv("BELVEDERE_UPDATE_GOLDEN") != nullptr) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  EXPECT_EQ(ReadAll(path), text) << path << ": set BELVEDERE_UPDATE_GOLDEN=1 to write it anew";
}

// Config files get a golden file of their own; rule files stand in config/rules already.
Json WithoutFiles(Json object, const fs::path& folder) {
  if (!object.contains("data")) return object;
  for (auto& [key, value] : object["data"].items()) {
    const auto text = value.get<std::string>();
    if (key.ends_with(".yml") || key.ends_with(".ini")) Check(folder / key, text);
    value = "sha256:" + HashOf(text);
  }
  return object;
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, PlanIsUnchanged) {
  const fs::path folder = TestData() / GetParam();
  const auto stack = testing::MakeStack("monitoring", "main", ReadAll(folder / "spec.yaml"));
  const runtime::Plan plan = testing::PlanOf(stack);
  ASSERT_FALSE(plan.refused.has_value()) << plan.refused->message;
  std::string documents;
  for (const runtime::Intent& intent : plan.intents) {
    const Result<std::string> yaml = config::ToYaml(WithoutFiles(intent.object, folder));
    ASSERT_TRUE(yaml.has_value());
    documents += "---\n" + *yaml;
  }
  Check(folder / "plan.yaml", documents);
}

INSTANTIATE_TEST_SUITE_P(Specs, Golden,
                         ::testing::Values("minimal", "demo", "full", "bare", "logs"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace belvedere::monitoringstack
