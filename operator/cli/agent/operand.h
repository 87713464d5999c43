#pragma once

#include <chrono>
#include <stop_token>
#include <string>

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

}  // namespace belvedere::agent
