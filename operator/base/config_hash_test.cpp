#include "operator/base/config_hash.h"

#include <gtest/gtest.h>

namespace belvedere {
namespace {

TEST(ConfigHashTest, IsFixedForEver) {
  // Worked out apart from this code: operators and agents of different releases must agree.
  EXPECT_EQ(ConfigHash({{"rules/b.yml", ""}, {"config/a.yml", "x: 1\n"}}),
            "7a66564c7019d13627665f7cf38897db958e72f8663c5a7e11be307fc323f41b");
}

TEST(ConfigHashTest, EveryPathAndByteCounts) {
  const std::string base = ConfigHash({{"a", "1"}});
  EXPECT_NE(base, ConfigHash({{"b", "1"}}));
  EXPECT_NE(base, ConfigHash({{"a", "2"}}));
  EXPECT_NE(base, ConfigHash({{"a1", ""}}));
  EXPECT_NE(base, ConfigHash({{"a", "1"}, {"c", ""}}));
}

}  // namespace
}  // namespace belvedere
