#include "controllers/alertpolicy/reach.h"

#include <gtest/gtest.h>

namespace belvedere::alertpolicy {
namespace {

using config::monitors::Severity;
using Names = std::vector<std::string>;

class Reach : public testing::Test {
 protected:
  Reach() {
    routes_.ns = "shop";
    routes_.targets = {{.severity = Severity::kPage, .to = "oncall"},
                       {.severity = Severity::kPage, .to = "secret-team"},
                       {.severity = Severity::kPage,
                        .to = config::receivers::Integration{.kind = "pagerduty", .fields = {}}}};
    alerting_.receivers = {
        {.name = "oncall", .allowed_namespaces = {}, .integration = {}},
        {.name = "secret-team", .allowed_namespaces = {"bank"}, .integration = {}},
        {.name = "all", .allowed_namespaces = {}, .integration = {}}};
  }

  config::routing::Policy routes_;
  monitoringstack::Alerting alerting_;
};

TEST_F(Reach, IsWhomThePolicyNamesAndMayName) {
  EXPECT_EQ(ReachOf(routes_, {Severity::kPage}, alerting_),
            (Names{"oncall", "spec.notify[2].pagerduty"}));
  EXPECT_EQ(ReachOf(routes_, {Severity::kTicket}, alerting_), Names());
}

TEST_F(Reach, IsTheFallbackWhereThePolicyNamesNobody) {
  alerting_.fallback = "all";
  EXPECT_EQ(ReachOf(routes_, {Severity::kTicket}, alerting_), Names{"all"});
  EXPECT_EQ(ReachOf(routes_, {Severity::kPage, Severity::kTicket}, alerting_),
            (Names{"oncall", "spec.notify[2].pagerduty", "all"}));
}

}  // namespace
}  // namespace belvedere::alertpolicy
