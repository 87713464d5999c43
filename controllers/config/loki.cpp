#include "controllers/config/loki.h"

namespace belvedere::config {
namespace {

using monitoringstack::Logs;

// Between its own parts: 5,000 lines of a query's answer must fit, or the query hangs.
constexpr int kMaxMessageBytes = 64 << 20;

std::string Under(const std::string& folder) { return std::string(kLokiData) + "/" + folder; }

const char* StoreOf(const Logs& logs) { return logs.object_storage.empty() ? "filesystem" : "s3"; }

// Written to by one replica at a time, since only an odd number of three can lose one and go on.
int CopiesOf(const Logs& logs) { return logs.replicas < 3 ? 1 : 3; }

Json Common(const Logs& logs) {
  const bool alone = logs.replicas == 1;
  Json common = {{"path_prefix", kLokiData},
                 {"replication_factor", CopiesOf(logs)},
                 {"instance_addr", alone ? "127.0.0.1" : "${POD_IP}"},
                 {"ring", {{"kvstore", {{"store", alone ? "inmemory" : "memberlist"}}}}}};
  if (logs.object_storage.empty()) {
    common["storage"]["filesystem"] = {{"chunks_directory", Under("chunks")},
                                       {"rules_directory", Under("rules")}};
  } else {
    // Keys are read by the client of S3 itself, from the file that AWS_SHARED_CREDENTIALS_FILE
    // names.
    common["storage"]["s3"] = {{"bucketnames", "${S3_BUCKET}"},
                               {"region", "${S3_REGION}"},
                               {"endpoint", "${S3_ENDPOINT:-}"},
                               {"s3forcepathstyle", true}};
  }
  return common;
}

Json Schema(const Logs& logs) {
  Json config = {{"from", "2024-04-01"},
                 {"store", "tsdb"},
                 {"object_store", StoreOf(logs)},
                 {"schema", "v13"},
                 {"index", {{"prefix", "index_"}, {"period", "24h"}}}};
  Json schema = {{"configs", Json::array()}};
  schema["configs"].push_back(std::move(config));
  return schema;
}

Json Limits(const Logs& logs) {
  const int rate = logs.limits.ingestion_rate_mb;
  return Json{{"retention_period", std::to_string(logs.retention_days * 24) + "h"},
              {"ingestion_rate_mb", rate},
              {"ingestion_burst_size_mb", 2 * rate},
              {"max_global_streams_per_user", logs.limits.max_streams},
              {"allow_structured_metadata", true},
              {"volume_enabled", true}};
}

Json Compactor(const Logs& logs) {
  return Json{{"working_directory", Under("compactor")},
              {"compaction_interval", "10m"},
              {"retention_enabled", true},
              {"retention_delete_delay", "2h"},
              {"delete_request_store", StoreOf(logs)}};
}

}  // namespace

Json LokiConfig(const Logs& logs, const std::string& gossip_host) {
  Json config = {{"auth_enabled", true},
                 {"analytics", {{"reporting_enabled", false}}},
                 {"server",
                  {{"http_listen_port", kLokiWebPort},
                   {"grpc_listen_port", kLokiGrpcPort},
                   {"grpc_server_max_recv_msg_size", kMaxMessageBytes},
                   {"grpc_server_max_send_msg_size", kMaxMessageBytes},
                   {"log_level", "warn"}}},
                 {"common", Common(logs)},
                 {"schema_config", Schema(logs)},
                 {"limits_config", Limits(logs)},
                 {"compactor", Compactor(logs)},
                 {"querier", {{"multi_tenant_queries_enabled", true}}}};
  if (logs.replicas > 1) {
    const std::string peers = gossip_host + ":" + std::to_string(kLokiGossipPort);
    config["memberlist"] = {{"bind_port", kLokiGossipPort}, {"join_members", Json::array({peers})}};
  }
  return config;
}

}  // namespace belvedere::config
