#include "operator/cli/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <vector>

#include "operator/base/json.h"
#include "operator/cli/command.h"

namespace belvedere::cli {
namespace {

using testing::HasSubstr;

class CliTest : public testing::Test {
 protected:
  int Belvedere(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "belvedere");
    out_.str("");
    err_.str("");
    return cli::Run(static_cast<int>(arguments.size()), arguments.data(), {in_, out_, err_});
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
};

class EachCommand : public CliTest, public testing::WithParamInterface<const char*> {};

TEST_P(EachCommand, HasHelp) {
  EXPECT_EQ(Belvedere({GetParam(), "--help"}), kOk);
  EXPECT_THAT(out(), HasSubstr("--help"));
  EXPECT_EQ(err(), "");
}

TEST_P(EachCommand, RefusesAnUnknownFlag) {
  EXPECT_EQ(Belvedere({GetParam(), "--no-such-flag"}), kUsage);
  EXPECT_EQ(out(), "");
  EXPECT_THAT(err(), HasSubstr(std::string("belvedere ") + GetParam() + " --help"));
}

INSTANTIATE_TEST_SUITE_P(Commands, EachCommand, testing::Values("agent", "completion", "version"));

TEST_F(CliTest, HelpListsTheCommands) {
  EXPECT_EQ(Belvedere({"--help"}), kOk);
  EXPECT_THAT(out(), HasSubstr("agent"));
  EXPECT_THAT(out(), HasSubstr("Exit codes"));
}

TEST_F(CliTest, NoCommandIsWrongUsage) {
  EXPECT_EQ(Belvedere({}), kUsage);
  EXPECT_THAT(err(), HasSubstr("belvedere --help"));
  EXPECT_EQ(Belvedere({"dance"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("'dance' is not a command"));
}

TEST_F(CliTest, VersionTellsWhatWasBuilt) {
  EXPECT_EQ(Belvedere({"version", "-o", "json"}), kOk);
  const Json version = ParseJson(out()).value();
  EXPECT_THAT(StringAt(version, "/version"), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_NE(StringAt(version, "/commit"), "");
  EXPECT_THAT(StringAt(version, "/compiler"), testing::AnyOf(HasSubstr("gcc"), HasSubstr("clang")));
  EXPECT_EQ(Belvedere({"version"}), kOk);
  EXPECT_THAT(out(), HasSubstr("belvedere " + StringAt(version, "/version")));
}

TEST_F(CliTest, CompletionKnowsEachCommandAndFlag) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(Belvedere({"completion", shell}), kOk) << err();
    EXPECT_THAT(out(), HasSubstr("agent"));
    EXPECT_THAT(out(), HasSubstr("reload-url"));
  }
  EXPECT_EQ(Belvedere({"completion", "tcsh"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("tcsh"));
}

TEST_F(CliTest, BashTakesItsCompletion) {
  ASSERT_EQ(Belvedere({"completion", "bash"}), kOk);
  const std::string script = out() +
                             "COMP_WORDS=(belvedere agent --rel); COMP_CWORD=2; _belvedere; "
                             "test \"${COMPREPLY[*]}\" = '--reload-url --reload-timeout'";
  setenv("BELVEDERE_TEST_SCRIPT", script.c_str(), 1);
  EXPECT_EQ(std::system("bash -c \"$BELVEDERE_TEST_SCRIPT\""), 0);
  unsetenv("BELVEDERE_TEST_SCRIPT");
}

TEST_F(CliTest, AgentNamesTheFlagThatIsMissing) {
  EXPECT_EQ(
      Belvedere({"agent", "--active", "/a", "--reload-url", "http://x", "--ready-url", "http://x"}),
      kUsage);
  EXPECT_THAT(err(), HasSubstr("--source"));
}

TEST_F(CliTest, AgentRefusesWhatIsNoUrlAndNoAddress) {
  EXPECT_EQ(Belvedere({"agent", "--source", "/s", "--active", "/a", "--reload-url", "localhost:1",
                       "--ready-url", "http://x"}),
            kUsage);
  EXPECT_THAT(err(), HasSubstr("--reload-url: localhost:1"));
  EXPECT_EQ(Belvedere({"agent", "--source", "/s", "--active", "/a", "--reload-url", "http://x",
                       "--ready-url", "http://x", "--listen", "8081"}),
            kUsage);
  EXPECT_THAT(err(), HasSubstr("--listen: '8081'"));
}

TEST_F(CliTest, FlagsComeFromTheEnvironmentToo) {
  setenv("BELVEDERE_AGENT_SOURCE", "/s", 1);
  setenv("BELVEDERE_AGENT_POLL", "soon", 1);
  EXPECT_EQ(Belvedere({"agent", "--active", "/a", "--reload-url", "x", "--ready-url", "y"}),
            kUsage);
  EXPECT_THAT(err(), HasSubstr("soon"));
  unsetenv("BELVEDERE_AGENT_POLL");
  EXPECT_EQ(Belvedere({"agent", "--active", "/a", "--reload-url", "x", "--ready-url", "y"}),
            kUsage);
  EXPECT_THAT(err(), HasSubstr("--reload-url"));
  unsetenv("BELVEDERE_AGENT_SOURCE");
}

TEST(ParseListenAddressTest, TakesHostAndPort) {
  EXPECT_EQ(ParseListenAddress(":8081")->host, "0.0.0.0");
  EXPECT_EQ(ParseListenAddress(":8081")->port, 8081);
  EXPECT_EQ(ParseListenAddress("127.0.0.1:0")->host, "127.0.0.1");
  EXPECT_EQ(ParseListenAddress("[::1]:80")->host, "::1");
  for (const char* wrong : {"", "8081", ":", ":x", ":70000", ":-1"}) {
    EXPECT_FALSE(ParseListenAddress(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace belvedere::cli
