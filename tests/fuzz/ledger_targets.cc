// What the ledger reads of the store, byte by byte.
#include "common/check.h"
#include "ledger/event_codec.h"
#include "ledger/remembered_ids.h"
#include "ledger/shard.h"
#include "tests/fuzz/fuzz_target.h"

namespace quota::ledger {
namespace {

std::string Encode(const Entry& entry) {
  EntryEncoder encoder(entry.at);
  for (const Event& event : entry.events) encoder.Add(event);
  return encoder.Take();
}

// Its layout is ours alone; that of the others is protobuf's, which has many forms of a message.
bool IsFlat(const Event& event) {
  return std::holds_alternative<Reserved>(event) || std::holds_alternative<Extended>(event) ||
         std::holds_alternative<Settled>(event) || std::holds_alternative<IdsSealed>(event) ||
         std::holds_alternative<IdsForgotten>(event);
}

void CheckLoss(const absl::Status& status) {
  QUOTA_CHECK(status.ok() || status.code() == absl::StatusCode::kDataLoss);
}

}  // namespace

FUZZ_TARGET(journal_entry) {
  const absl::StatusOr<Entry> entry = DecodeEntry(input);
  if (!entry.ok()) return CheckLoss(entry.status());
  const std::string bytes = Encode(*entry);
  if (std::all_of(entry->events.begin(), entry->events.end(), IsFlat)) QUOTA_CHECK(bytes == input);
  const absl::StatusOr<Entry> again = DecodeEntry(bytes);
  QUOTA_CHECK(again.ok() && Encode(*again) == bytes);

  Shard shard(0);
  if (absl::Status status = shard.Replay(*entry, 1); !status.ok()) return CheckLoss(status);
  CheckLoss(shard.FinishRecovery());
}

FUZZ_TARGET(account_record) {
  Shard shard(0);
  if (absl::Status status = shard.LoadAccount(input, 1); !status.ok()) return CheckLoss(status);
  if (absl::Status status = shard.FinishRecovery(); !status.ok()) return CheckLoss(status);
  // Stored again, it is the same account.
  Shard stored(0);
  QUOTA_CHECK(stored.LoadAccount(shard.SaveAccount(1, 2), 2).ok());
  QUOTA_CHECK(stored.FinishRecovery().ok());
  QUOTA_CHECK(stored.Dump() == shard.Dump());
}

FUZZ_TARGET(id_page) {
  RememberedIds ids;
  if (absl::Status status = ids.LoadPage(input); !status.ok()) return CheckLoss(status);
  QUOTA_CHECK(ids.pages().back().Encode() == input);
  CheckLoss(ids.LoadPage(input));
  QUOTA_CHECK(ids.FinishRecovery().ok());
  ids.Forget(UINT64_MAX);
  QUOTA_CHECK(ids.settled_ids() == 0 && ids.settled_bytes() == 0);
}

FUZZ_TARGET(reservation_id) {
  if (!input.empty() && input.size() <= ReservationId::kMaxTextBytes) {
    const ReservationId id = ReservationId::FromText(input);
    QUOTA_CHECK(id.Text() == input);
    const auto packed = ReservationId::FromPacked(id.packed());
    QUOTA_CHECK(packed.has_value() && *packed == id);
  }
  if (const auto id = ReservationId::FromPacked(input)) {
    QUOTA_CHECK(id->packed() == input);
    QUOTA_CHECK(ReservationId::FromText(id->Text()) == *id);
  }
}

}  // namespace quota::ledger
