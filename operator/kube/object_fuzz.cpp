// Bytes from the network never bring the decoders down: Status bodies, watch lines, objects.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "operator/kube/object_text.h"
#include "operator/kube/resource.h"
#include "operator/kube/status_error.h"
#include "operator/kube/watch_decoder.h"

using namespace belvedere;

namespace {

// Every list of managedFields emptied, at whatever depth.
Json WithoutEntries(Json value) {
  if (!value.is_structured()) return value;
  for (const auto& [name, member] : value.items()) {
    const bool is_list = value.is_object() && name == "managedFields" && member.is_array();
    member = is_list ? Json::array() : WithoutEntries(std::move(member));
  }
  return value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const int status = 300 + (data[0] * 256 + data[1]) % 300;
  const std::string body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const kube::Refusal refusal =
      kube::ReadRefusal({.status = status, .headers = {{"retry-after", body}}, .body = body});
  if (refusal.error.http_status != status || refusal.error.message.size() > 1024) std::abort();

  const auto line = kube::DecodeWatchLine(body);
  if (line && line->event) {
    const Json& object = line->event->object;
    if (kube::ResourceVersionOf(object) == 0) std::abort();
    if (kube::KeyOf(object).name.empty() && line->event->type != kube::WatchEventType::kBookmark) {
      std::abort();
    }
  }
  (void)kube::PeekWatchLine(body);
  if (const auto object = ParseJson(body)) {
    const auto cut = kube::ParseObjects(body);
    if (!cut || WithoutEntries(*cut) != WithoutEntries(*object)) std::abort();
    const auto without_spec =
        kube::ParseObjects(body, {.projection = kube::Projection::kWithoutSpec});
    if (!without_spec || At(*without_spec, "/metadata") != At(*cut, "/metadata")) std::abort();
    (void)kube::UidOf(*object);
    (void)kube::GenerationOf(*object);
    (void)kube::ControllerUidOf(*object);
    (void)kube::LabelOf(*object, "a");
    (void)kube::AnnotationOf(*object, "a");
  }
  return 0;
}
