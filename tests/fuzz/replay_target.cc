// Journal entries of any events, replayed into a shard: what does not fit is DATA_LOSS, and what
// fits gives the same shard from its stored accounts.
#include <iostream>

#include "common/check.h"
#include "ledger/shard.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/event_maker.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/serving.h"

namespace quota::ledger {
namespace {

// A first organisation with a day: most events need them.
void AddOrg(EntryEncoder& entry) {
  records::OrgCreated created;
  created.set_account(1);
  created.set_org_id("first");
  created.mutable_plan()->set_edition("tiny");
  created.mutable_plan()->set_data_center("utc");
  auto* pool = created.add_pools();
  pool->set_name("main");
  pool->set_limit(3);
  entry.Add(created);
  records::DayOpened opened;
  opened.set_account(1);
  const Instant start = test::kNoon - std::chrono::hours(12);
  opened.mutable_day()->set_start(start.time_since_epoch().count());
  opened.mutable_day()->set_end((start + std::chrono::hours(24)).time_since_epoch().count());
  opened.mutable_day()->set_model(2);
  opened.mutable_day()->set_daily(100);
  opened.mutable_day()->mutable_allotment()->set_base(100);
  entry.Add(opened);
}

void CheckReplayLoss(const absl::Status& status) {
  QUOTA_CHECK(status.ok() || status.code() == absl::StatusCode::kDataLoss);
}

absl::Status ReplayAll(fuzz::ByteSource& source, Shard& shard) {
  Instant at = test::kNoon;
  for (uint64_t sequence = 1; !source.done(); ++sequence) {
    EntryEncoder encoder(at);
    if (sequence == 1 && source.Bool()) AddOrg(encoder);
    for (uint64_t events = 1 + source.Below(3); events > 0; --events) {
      encoder.Add(MakeEvent(source, at));
    }
    const absl::StatusOr<Entry> entry = DecodeEntry(encoder.bytes());
    if (!entry.ok()) return entry.status();
    if (absl::Status status = shard.Replay(*entry, sequence); !status.ok()) return status;
    at += std::chrono::minutes(source.Byte());
  }
  return shard.FinishRecovery();
}

}  // namespace

FUZZ_TARGET(replay) {
  fuzz::ByteSource source(input);
  Shard shard(0);
  if (absl::Status status = ReplayAll(source, shard); !status.ok()) return CheckReplayLoss(status);
  Shard stored(0);
  for (AccountNumber number = 1; number <= shard.account_count(); ++number) {
    const absl::Status loaded = stored.LoadAccount(shard.SaveAccount(number, 1'000), 1'000);
    if (!loaded.ok()) std::cerr << loaded << "\n";
    QUOTA_CHECK(loaded.ok());
  }
  for (const IdPage& page : shard.ids().pages()) {
    QUOTA_CHECK(stored.LoadPage(page.Encode()).ok());
  }
  QUOTA_CHECK(stored.FinishRecovery().ok());
  fuzz::ServeFrom(shard, 1'000);
}

}  // namespace quota::ledger
