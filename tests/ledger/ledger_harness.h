// A ledger on one shard, driven command by command at a clock that the test moves. Each command is
// a group of its own; each group's entry is kept, so that a test can read the events and rebuild
// the shard from them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "ledger/ledger.h"
#include "ledger/shard.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"

namespace quota::ledger {

inline constexpr std::string_view kOrg = "acme";

// What a command came to: exactly one of an error and an answer.
template <typename T>
using Result = absl::StatusOr<T>;

// Commands with the values that most tests want. The fingerprint is made of the amount.
Reserve Ask(std::string_view id, int64_t credits);
Reserve AskMethod(std::string_view id, std::string_view method);
Charge AskCharge(std::string_view id, int64_t credits);

class LedgerHarness {
 public:
  // With one organisation, kOrg, of edition "tiny": 100 credits a day, 3 slots, in UTC.
  LedgerHarness() : LedgerHarness("tiny") {}
  explicit LedgerHarness(std::string_view edition);
  // Without any organisation, from `start` on.
  LedgerHarness(std::shared_ptr<const Catalog> catalog, Instant start);

  // ---- Commands, each at the present instant ----

  Result<ReserveAnswer> Run(const Reserve& command, std::string_view org = kOrg) {
    return RunAs<ReserveAnswer>(org, command);
  }
  Result<ChargeAnswer> Run(const Charge& command, std::string_view org = kOrg) {
    return RunAs<ChargeAnswer>(org, command);
  }
  Result<CommitAnswer> Commit(std::string_view id, std::optional<int64_t> credits = std::nullopt,
                              std::string_view org = kOrg);
  Result<ReleaseAnswer> Release(std::string_view id, std::string_view org = kOrg);
  Result<ExtendAnswer> Extend(std::string_view id, Duration ttl, std::string_view org = kOrg);
  UsageAnswer Usage(std::string_view org = kOrg);
  quota::v1::Org Org(std::string_view org = kOrg);
  LoseSessionAnswer LoseSession(std::string_view session);
  ListOrgsAnswer ListOrgs(uint32_t first, uint32_t page_size);

  // Administration; `request` gets an id and a fingerprint of its own where it has none.
  Result<quota::v1::Org> Run(CreateOrg command, std::string_view org);
  Result<quota::v1::Org> Run(SetEdition command, std::string_view org = kOrg);
  Result<quota::v1::Org> Run(SetAgents command, std::string_view org = kOrg);
  Result<quota::v1::Org> Run(SetConcurrencyLimit command, std::string_view org = kOrg);
  Result<quota::v1::Org> Run(RevokeCredits command, std::string_view org = kOrg);
  Result<quota::v1::Org> Run(SetLegacyLimit command, std::string_view org = kOrg);
  Result<quota::v1::Org> Run(SetDataCenter command, std::string_view org = kOrg);
  Result<quota::v1::Org> Run(SuspendOrg command, std::string_view org = kOrg);
  Result<quota::v1::Org> Run(ResumeOrg command, std::string_view org = kOrg);
  Result<quota::v1::PurchaseCreditsResponse> Run(PurchaseCredits command,
                                                 std::string_view org = kOrg);
  // Those that must succeed.
  void Create(std::string_view org, std::string_view edition, std::string_view data_center = "");
  void SetEditionTo(std::string_view edition);
  void BuyPack(std::string_view id, int64_t credits,
               std::optional<absl::CivilDay> first = std::nullopt,
               std::optional<absl::CivilDay> last = std::nullopt);
  void BuyDaily(std::string_view id, int64_t credits,
                std::optional<absl::CivilDay> first = std::nullopt,
                std::optional<absl::CivilDay> last = std::nullopt);

  // ---- Time ----

  test::SimulatedClock& clock() { return clock_; }
  void Advance(Duration by) { clock_.Advance(by); }
  // Lets time act, in as many groups as it takes.
  void Sweep();

  // ---- What happened ----

  // The events of all groups since the last call.
  Events TakeEvents();
  // Journals an event that no command of this release brings.
  void Inject(Event event);
  const Account& account(std::string_view org = kOrg) const { return *shard_->FindAccount(org); }
  Shard& shard() { return *shard_; }
  Context context() const {
    return {catalog_->At(clock_.Now()),
            policy_,
            clock_.Now(),
            serving_since_,
            newcomers_,
            common_id_bytes_};
  }
  uint64_t sequence() const { return sequence_; }
  const std::vector<std::pair<uint64_t, std::string>>& entries() const { return entries_; }

  IdPolicy& policy() { return policy_; }
  void SetCatalog(std::shared_ptr<const Catalog> catalog) { catalog_ = std::move(catalog); }
  void SetCommonIdBytes(std::optional<int64_t> left) { common_id_bytes_ = left; }
  void SetNewcomers(Newcomers* newcomers) { newcomers_ = newcomers; }
  // Goes on with a shard rebuilt from the entries, as after a restart at this instant. Aborts where
  // it differs from the one before.
  void Restart();
  // A shard made of all entries.
  std::unique_ptr<Shard> Rebuild() const;

 private:
  template <typename T, typename Op>
  Result<T> RunAs(std::string_view org, const Op& operation) {
    auto answer = Execute({org, operation});
    if (!answer.ok()) return answer.status();
    return std::get<T>(*std::move(answer));
  }
  template <typename Op>
  Result<quota::v1::Org> RunAdmin(std::string_view org, Op& command);
  void Number(AdminRequest& request);

  absl::StatusOr<Answer> Execute(const Command& command);
  void Finish(Group& group);

  test::SimulatedClock clock_;
  std::shared_ptr<const Catalog> catalog_ = test::TestCatalog();
  IdPolicy policy_;
  Instant serving_since_ = test::kNoon;
  Newcomers* newcomers_ = nullptr;
  std::optional<int64_t> common_id_bytes_;
  std::unique_ptr<Shard> shard_;
  std::unique_ptr<Ledger> ledger_;
  uint64_t sequence_ = 0;
  uint64_t next_request_ = 1;
  std::vector<std::unique_ptr<std::string>> request_ids_;
  std::vector<std::pair<uint64_t, std::string>> entries_;
  size_t taken_ = 0;
};

}  // namespace quota::ledger
