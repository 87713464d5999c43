#include "controllers/operands/accepted_spec.h"

#include "operator/base/json.h"

namespace belvedere::operands {

std::string AcceptedSpec(const cache::Primary& primary) {
  const Result<Json> status = ParseJson(primary.status);
  return status ? StringAt(*status, std::string("/") + kAcceptedSpec) : "";
}

std::string ProvenSpec(const cache::Primary& primary) {
  const Result<Json> status = ParseJson(primary.status);
  if (!status) return "";
  return StringAt(*status,
                  std::string("/") + (status->contains(kProvenSpec) ? kProvenSpec : kAcceptedSpec));
}

void KeepSpecs(const cache::Primary& primary, const std::string& accepted,
               runtime::Report& report) {
  if (!accepted.empty()) report.fields[kAcceptedSpec] = accepted;
  if (report.verdict.config_loaded.truth == runtime::Truth::kTrue) return;
  const std::string proven = ProvenSpec(primary);
  if (proven != accepted) report.fields[kProvenSpec] = proven;
}

}  // namespace belvedere::operands
