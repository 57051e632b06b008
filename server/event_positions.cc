#include "server/event_positions.h"

#include "absl/strings/escaping.h"
#include "common/absl_view.h"
#include "quota/records/records.pb.h"
#include "server/field_rules.h"

namespace quota::server {

std::string FormatPositions(const EventPositions& positions) {
  records::WatchPosition record;
  for (const storage::EventPosition& position : positions) {
    auto* shard = record.add_shards();
    shard->set_at(position.at);
    shard->set_sequence(position.sequence);
    shard->set_index(position.index);
  }
  return absl::WebSafeBase64Escape(record.SerializeAsString());
}

absl::StatusOr<EventPositions> ParsePositions(std::string_view text, size_t shards) {
  records::WatchPosition record;
  std::string bytes;
  const bool parsed = absl::WebSafeBase64Unescape(AbslView(text), &bytes) &&
                      record.ParseFromString(bytes) &&
                      static_cast<size_t>(record.shards_size()) == shards;
  if (!parsed) {
    return InvalidField("position",
                        "not understood; it must be one that WatchEvents of this "
                        "server gave");
  }
  EventPositions positions;
  for (const auto& shard : record.shards()) {
    positions.push_back({shard.at(), shard.sequence(), shard.index()});
  }
  return positions;
}

}  // namespace quota::server
