#pragma once

#include <string>

#include "controllers/logpipeline/outputs/common.h"

// What Elasticsearch and OpenSearch have in common for Fluent Bit.
namespace belvedere::logpipeline {

struct SearchTarget {
  Url url;
  Tls tls;
  Account account;
  std::string index;
};

FluentBitOutput SearchFluentBit(std::string plugin, const SearchTarget& target);

// Reads index or dataStream, exactly one.
std::string ReadIndex(config::FieldReader& reader);

// Reads hosts: URLs with one scheme.
std::vector<Url> ReadHosts(config::FieldReader& reader);

}  // namespace belvedere::logpipeline
