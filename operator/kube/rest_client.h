#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/metrics.h"
#include "operator/http/transport.h"
#include "operator/kube/client.h"

namespace belvedere::kube {

struct RestOptions {
  std::chrono::milliseconds timeout = std::chrono::seconds(20);  // one attempt of a unary call
  int max_attempts = 5;
  std::string host;  // label of the metrics; the transport knows the real one
};

// Client over HTTP. References must outlive it.
std::unique_ptr<Client> MakeRestClient(http::Transport& transport, Clock& clock, Metrics& metrics,
                                       RestOptions options = {});

}  // namespace belvedere::kube
