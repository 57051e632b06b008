// The journal's own format: what it costs to write an entry, and to read it back.
#include <benchmark/benchmark.h>

#include <vector>

#include "common/check.h"
#include "ledger/event_codec.h"

namespace quota::benchmarks {
namespace {

constexpr Instant kNow{std::chrono::seconds(1'789'560'000)};

ReservationId IdOf(uint64_t number) {
  char packed[17] = {1};
  for (int i = 0; i < 8; ++i) packed[1 + i] = static_cast<char>(number >> (8 * i));
  return *ReservationId::FromPacked({packed, sizeof(packed)});
}

// What `pairs` reservations bring that are committed.
std::vector<ledger::Event> Pairs(int64_t pairs) {
  std::vector<ledger::Event> events;
  for (int64_t i = 0; i < pairs; ++i) {
    const auto number = static_cast<uint64_t>(i);
    ledger::Reserved reserved;
    reserved.account = static_cast<ledger::AccountNumber>(number + 1);
    reserved.id = IdOf(number);
    reserved.fingerprint = number * 0x9e3779b97f4a7c15;
    reserved.credits = Credits(3);
    reserved.slots = 1;
    reserved.day_start = kNow - std::chrono::hours(10);
    reserved.deadline = kNow + std::chrono::seconds(60);
    events.emplace_back(reserved);
    ledger::Settled settled;
    settled.account = reserved.account;
    settled.id = reserved.id;
    settled.fingerprint = reserved.fingerprint;
    settled.state = ledger::HoldState::kCommitted;
    settled.held = reserved.credits;
    settled.asked = settled.charged = Credits(2);
    settled.day_start = reserved.day_start;
    events.emplace_back(settled);
  }
  return events;
}

// Argument: pairs in an entry. An item is an event.
void BM_EncodeEntry(benchmark::State& state) {
  const std::vector<ledger::Event> events = Pairs(state.range(0));
  size_t bytes = 0;
  for (auto _ : state) {
    ledger::EntryEncoder encoder(kNow);
    for (const ledger::Event& event : events) encoder.Add(event);
    bytes = encoder.bytes().size();
    benchmark::DoNotOptimize(encoder.bytes().data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(events.size()));
  state.counters["bytes_a_pair"] = static_cast<double>(bytes) / static_cast<double>(state.range(0));
}
BENCHMARK(BM_EncodeEntry)->Arg(1)->Arg(64)->Arg(1'024);

void BM_DecodeEntry(benchmark::State& state) {
  const std::vector<ledger::Event> events = Pairs(state.range(0));
  ledger::EntryEncoder encoder(kNow);
  for (const ledger::Event& event : events) encoder.Add(event);
  for (auto _ : state) {
    auto entry = ledger::DecodeEntry(encoder.bytes());
    QUOTA_CHECK(entry.ok() && entry->events.size() == events.size());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(events.size()));
}
BENCHMARK(BM_DecodeEntry)->Arg(1)->Arg(64)->Arg(1'024);

}  // namespace
}  // namespace quota::benchmarks
