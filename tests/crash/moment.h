// When the server is killed.
#pragma once

#include <array>
#include <string_view>

namespace quota::test {

enum class Moment {
  // While calls are answered.
  kTraffic,
  // While accounts and pages are stored and the journal is trimmed.
  kSnapshot,
  // Around the midnight that ends every organisation's day.
  kDayChange,
  // After SIGTERM, while it answers what it had accepted.
  kShutdown,
  // Before it serves: several times in a row.
  kStart,
  // Stopped by SIGSTOP; or after it went on, with holds expired meanwhile.
  kPause,
  // While sessions of dead clients are in their grace.
  kLostSession,
};

inline constexpr std::array kMoments = {
    Moment::kTraffic, Moment::kSnapshot, Moment::kDayChange,   Moment::kShutdown,
    Moment::kStart,   Moment::kPause,    Moment::kLostSession,
};

inline constexpr std::string_view NameOf(Moment moment) {
  switch (moment) {
    case Moment::kTraffic:
      return "Traffic";
    case Moment::kSnapshot:
      return "Snapshot";
    case Moment::kDayChange:
      return "DayChange";
    case Moment::kShutdown:
      return "Shutdown";
    case Moment::kStart:
      return "Start";
    case Moment::kPause:
      return "Pause";
    case Moment::kLostSession:
      return "LostSession";
  }
  return "";
}

}  // namespace quota::test
