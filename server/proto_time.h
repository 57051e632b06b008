// Instants and durations as the API's Timestamp and Duration messages.
#pragma once

#include "common/clock.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace quota::server {

// `instant` is not before 1970: a Timestamp's nanos count upwards, whatever its sign.
inline void WriteTimestamp(Instant instant, google::protobuf::Timestamp& timestamp) {
  const auto micros = instant.time_since_epoch().count();
  timestamp.set_seconds(micros / 1'000'000);
  timestamp.set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1'000);
}

inline void WriteDuration(Duration duration, google::protobuf::Duration& message) {
  message.set_seconds(duration.count() / 1'000'000);
  message.set_nanos(static_cast<int32_t>(duration.count() % 1'000'000) * 1'000);
}

}  // namespace quota::server
