// A ledger with many organisations, driven in groups as a pipeline drives it: what the
// micro-benchmarks measure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/reservation_id.h"
#include "ledger/catalog.h"
#include "ledger/ledger.h"
#include "ledger/shard.h"

namespace quota::benchmarks {

// One executor's shards, without a store. Its clock moves with what it decides, at
// kPairsPerSecond, so that ids are sealed and forgotten as they are under that load.
//
// Not thread-safe.
class BusyLedger {
 public:
  // As quotad makes on two cores.
  static constexpr uint32_t kShards = 4;
  static constexpr int64_t kPairsPerSecond = 400'000;

  // Takes each entry, of a shard, at a sequence.
  using Journal = std::function<void(uint32_t, uint64_t, const std::string&)>;

  // Creates `orgs` organisations of the largest edition with credits that never run out. Aborts on
  // any error.
  explicit BusyLedger(uint32_t orgs, Journal journal = nullptr);

  // Draws new ids, and an organisation for each, uniformly: what clients do.
  void DrawPairs(uint32_t count);
  // Reserves and commits each pair that was drawn: the reserves in one group, the commits in the
  // next. Aborts unless all are granted.
  void RunPairs();

  // Bytes of the journal entries so far.
  uint64_t journal_bytes() const { return journal_bytes_; }
  uint64_t pairs() const { return pairs_; }
  ledger::Shard& shard(uint32_t number) { return *shards_[number].shard; }
  uint64_t next_sequence(uint32_t number) const { return shards_[number].next_sequence; }
  size_t remembered_ids() const;
  size_t remembered_bytes() const;

 private:
  struct OneShard {
    std::unique_ptr<ledger::Shard> shard;
    std::unique_ptr<ledger::Ledger> ledger;
    uint64_t next_sequence = 1;
    // Memory of the last group's entry, as in OwnedShard.
    std::string spare_entry;
  };
  struct Pair {
    uint32_t org = 0;
    ReservationId id;
  };

  ledger::Context MakeContext() const;
  // Executes one command for each pair, `make` giving the operation, as one group.
  template <typename Make>
  void RunGroup(Make make);
  void CreateOrgs(uint32_t orgs);
  void Write(const OneShard& of, const ledger::Group& group);
  ReservationId NextId();
  OneShard& ShardOf(const ledger::Command& command) { return shards_[command.org_hash % kShards]; }
  void LookAhead(size_t index);

  const Journal journal_;
  std::shared_ptr<const ledger::Catalog> catalog_;
  ledger::IdPolicy policy_;
  Instant now_;
  std::vector<OneShard> shards_;
  std::vector<std::string> orgs_;
  // By organisation.
  std::vector<uint64_t> hashes_;
  std::vector<Pair> drawn_;
  std::vector<ledger::Command> commands_;
  std::mt19937_64 random_{1};
  uint64_t next_id_ = 0;
  uint64_t pairs_ = 0;
  uint64_t journal_bytes_ = 0;
};

}  // namespace quota::benchmarks
