#include "controllers/alertpolicy/spec_notify.h"

#include "controllers/alertpolicy/spec_text.h"
#include "controllers/config/routing_hours.h"

namespace belvedere::alertpolicy {
namespace {

using config::FieldReader;
using config::monitors::Severity;
using config::routing::During;
using config::routing::Hours;
using config::routing::Target;

constexpr const char* kHours = "businessHours";

Target ReadTarget(FieldReader& item) {
  Target target;
  target.severity = item.Choice<Severity>(
      "severity", {{"Page", Severity::kPage}, {"Ticket", Severity::kTicket}}, Severity::kTicket);
  if (!item.Has("severity")) item.Note("severity", "is required: Page or Ticket");
  target.during = item.Choice<During>(
      "during", {{"Always", During::kAlways}, {"BusinessHours", During::kBusinessHours}},
      During::kAlways);
  target.to = ReadText(item, "receiver", 63, AllForms().name, Need::kRequired);
  item.RejectOthers();
  return target;
}

}  // namespace

std::optional<Hours> ReadBusinessHours(FieldReader& spec) {
  if (!spec.Has(kHours)) return std::nullopt;
  FieldReader reader = spec.Child(kHours);
  Hours hours{.zone = reader.Text("timeZone", 64).value_or(""),
              .days = reader.Texts("days"),
              .from = reader.Text("from", 5).value_or(""),
              .to = reader.Text("to", 5).value_or("")};
  reader.RejectOthers();
  // It names the field itself.
  if (const Status good = Check(hours); !good) spec.Note("", good.error().message);
  return hours;
}

std::vector<Target> ReadNotify(FieldReader& spec) {
  std::vector<Target> all;
  for (FieldReader& item : spec.Items("notify")) {
    all.push_back(ReadTarget(item));
    if (all.back().during == During::kBusinessHours && !spec.Has(kHours)) {
      item.Note("during", "BusinessHours needs spec.businessHours: say when people work");
    }
  }
  return all;
}

}  // namespace belvedere::alertpolicy
