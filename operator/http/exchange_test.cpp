#include "operator/http/exchange.h"

#include <gtest/gtest.h>

#include <thread>

namespace belvedere::http {
namespace {

constexpr SteadyTime kNever = SteadyTime::max();

class ExchangeTest : public testing::Test {
 protected:
  bool Bring(std::string_view bytes) {
    return exchange_.OnBytes(bytes, [this] { ++resumed_; });
  }
  Exchange::Event Next() { return exchange_.Next(kNever, {}); }
  Exchange::What NextNow() { return exchange_.Next(RealClock().Now(), {}).what; }

  Exchange exchange_{Exchange::Wake::kAtLine, 4};
  int resumed_ = 0;
};

TEST_F(ExchangeTest, GivesHeadThenBytesThenEnd) {
  exchange_.OnHead({.status = 200});
  EXPECT_TRUE(Bring("ab"));
  EXPECT_TRUE(Bring("c"));
  exchange_.OnEnd(std::nullopt);
  const Exchange::Event head = Next();
  EXPECT_EQ(head.what, Exchange::What::kHead);
  EXPECT_EQ(head.head.status, 200);
  EXPECT_EQ(Next().bytes, "abc");
  const Exchange::Event end = Next();
  EXPECT_EQ(end.what, Exchange::What::kEnd);
  EXPECT_FALSE(end.error.has_value());
}

TEST_F(ExchangeTest, BytesWaitForTheHead) {
  EXPECT_TRUE(Bring("ab\n"));
  EXPECT_EQ(NextNow(), Exchange::What::kDeadline);
  exchange_.OnHead({.status = 200});
  EXPECT_EQ(Next().what, Exchange::What::kHead);
  EXPECT_EQ(Next().bytes, "ab\n");
}

TEST_F(ExchangeTest, ALineIsGivenWhenItIsWhole) {
  exchange_.OnHead({.status = 200});
  EXPECT_EQ(Next().what, Exchange::What::kHead);
  EXPECT_TRUE(Bring("a"));
  EXPECT_EQ(NextNow(), Exchange::What::kDeadline);
  EXPECT_TRUE(Bring("\nb"));
  EXPECT_EQ(Next().bytes, "a\nb");
  EXPECT_TRUE(Bring("c"));
  EXPECT_EQ(NextNow(), Exchange::What::kDeadline);
}

TEST(ExchangeOfAWholeResponseTest, GivesNothingBeforeTheEndUnlessItIsFull) {
  const auto never = [] {};
  Exchange exchange(Exchange::Wake::kAtEnd, 4);
  const auto next_now = [&exchange] { return exchange.Next(RealClock().Now(), {}).what; };
  exchange.OnHead({.status = 200});
  EXPECT_TRUE(exchange.OnBytes("a\n", never));
  EXPECT_EQ(next_now(), Exchange::What::kDeadline);
  EXPECT_FALSE(exchange.OnBytes("bc", never));
  EXPECT_EQ(next_now(), Exchange::What::kHead);
  EXPECT_EQ(exchange.Next(kNever, {}).bytes, "a\nbc");
  EXPECT_TRUE(exchange.OnBytes("d", never));
  EXPECT_EQ(next_now(), Exchange::What::kDeadline);
  exchange.OnEnd(std::nullopt);
  EXPECT_EQ(exchange.Next(kNever, {}).bytes, "d");
  EXPECT_EQ(next_now(), Exchange::What::kEnd);
}

TEST_F(ExchangeTest, BytesBeforeAFailureAreStillGiven) {
  exchange_.OnHead({.status = 200});
  Bring("ab");
  exchange_.OnEnd("broken");
  EXPECT_EQ(Next().what, Exchange::What::kHead);
  EXPECT_EQ(Next().bytes, "ab");
  EXPECT_EQ(Next().error, "broken");
}

TEST_F(ExchangeTest, AFailureMayComeBeforeTheHead) {
  exchange_.OnEnd("refused");
  const Exchange::Event end = Next();
  EXPECT_EQ(end.what, Exchange::What::kEnd);
  EXPECT_EQ(end.error, "refused");
}

TEST_F(ExchangeTest, WhenFullTheOtherSidePausesUntilBytesAreTaken) {
  exchange_.OnHead({.status = 200});
  EXPECT_FALSE(Bring("abcde"));
  EXPECT_EQ(Next().what, Exchange::What::kHead);
  EXPECT_EQ(resumed_, 0);
  EXPECT_EQ(Next().bytes, "abcde");
  EXPECT_EQ(resumed_, 1);
  EXPECT_TRUE(Bring("f"));
}

TEST_F(ExchangeTest, LeavingLetsAPausedSideGoOnAndDropsTheRest) {
  exchange_.OnHead({.status = 200});
  EXPECT_FALSE(Bring("abcde"));
  exchange_.Leave();
  EXPECT_EQ(resumed_, 1);
  EXPECT_TRUE(Bring("fghij"));
  EXPECT_FALSE(exchange_.AwaitEnd(RealClock().Now()));
  exchange_.OnEnd(std::nullopt);
  EXPECT_TRUE(exchange_.AwaitEnd(RealClock().Now()));
}

TEST_F(ExchangeTest, AStopComesFirst) {
  exchange_.OnHead({.status = 200});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(exchange_.Next(kNever, stop.get_token()).what, Exchange::What::kStopped);
}

TEST(ExchangeThreadsTest, EverythingArrivesInOrder) {
  Exchange exchange(Exchange::Wake::kAtLine, 64);
  std::string sent;
  for (int i = 0; i < 2000; ++i) sent += std::to_string(i) + "\n";
  std::jthread io([&] {
    exchange.OnHead({.status = 200});
    for (std::size_t at = 0; at < sent.size(); at += 7) {
      std::atomic<int> room{0};
      const std::string_view piece = std::string_view(sent).substr(at, 7);
      const auto resume = [&room] {
        room = 1;
        room.notify_one();
      };
      if (!exchange.OnBytes(piece, resume)) room.wait(0);
    }
    exchange.OnEnd(std::nullopt);
  });
  std::string got;
  for (auto event = exchange.Next(kNever, {}); event.what != Exchange::What::kEnd;
       event = exchange.Next(kNever, {})) {
    EXPECT_LT(event.bytes.size(), 64U + 7);
    got += event.bytes;
  }
  EXPECT_EQ(got, sent);
}

}  // namespace
}  // namespace belvedere::http
