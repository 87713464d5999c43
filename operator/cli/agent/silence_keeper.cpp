#include "operator/cli/agent/silence_keeper.h"

#include "operator/base/json.h"
#include "operator/base/log.h"
#include "operator/cli/agent/reloader.h"
#include "operator/cli/agent/silences.h"
#include "operator/cli/agent/source_dir.h"

namespace belvedere::agent {
namespace {

Counter& Changes(Metrics& metrics, const std::string& change) {
  return metrics.GetCounter("belvedere_agent_silence_changes_total",
                            "Silences that were made or changed, and ended, to be as the config "
                            "says.",
                            {{"change", change}});
}

}  // namespace

SilenceKeeper::SilenceKeeper(HttpOperand::Call api, Clock& clock, Metrics& metrics, Options options)
    : api_(std::move(api)),
      clock_(clock),
      options_(std::move(options)),
      in_line_(metrics.GetGauge("belvedere_agent_silences_kept",
                                "1 when the operand's silences are as the config says.")),
      posted_(Changes(metrics, "posted")),
      expired_(Changes(metrics, "expired")),
      due_(clock.Now()) {}

SteadyTime SilenceKeeper::Step(std::stop_token stop) {
  const Result<Json> wanted = ReadWanted();
  if (wanted && *wanted == seen_ && clock_.Now() < due_) return due_;
  const Status kept = wanted ? PutRight(*wanted, stop) : Status(Fail(wanted.error()));
  Note(kept);
  if (wanted) seen_ = *wanted;
  due_ = clock_.Now() + (kept ? options_.check : options_.retry);
  return due_;
}

Result<Json> SilenceKeeper::ReadWanted() const {
  std::error_code error;
  if (!std::filesystem::exists(options_.file.parent_path(), error)) {
    return Fail(ErrorCode::kNotFound, "there is no config yet");
  }
  if (!std::filesystem::exists(options_.file, error)) return Json::array();
  const Result<std::string> bytes = ReadBytes(options_.file);
  if (!bytes) return Fail(bytes.error());
  Result<Json> list = ParseJson(*bytes);
  if (list && !list->is_array()) return Fail(ErrorCode::kDecode, "its silences are no list");
  return list;
}

Status SilenceKeeper::PutRight(const Json& wanted, const std::stop_token& stop) {
  const Result<Json> live = Ask(http::Method::kGet, "/silences", "", stop);
  if (!live) return Fail(live.error());
  if (!live->is_array()) return Fail(ErrorCode::kDecode, "its answer is no list of silences");
  const SilenceChanges changes = CompareSilences(wanted, *live, clock_.WallNow());
  Status all;
  // One that it refuses must not keep it from the others.
  const auto change = [&](Counter& counter, const Result<Json>& done) {
    if (done) counter.Add();
    if (!done) all = Fail(done.error());
  };
  for (const Json& silence : changes.post) {
    change(posted_, Ask(http::Method::kPost, "/silences", Dump(silence), stop));
  }
  for (const std::string& id : changes.expire) {
    change(expired_, Ask(http::Method::kDelete, "/silence/" + id, "", stop));
  }
  if (!changes.post.empty() || !changes.expire.empty()) {
    log::Info("silences changed", {{"posted", std::to_string(changes.post.size())},
                                   {"ended", std::to_string(changes.expire.size())}});
  }
  return all;
}

Result<Json> SilenceKeeper::Ask(http::Method method, const std::string& path, std::string body,
                                const std::stop_token& stop) const {
  http::Request request{.method = method, .target = api_.target + path, .body = std::move(body)};
  if (!request.body.empty()) request.headers["Content-Type"] = "application/json";
  const Result<http::Response> response = api_.transport.RoundTrip(request, api_.timeout, stop);
  if (!response) return Fail(response.error());
  if (response->status < 200 || response->status > 299) {
    return Fail(ErrorCode::kInvalid, path + ": HTTP " + std::to_string(response->status) + " " +
                                         Trimmed(response->body, 256));
  }
  return response->body.empty() ? Json() : ParseJson(response->body);
}

void SilenceKeeper::Note(const Status& status) {
  in_line_.Set(status ? 1 : 0);
  std::string trouble = status ? "" : status.error().message;
  if (trouble != trouble_ && !trouble.empty()) {
    log::Warn("silences cannot be kept", {{"error", trouble}});
  }
  trouble_ = std::move(trouble);
}

}  // namespace belvedere::agent
