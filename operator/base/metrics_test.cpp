#include "operator/base/metrics.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <thread>

namespace belvedere {
namespace {

TEST(MetricsTest, RendersFamiliesAndSeriesSorted) {
  Metrics metrics;
  metrics.GetGauge("b_depth", "Depth.").Set(2.5);
  metrics.GetCounter("a_total", "Things.", {{"kind", "y"}}).Add(3);
  metrics.GetCounter("a_total", "Things.", {{"kind", "x"}}).Add();
  EXPECT_EQ(metrics.Render(),
            "# HELP a_total Things.\n"
            "# TYPE a_total counter\n"
            "a_total{kind=\"x\"} 1\n"
            "a_total{kind=\"y\"} 3\n"
            "# HELP b_depth Depth.\n"
            "# TYPE b_depth gauge\n"
            "b_depth 2.5\n");
}

TEST(MetricsTest, SameNameAndLabelsInAnyOrderAreOneSeries) {
  Metrics metrics;
  Counter& first = metrics.GetCounter("a_total", "A.", {{"x", "1"}, {"y", "2"}});
  Counter& second = metrics.GetCounter("a_total", "A.", {{"y", "2"}, {"x", "1"}});
  EXPECT_EQ(&first, &second);
}

TEST(MetricsTest, EscapesLabelValuesAndHelp) {
  Metrics metrics;
  metrics.GetCounter("a_total", "back\\slash\nline", {{"v", "q\"b\\n\n"}});
  EXPECT_EQ(metrics.Render(),
            "# HELP a_total back\\\\slash\\nline\n"
            "# TYPE a_total counter\n"
            "a_total{v=\"q\\\"b\\\\n\\n\"} 0\n");
}

TEST(MetricsTest, HistogramBucketsAreCumulativeAndBoundsInclusive) {
  Metrics metrics;
  Histogram& histogram = metrics.GetHistogram("h", "H.", {0.1, 1}, {{"k", "v"}});
  histogram.Observe(0.1);
  histogram.Observe(0.5);
  histogram.Observe(7);
  EXPECT_EQ(metrics.Render(),
            "# HELP h H.\n"
            "# TYPE h histogram\n"
            "h_bucket{k=\"v\",le=\"0.1\"} 1\n"
            "h_bucket{k=\"v\",le=\"1\"} 2\n"
            "h_bucket{k=\"v\",le=\"+Inf\"} 3\n"
            "h_sum{k=\"v\"} 7.6\n"
            "h_count{k=\"v\"} 3\n");
}

TEST(MetricsTest, WritesInfinityAndNotANumberAsPrometheusReadsThem) {
  Metrics metrics;
  metrics.GetGauge("a", "A.").Set(std::numeric_limits<double>::infinity());
  metrics.GetGauge("b", "B.").Set(-std::numeric_limits<double>::infinity());
  metrics.GetGauge("c", "C.").Set(std::numeric_limits<double>::quiet_NaN());
  const std::string text = metrics.Render();
  EXPECT_NE(text.find("\na +Inf\n"), std::string::npos);
  EXPECT_NE(text.find("\nb -Inf\n"), std::string::npos);
  EXPECT_NE(text.find("\nc NaN\n"), std::string::npos);
}

TEST(MetricsTest, OneNameWithTwoTypesIsAProgrammerError) {
  Metrics metrics;
  metrics.GetCounter("a", "A.");
  EXPECT_THROW(metrics.GetGauge("a", "A."), std::logic_error);
}

TEST(MetricsTest, BoundsMustAscend) { EXPECT_THROW(Histogram({2, 1}), std::logic_error); }

TEST(MetricsTest, LatencyBoundsRunFromFiveMillisecondsToAMinute) {
  EXPECT_EQ(LatencyBounds().front(), 0.005);
  EXPECT_EQ(LatencyBounds().back(), 60);
  EXPECT_NO_THROW(Histogram{LatencyBounds()});
}

TEST(MetricsTest, ConcurrentUseLosesNothing) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&metrics] {
        for (int n = 0; n < 1000; ++n) {
          metrics.GetCounter("a_total", "A.").Add();
          metrics.GetHistogram("h", "H.", {1}).Observe(0.5);
          if (n % 100 == 0) static_cast<void>(metrics.Render());
        }
      });
    }
  }
  EXPECT_EQ(metrics.GetCounter("a_total", "A.").value(), 4000U);
  EXPECT_EQ(metrics.GetHistogram("h", "H.", {1}).sum(), 2000);
}

}  // namespace
}  // namespace belvedere
