#pragma once

#include <string>

#include "controllers/logpipeline/outputs/common.h"

// What writing to a Loki takes, whether it belongs to a stack or to somebody else.
namespace belvedere::logpipeline {

struct LokiClient {
  Url url;
  Tls tls;
  std::string tenant;  // X-Scope-OrgID; empty: none
  Account account;

  OtelExporter Otel() const;
  FluentBitOutput FluentBit(const OutputContext& context) const;
};

}  // namespace belvedere::logpipeline
