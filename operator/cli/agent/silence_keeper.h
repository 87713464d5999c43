#pragma once

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/json.h"
#include "operator/base/metrics.h"
#include "operator/cli/agent/operand.h"

namespace belvedere::agent {

// Keeps the operand's silences as a file of its config says: made, changed, ended with the file,
// and made again where somebody has ended one. One thread.
class SilenceKeeper {
 public:
  struct Options {
    std::filesystem::path file;  // a list; none beside a config that is there: no silences
    std::chrono::milliseconds check = std::chrono::seconds(30);
    std::chrono::milliseconds retry = std::chrono::seconds(5);
  };
  // `api`: the root of version 2.
  SilenceKeeper(HttpOperand::Call api, Clock& clock, Metrics& metrics, Options options);

  // Puts right what is due: at once after a change of the file, else each `check`. Returns when to
  // call again at the latest.
  SteadyTime Step(std::stop_token stop);

 private:
  Result<Json> ReadWanted() const;
  Status PutRight(const Json& wanted, const std::stop_token& stop);
  Result<Json> Ask(http::Method method, const std::string& path, std::string body,
                   const std::stop_token& stop) const;
  void Note(const Status& status);

  const HttpOperand::Call api_;
  Clock& clock_;
  const Options options_;
  Gauge& in_line_;
  Counter& posted_;
  Counter& expired_;
  Json seen_;  // the file when it was last put right; null: never
  SteadyTime due_;
  std::string trouble_;
};

}  // namespace belvedere::agent
