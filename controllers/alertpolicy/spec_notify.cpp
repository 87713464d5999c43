#include "controllers/alertpolicy/spec_notify.h"

#include "controllers/alertpolicy/spec_text.h"
#include "controllers/config/receiver_reader.h"
#include "controllers/config/routing_hours.h"

namespace belvedere::alertpolicy {
namespace {

using config::FieldReader;
using config::monitors::Severity;
using config::routing::During;
using config::routing::Hours;
using config::routing::Target;

namespace receivers = config::receivers;

constexpr const char* kHours = "businessHours";
constexpr const char* kReceiver = "receiver";

// Either a receiver of the stack by its name, or one of the policy's own.
void ReadReceiver(FieldReader& item, const Homes& homes, std::set<std::string>& secrets,
                  Target& target) {
  const std::vector<std::string> kinds = receivers::KindsIn(item);
  const std::size_t named = item.Has(kReceiver) ? 1 : 0;
  if (named + kinds.size() != 1) {
    item.Note("",
              "needs exactly one of receiver, which names one of the stack, and a receiver of "
              "its own, for instance slack or webhook");
  }
  if (!kinds.empty() && homes.policy != homes.stack) {
    item.Note(kinds.front(), "only policies in the namespace of their stack, " + homes.stack +
                                 ", may have receivers of their own, since their Secrets are "
                                 "mounted there; name a receiver of the stack instead");
  }
  target.to = ReadText(item, kReceiver, 63, AllForms().receiver, Need::kOptional);
  std::vector<receivers::Integration> own = receivers::Read(item, receivers::MountedIn(secrets));
  if (!own.empty()) target.to = std::move(own.front());
}

Target ReadTarget(FieldReader& item, const Homes& homes, std::set<std::string>& secrets) {
  Target target;
  target.severity = item.Choice<Severity>(
      "severity", {{"Page", Severity::kPage}, {"Ticket", Severity::kTicket}}, Severity::kTicket);
  if (!item.Has("severity")) item.Note("severity", "is required: Page or Ticket");
  target.during = item.Choice<During>(
      "during", {{"Always", During::kAlways}, {"BusinessHours", During::kBusinessHours}},
      During::kAlways);
  ReadReceiver(item, homes, secrets, target);
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

std::vector<Target> ReadNotify(FieldReader& spec, const Homes& homes,
                               std::set<std::string>& secrets) {
  std::vector<Target> all;
  for (FieldReader& item : spec.Items("notify")) {
    all.push_back(ReadTarget(item, homes, secrets));
    if (all.back().during == During::kBusinessHours && !spec.Has(kHours)) {
      item.Note("during", "BusinessHours needs spec.businessHours: say when people work");
    }
  }
  return all;
}

}  // namespace belvedere::alertpolicy
