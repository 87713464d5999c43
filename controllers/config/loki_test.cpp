#include "controllers/config/loki.h"

#include <gtest/gtest.h>

namespace belvedere::config {
namespace {

using monitoringstack::Logs;

Logs OnVolume() { return {.retention_days = 7, .limits = {.ingestion_rate_mb = 8}}; }

TEST(LokiConfig, KeepsTenantsApartAndTellsNobody) {
  const Json config = LokiConfig(OnVolume(), "peers");
  EXPECT_EQ(config["auth_enabled"], true);
  EXPECT_EQ(config["querier"]["multi_tenant_queries_enabled"], true);
  EXPECT_EQ(config["analytics"]["reporting_enabled"], false);
}

TEST(LokiConfig, DeletesWhatIsOlderThanTheRetention) {
  const Json config = LokiConfig(OnVolume(), "peers");
  EXPECT_EQ(config["limits_config"]["retention_period"], "168h");
  EXPECT_EQ(config["compactor"]["retention_enabled"], true);
  EXPECT_EQ(config["compactor"]["delete_request_store"], "filesystem");
  // Loki applies retention to daily index tables only.
  EXPECT_EQ(config["schema_config"]["configs"][0]["index"]["period"], "24h");
}

TEST(LokiConfig, OneReplicaNeedsNoPeers) {
  const Json config = LokiConfig(OnVolume(), "peers");
  EXPECT_FALSE(config.contains("memberlist"));
  EXPECT_EQ(config["common"]["ring"]["kvstore"]["store"], "inmemory");
  EXPECT_EQ(config["common"]["replication_factor"], 1);
}

TEST(LokiConfig, ReplicasFindEachOtherAndShareABucket) {
  Logs logs = OnVolume();
  logs.replicas = 3;
  logs.object_storage = "bucket";
  const Json config = LokiConfig(logs, "headless.ns.svc");
  EXPECT_EQ(config["memberlist"]["join_members"], Json::array({"headless.ns.svc:7946"}));
  EXPECT_EQ(config["common"]["replication_factor"], 3);
  EXPECT_EQ(config["schema_config"]["configs"][0]["object_store"], "s3");
  EXPECT_EQ(config["compactor"]["delete_request_store"], "s3");
  EXPECT_FALSE(config["common"]["storage"].contains("filesystem"));
  // The Secret's name is the pod's business; its content is nobody's.
  EXPECT_EQ(config.dump().find("\"bucket\""), std::string::npos);
}

}  // namespace
}  // namespace belvedere::config
