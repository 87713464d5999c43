#include "operator/base/quantity.h"

#include <gtest/gtest.h>

#include <limits>

namespace belvedere {
namespace {

std::string CanonicalOf(std::string_view text) {
  const auto parsed = Quantity::Parse(text);
  return parsed ? parsed->Canonical() : "refused";
}

TEST(QuantityTest, CanonicalFormIsTheOneOfTheApiServer) {
  // Pairs taken from k8s.io/apimachinery v0.36.4.
  const std::pair<const char*, const char*> kPairs[] = {
      {"0", "0"},
      {"-0", "0"},
      {"500m", "500m"},
      {"0.5", "500m"},
      {"1000m", "1"},
      {"1e3", "1e3"},
      {"1e4", "10e3"},
      {"1.5e0", "1500e-3"},
      {"2Gi", "2Gi"},
      {"1.5Gi", "1536Mi"},
      {"2048Mi", "2Gi"},
      {"1024", "1024"},
      {"1Ki", "1Ki"},
      {"0.5Ki", "512"},
      {"1.1Ki", "1126400m"},
      {"1023Ki", "1023Ki"},
      {"-1.5Gi", "-1536Mi"},
      {"1000k", "1M"},
      {"+100", "100"},
      {".5", "500m"},
      {"5.", "5"},
      {"0.1n", "1n"},
      {"0.0000000001", "1n"},
      {"-0.0000000001", "-1n"},
      {"8Ei", "9223372036854775807"},
      {"-700070603n", "-700070603n"},
      {"80050E", "80050E"},
      {"5008093408647.42P", "5008093408647420T"},
  };
  for (const auto& [text, canonical] : kPairs) EXPECT_EQ(CanonicalOf(text), canonical) << text;
}

TEST(QuantityTest, RefusesWhatIsNoQuantity) {
  for (const char* text : {"",
                           "-",
                           ".",
                           "m",
                           "Gi",
                           "1.5.2",
                           "1 Gi",
                           " 1",
                           "1K",
                           "1ki",
                           "1mi",
                           "1e",
                           "1e+",
                           "1e+-3",
                           "1e5m",
                           "0x10",
                           "1e9999",
                           "NaN",
                           "--1",
                           "1Gib",
                           "99999999999E",
                           "1e28",
                           "0.1234567890123456789Gi"}) {
    const auto parsed = Quantity::Parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid) << text;
  }
}

TEST(QuantityTest, ComparesByValueAndNotByText) {
  const auto of = [](std::string_view text) { return Quantity::Parse(text).value(); };
  EXPECT_EQ(of("1Ki"), of("1024"));
  EXPECT_EQ(of("1000m"), of("1"));
  EXPECT_LT(of("1G"), of("1Gi"));
  EXPECT_GT(of("1"), of("-2"));
  EXPECT_EQ(of("1e3"), Quantity(1000));
}

TEST(QuantityTest, ValuesAreRoundedUpAndCutOff) {
  const auto of = [](std::string_view text) { return Quantity::Parse(text).value(); };
  EXPECT_EQ(of("1.1").Value(), 2);
  EXPECT_EQ(of("500m").Value(), 1);
  EXPECT_EQ(of("500m").MilliValue(), 500);
  EXPECT_EQ(of("1u").MilliValue(), 1);
  EXPECT_EQ(of("10Gi").Value(), 10737418240);
  EXPECT_EQ(of("100E").Value(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(of("-100E").Value(), std::numeric_limits<std::int64_t>::min());
}

TEST(QuantityTest, MadeFromANumberItUsesTheGivenSuffixes) {
  EXPECT_EQ(Quantity(8589934592, Quantity::Format::kBinarySi).Canonical(), "8Gi");
  EXPECT_EQ(Quantity(4000, Quantity::Format::kDecimalSi).Canonical(), "4k");
  EXPECT_EQ(Quantity().Canonical(), "0");
}

TEST(QuantityTest, ReadsJsonStringsAndNumbers) {
  EXPECT_EQ(Quantity::FromJson(Json("250m"))->Canonical(), "250m");
  EXPECT_EQ(Quantity::FromJson(Json(2))->Canonical(), "2");
  EXPECT_EQ(Quantity::FromJson(Json(0.5))->Canonical(), "500m");
  EXPECT_FALSE(Quantity::FromJson(Json(true)).has_value());
  EXPECT_FALSE(Quantity::FromJson(Json(nullptr)).has_value());
}

}  // namespace
}  // namespace belvedere
