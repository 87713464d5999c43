#include <array>

#include "controllers/logpipeline/outputs/kinds.h"

namespace belvedere::logpipeline {

std::span<const OutputKind> OutputKinds() {
  static const std::array<OutputKind, 13> kKinds{
      StackKind(),     LokiKind(),       ElasticsearchKind(), OpenSearchKind(), HttpKind(),
      OtlpKind(),      S3Kind(),         KafkaKind(),         SplunkKind(),     DatadogKind(),
      SumoLogicKind(), CloudWatchKind(), SyslogKind(),
  };
  return kKinds;
}

}  // namespace belvedere::logpipeline
