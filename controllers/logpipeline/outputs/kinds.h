#pragma once

#include "controllers/logpipeline/outputs/output.h"

// The rows of the table, each defined in the file of its output.
namespace belvedere::logpipeline {

OutputKind StackKind();
OutputKind LokiKind();
OutputKind ElasticsearchKind();
OutputKind OpenSearchKind();
OutputKind HttpKind();
OutputKind OtlpKind();
OutputKind S3Kind();
OutputKind KafkaKind();
OutputKind SplunkKind();
OutputKind DatadogKind();
OutputKind SumoLogicKind();
OutputKind CloudWatchKind();
OutputKind SyslogKind();

}  // namespace belvedere::logpipeline
