#include "tests/fuzz/serving.h"

#include <algorithm>
#include <string>

#include "common/check.h"
#include "ledger/ledger.h"
#include "server/catalog_change.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"

namespace quota::fuzz {
namespace {

using std::chrono::hours;

class Server {
 public:
  Server(ledger::Shard& shard, const ledger::CatalogRevision& catalog, uint64_t next_sequence)
      : shard_(shard),
        catalog_(catalog),
        now_(std::max(shard.last_at(), test::kNoon)),
        sequence_(next_sequence) {}

  void Pass(Duration time) {
    now_ += time;
    for (auto progress = ledger::Progress::kAgain; progress == ledger::Progress::kAgain;) {
      ledger::Group group(now_, sequence_++);
      progress = ledger_.Sweep(context(), 100, 100, group);
      Finish(group);
    }
  }

  void Call(std::string_view org, const ledger::Operation& operation) {
    for (auto progress = ledger::Progress::kAgain; progress == ledger::Progress::kAgain;) {
      ledger::Group group(now_, sequence_++);
      absl::Status status;
      ledger::Answer answer;
      progress = ledger_.Execute({org, operation}, context(), group, status, answer);
      Finish(group);
    }
  }

  // A call of every kind.
  void CallAll(const std::string& org) {
    Call(org, ledger::GetUsage{});
    Call(org, ledger::GetOrg{});
    Call(org, ledger::ListOpenDays{});
    ledger::Reserve reserve;
    reserve.id = ReservationId::FromText("new");
    reserve.cost = Credits(3);
    Call(org, reserve);
    Call(org, ledger::SetAgents{{.request_id = "agents", .fingerprint = 1}, 3, {}});
    for (const char* id : {"a", "b", "c", "d", "new"}) {
      Call(org, ledger::Commit{ReservationId::FromText(id), Credits(7)});
    }
    Call(org, ledger::Release{ReservationId::FromText("e")});
    Call(org, ledger::Charge{ReservationId::FromText("charge"), 1, Credits(1)});
  }

 private:
  ledger::Context context() const { return {catalog_, policy_, now_, now_}; }
  void Finish(ledger::Group& group) {
    ledger_.FinishGroup(context(), group);
    // What is journalled, the next start must be able to read.
    QUOTA_CHECK(ledger::DecodeEntry(group.entry.bytes()).ok());
  }

  ledger::Shard& shard_;
  ledger::Ledger ledger_{shard_};
  const ledger::CatalogRevision& catalog_;
  const ledger::IdPolicy policy_;
  Instant now_;
  uint64_t sequence_;
};

}  // namespace

void ServeFrom(ledger::Shard& shard, uint64_t next_sequence) {
  static const std::shared_ptr<const ledger::Catalog> catalog = test::TestCatalog();
  const ledger::CatalogRevision& revision = catalog->At(test::kNoon);
  // Instants of the journal end in the year 2970.
  if (shard.last_at() > Instant(hours(900LL * 366 * 24))) return;
  if (!server::CheckInUse(shard, revision).ok()) return;
  Server server(shard, revision, next_sequence);
  for (const Duration time : {Duration(0), Duration(hours(1)), Duration(hours(72))}) {
    server.Pass(time);
    for (ledger::AccountNumber number = 1; number <= shard.account_count(); ++number) {
      server.CallAll(shard.account(number)->org);
    }
    server.Call("", ledger::LoseSession{"s1"});
  }
  static_cast<void>(shard.Dump());
}

}  // namespace quota::fuzz
