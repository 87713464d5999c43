#include "controllers/monitoringstack/profile.h"

#include <array>

namespace belvedere::monitoringstack {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Demo fits beside everything else on a laptop and keeps nothing. Small serves up to about 20
// nodes, Medium 100, Large 500: some 4,500 series a node at 8 KiB of memory each and 1.7 bytes a
// sample on disk. Medium and Large survive the loss of a node.
constexpr std::array<ProfileDefaults, 4> kProfiles{{
    {1,
     {"50m", "256Mi"},
     "",
     hours(24),
     seconds(15),
     1,
     {"10m", "32Mi"},
     "",
     {"10m", "48Mi"},
     {"10m", "32Mi"},
     {"50m", "256Mi"},
     "",
     1,
     1,
     {"20m", "128Mi"}},
    {1,
     {"200m", "1Gi"},
     "20Gi",
     hours(24 * 15),
     seconds(30),
     1,
     {"10m", "64Mi"},
     "1Gi",
     {"10m", "128Mi"},
     {"20m", "48Mi"},
     {"200m", "512Mi"},
     "20Gi",
     7,
     1,
     {"50m", "192Mi"}},
    {2,
     {"500m", "4Gi"},
     "100Gi",
     hours(24 * 15),
     seconds(30),
     3,
     {"20m", "128Mi"},
     "2Gi",
     {"50m", "256Mi"},
     {"50m", "64Mi"},
     {"500m", "2Gi"},
     "100Gi",
     31,
     3,
     {"100m", "256Mi"}},
    {2,
     {"2", "16Gi"},
     "500Gi",
     hours(24 * 30),
     seconds(30),
     3,
     {"50m", "256Mi"},
     "5Gi",
     {"200m", "1Gi"},
     {"100m", "128Mi"},
     {"2", "8Gi"},
     "500Gi",
     31,
     3,
     {"200m", "512Mi"}},
}};

}  // namespace

const ProfileDefaults& DefaultsOf(Profile profile) {
  return kProfiles.at(static_cast<std::size_t>(profile));
}

}  // namespace belvedere::monitoringstack
