#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/result.h"
#include "operator/http/transport.h"

namespace belvedere::agent {

// What the operand made of a request.
enum class Answer {
  kYes,          // 2xx
  kNo,           // it understood, and refuses: any status not named elsewhere
  kNotYet,       // it is there but not ready: 429, 502, 503, 504, or no answer in time
  kUnreachable,  // nobody is there
};

struct Reply {
  Answer answer = Answer::kUnreachable;
  std::string text;  // the operand's own words, or the connection's error
};

// The program in the next container.
class Operand {
 public:
  virtual ~Operand() = default;
  virtual Reply Probe(std::stop_token stop) = 0;
  virtual Reply Reload(std::stop_token stop) = 0;
};

// http://host:port and what follows, "/" where nothing does.
struct Endpoint {
  std::string base;
  std::string target;
};
// Error: kInvalid where `url` is not http or https with a host.
Result<Endpoint> ParseEndpoint(const std::string& url);

// An operand that is asked by HTTP: GET on one URL, POST on the other.
class HttpOperand final : public Operand {
 public:
  struct Call {
    http::Transport& transport;
    std::string target;
    std::chrono::milliseconds timeout;
  };
  HttpOperand(Call probe, Call reload) : probe_(std::move(probe)), reload_(std::move(reload)) {}

  Reply Probe(std::stop_token stop) override;
  Reply Reload(std::stop_token stop) override;

 private:
  const Call probe_;
  const Call reload_;
};

// The answer to GET, and the body as its text.
Reply Get(const HttpOperand::Call& call, const std::stop_token& stop);

// An operand that answers 2xx whether it has reloaded or not, and counts its reloads: GET on the
// reload URL gives an object whose member `counter` is the number of them.
class CountingOperand final : public Operand {
 public:
  struct Counting {
    std::string counter;
    Clock& clock;
    std::chrono::milliseconds timeout;  // for the count to rise
    std::chrono::milliseconds poll = std::chrono::milliseconds(200);
  };
  CountingOperand(HttpOperand::Call probe, HttpOperand::Call reload, Counting counting)
      : probe_(std::move(probe)), reload_(std::move(reload)), counting_(std::move(counting)) {}

  Reply Probe(std::stop_token stop) override;
  // kNo where the count does not rise: it refused, or hangs.
  Reply Reload(std::stop_token stop) override;

 private:
  // The count, or what came instead of one.
  tl::expected<std::int64_t, Reply> Count(const std::stop_token& stop) const;

  const HttpOperand::Call probe_;
  const HttpOperand::Call reload_;
  const Counting counting_;
};

}  // namespace belvedere::agent
