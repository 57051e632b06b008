// What the disk takes: a group's way into the log, and a shard's way back into memory.
#include <benchmark/benchmark.h>

#include <string>
#include <utility>
#include <vector>

#include "benchmarks/micro/busy_ledger.h"
#include "benchmarks/micro/scratch_store.h"
#include "common/check.h"
#include "server/owned_shard.h"
#include "storage/journal.h"
#include "storage/snapshots.h"

namespace quota::benchmarks {
namespace {

// The bytes of one pair of Reserve and Commit.
constexpr size_t kPairBytes = 76;

// One synced batch at a time, of a journal entry. Argument: pairs in it; an item is one.
void BM_GroupCommit(benchmark::State& state) {
  ScratchStore scratch;
  std::string entry;
  // As hard to compress as ids are.
  for (uint32_t seed = 1; entry.size() < static_cast<size_t>(state.range(0)) * kPairBytes;) {
    seed = seed * 1'664'525 + 1'013'904'223;
    entry.push_back(static_cast<char>(seed >> 24));
  }
  uint64_t sequence = storage::Journal::kFirstSequence;
  for (auto _ : state) {
    storage::Batch batch;
    storage::Journal::Append(batch, 0, sequence++, entry);
    scratch.Apply(std::move(batch));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_GroupCommit)->Arg(1)->Arg(16)->Arg(64)->Arg(1'024)->UseRealTime();

void Recover(benchmark::State& state, ScratchStore& scratch, size_t accounts) {
  for (auto _ : state) {
    auto shard = server::OwnedShard::Recover(scratch.store(), 0, {});
    QUOTA_CHECK(shard.ok() && (*shard)->shard().account_count() == accounts);
    state.PauseTiming();
    shard->reset();
    state.ResumeTiming();
  }
}

// One shard of a store whose journal was trimmed to its last entry. Argument: organisations in all;
// an item is an account.
void BM_LoadAccounts(benchmark::State& state) {
  ScratchStore scratch;
  std::string last_entry;
  BusyLedger ledger(static_cast<uint32_t>(state.range(0)),
                    [&](uint32_t shard, uint64_t, const std::string& entry) {
                      if (shard == 0) last_entry = entry;
                    });
  ledger::Shard& shard = ledger.shard(0);
  const uint64_t last = ledger.next_sequence(0) - 1;
  std::vector<storage::AccountSnapshot> accounts;
  for (uint32_t number = 1; number <= shard.account_count(); ++number) {
    accounts.push_back({number, last, shard.SaveAccount(number, last)});
  }
  auto writer = storage::SnapshotWriter::Open(scratch.store(), 0);
  QUOTA_CHECK(writer.ok());
  auto batches = writer->EncodeAccounts(accounts, storage::Journal::kFirstSequence);
  QUOTA_CHECK(batches.ok());
  for (storage::Batch& batch : *batches) scratch.Apply(std::move(batch));
  storage::Batch trim;
  storage::Journal::Trim(trim, 0, storage::Journal::kFirstSequence, last);
  scratch.Apply(std::move(trim));
  storage::Batch append;
  storage::Journal::Append(append, 0, last, last_entry);
  scratch.Apply(std::move(append));
  Recover(state, scratch, accounts.size());
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(accounts.size()));
}
BENCHMARK(BM_LoadAccounts)->Arg(160'000)->UseRealTime()->Unit(benchmark::kMillisecond);

// One shard of a store that has all of its journal. Argument: pairs in all; an item is one
// operation.
void BM_Replay(benchmark::State& state) {
  constexpr uint32_t kOrgs = 16'000;
  constexpr uint32_t kPairsInGroup = 1'024;
  ScratchStore scratch;
  storage::Batch batch;
  BusyLedger ledger(kOrgs, [&](uint32_t shard, uint64_t sequence, const std::string& entry) {
    if (shard != 0) return;
    storage::Journal::Append(batch, shard, sequence, entry);
    if (batch.bytes() > 1'000'000) scratch.Apply(std::exchange(batch, {}));
  });
  for (int64_t pairs = 0; pairs < state.range(0); pairs += kPairsInGroup) {
    ledger.DrawPairs(kPairsInGroup);
    ledger.RunPairs();
  }
  scratch.Apply(std::move(batch));
  Recover(state, scratch, ledger.shard(0).account_count());
  state.SetItemsProcessed(state.iterations() * state.range(0) * 2 / BusyLedger::kShards);
}
BENCHMARK(BM_Replay)->Arg(1'600'000)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace quota::benchmarks
