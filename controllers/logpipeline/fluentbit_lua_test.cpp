#include "controllers/logpipeline/fluentbit_lua.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "operator/base/json.h"
#include "operator/base/testing/command.h"
#include "operator/base/testing/temporary_dir.h"

namespace belvedere::logpipeline::fluentbit {
namespace {

// What a real Lua prints for `program` followed by `driver`.
std::string RunLua(const std::string& program, const std::string& driver) {
  const TemporaryDir dir;
  const std::string path = dir.path() / "program.lua";
  std::ofstream(path) << program << "\n" << driver << "\n";
  return RunCommand("lua5.3 " + path).output;
}

bool HasLua() { return std::system("lua5.3 -v >/dev/null 2>&1") == 0; }

std::string Redact(const std::string& regex, const std::string& text) {
  const Result<std::string> program =
      RedactProgram({.field = "log", .regex = regex, .replacement = "%1$0****"});
  EXPECT_TRUE(program) << regex << ": " << program.error().message;
  if (!program) return "";
  return RunLua(*program, "local r={log=" + Dump(text) +
                              "} local c,t,n=belvedere(\"x\",0,r)"
                              " if c==0 then n=r end io.write(n.log)");
}

TEST(FluentBitLua, RedactsWhatTheRegexMatches) {
  if (!HasLua()) GTEST_SKIP() << "needs lua5.3";
  const std::pair<const char*, const char*> cases[] = {
      {R"(\b[0-9]{16}\b)", "card 1234567890123456, not 12345678901234567 nor x1234567890123456"},
      {R"(\b[0-9]{16}\b)", "1234567890123456"},
      {R"(password=\S+)", "a password=secret b password=x"},
      {R"(foo|ba[rz]|\$\{x\})", "foo bar baz qux ${x} fo"},
      {R"([a-f0-9]{2,4}-?)", "ab-cdef0 1234567"},
      {R"(^a.c$)", "abc"},
      {R"(a\.b\\n%d)", "a.b\\n%d axb"},
      {R"([^ ,]+@[a-z.]+\.com)", "mail me@x.example.com, now"},
      {R"(x\]\[[\]\[]+)", "x][[]]"},
      {R"(\w+\s\W\d?)", "ab  %9"},
  };
  for (const auto& [regex, text] : cases) {
    const std::string want = std::regex_replace(text, std::regex(regex), std::string("%1$$0****"));
    EXPECT_EQ(Redact(regex, text), want) << regex;
  }
}

TEST(FluentBitLua, RefusesWhatLuaCannotMatch) {
  for (const char* regex :
       {"(a|b)c", "(?i)a", "a*?", "[a", "a{3,1}", "a{1000}", "\\pL", "", "a**", "x*y*z*w*", "\\b",
        " \\b ", "a^", "$a", "[^\\D]", "[z-a]", "é+", "|a"}) {
    EXPECT_FALSE(ToLuaPatterns(regex)) << regex;
  }
}

TEST(FluentBitLua, NoStringLeavesItsLiteral) {
  for (const std::string text : {"\") os.execute(\"id\") --", "]]", "\\", "\n", "${HOME}"}) {
    const Result<std::string> program =
        RedactProgram({.field = text, .regex = "a", .replacement = text});
    ASSERT_TRUE(program);
    EXPECT_EQ(program->find("execute"), std::string::npos);
    EXPECT_EQ(program->find("${"), std::string::npos);
    EXPECT_EQ(program->find('\n'), std::string::npos);
  }
}

TEST(FluentBitLua, RedactsFieldsThatAParserMadeOfTheField) {
  if (!HasLua()) GTEST_SKIP() << "needs lua5.3";
  const Result<std::string> program = RedactProgram(
      {.field = "log", .regex = "[0-9]{4}", .replacement = "*", .depth = Depth::kRecord});
  ASSERT_TRUE(program);
  EXPECT_EQ(RunLua(*program,
                   "local r={log='1111',a={b='x2222',n=3333},kubernetes={pod_name='p-4444'}}"
                   " local c,t,n=belvedere('x',0,r)"
                   " io.write(c,' ',n.log,' ',n.a.b,' ',n.a.n,' ',n.kubernetes.pod_name)"),
            "2 * x* 3333 p-4444");
}

TEST(FluentBitLua, ThrottlesEachNamespaceByItself) {
  if (!HasLua()) GTEST_SKIP() << "needs lua5.3";
  // The clock stands still, then moves by a second.
  const std::string driver =
      "local now=1 os.time=function() return now end local kept={a=0,b=0}"
      " for i=1,20 do for k in pairs(kept) do"
      " local c=belvedere('x',0,{kubernetes={namespace_name=k}}) if c~=-1 then kept[k]=kept[k]+1 "
      "end"
      " end if i==10 then now=2 end end io.write(kept.a,' ',kept.b)";
  EXPECT_EQ(RunLua(ThrottleProgram(3, Per::kNamespace), driver), "6 6");
  const std::string total =
      RunLua(ThrottleProgram(3, Per::kPipeline), driver + " io.write(' ',kept.a+kept.b)");
  EXPECT_TRUE(total.ends_with(" 6")) << total;
}

TEST(FluentBitLua, SamplesItsShare) {
  if (!HasLua()) GTEST_SKIP() << "needs lua5.3";
  EXPECT_EQ(
      RunLua(SampleProgram(15),
             "local n=0 for i=1,1000 do if belvedere('x',0,{})==0 then n=n+1 end end io.write(n)"),
      "150");
}

TEST(FluentBitLua, KeepsTheLabelsThatAreNamed) {
  if (!HasLua()) GTEST_SKIP() << "needs lua5.3";
  const std::string driver =
      "local r={log='x',kubernetes={pod_name='p',labels={['a/b']='1',c='2'}}}"
      " local c,t,n=belvedere('x',0,r) local k=n.kubernetes"
      " io.write(c,k.pod_name) for l,v in pairs(k.labels or {none=0}) do io.write(' ',l,v) end";
  EXPECT_EQ(RunLua(KeepLabelsProgram({"a/b", "d"}), driver), "2p a/b1");
  EXPECT_EQ(RunLua(KeepLabelsProgram({}), driver), "2p none0");
  EXPECT_EQ(RunLua(KeepLabelsProgram({"c"}), "io.write((belvedere('x',0,{log='x'})))"), "0");
}

}  // namespace
}  // namespace belvedere::logpipeline::fluentbit
