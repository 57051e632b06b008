// Decide and apply, without a store or a wire: what one core can do at the most.
#include <benchmark/benchmark.h>

#include "benchmarks/micro/busy_ledger.h"

namespace quota::benchmarks {
namespace {

// Reserve, then Commit; an item is one of the two. Arguments: organisations, pairs in a group.
void BM_LedgerPair(benchmark::State& state) {
  BusyLedger ledger(static_cast<uint32_t>(state.range(0)));
  const auto pairs = static_cast<uint32_t>(state.range(1));
  for (auto _ : state) {
    state.PauseTiming();
    ledger.DrawPairs(pairs);
    state.ResumeTiming();
    ledger.RunPairs();
  }
  state.SetItemsProcessed(state.iterations() * pairs * 2);
  state.counters["journal_bytes_a_pair"] =
      static_cast<double>(ledger.journal_bytes()) / static_cast<double>(ledger.pairs());
  state.counters["bytes_an_id"] =
      static_cast<double>(ledger.remembered_bytes()) / static_cast<double>(ledger.remembered_ids());
  state.counters["remembered_ids"] = static_cast<double>(ledger.remembered_ids());
}
BENCHMARK(BM_LedgerPair)
    ->Args({1, 512})
    ->Args({100'000, 64})
    ->Args({100'000, 512})
    ->Args({100'000, 4'096});

}  // namespace
}  // namespace quota::benchmarks
