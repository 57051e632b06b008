#include "tests/simulation/bounds_audit.h"

namespace quota::simulation {
namespace {

// The shortest entry has one event of this size.
constexpr size_t kLeastEntryBytes = 20;
// What one step may settle: the bytes of a group's ids.
constexpr size_t kGroupIdBytes = 16 << 10;

void CheckShard(const server::OwnedShard& owned, size_t shards,
                const server::PipelineOptions& options, Findings& findings) {
  const ledger::Shard& shard = owned.shard();
  // A snapshot begins after so many bytes. It stores an account or a page at the least with each
  // slice, beside which so many groups may be on their way while the lane's shards take turns; and
  // one may end with nothing to trim.
  const size_t slices = shard.account_count() + shard.ids().pages().size() + 2;
  const size_t most = owned.most_journal_bytes() / kLeastEntryBytes +
                      2 * slices * options.batches_in_flight * shards;
  const uint64_t kept = owned.next_sequence() - owned.low_water();
  if (kept > most) {
    findings.Add(6, "shard {}: {} entries of the journal are kept, of {} at the most",
                 owned.number(), kept, most);
  }
  if (shard.timers() > 2 * shard.account_count() + 65) {
    findings.Add(6, "shard {}: {} timers for {} accounts", owned.number(), shard.timers(),
                 shard.account_count());
  }
  // No page is empty.
  const size_t pages = shard.ids().pages().size();
  if (pages > shard.ids().settled_ids()) {
    findings.Add(6, "shard {}: {} pages for {} ids", owned.number(), pages,
                 shard.ids().settled_ids());
  }
}

}  // namespace

void CheckBounds(SimulatedServer& server, Findings& findings) {
  const server::PipelineOptions& options = server.options().pipeline;
  size_t id_bytes = 0;
  for (uint32_t lane = 0; lane < server.options().executors; ++lane) {
    const server::Pipeline& pipeline = server.pipeline(lane);
    if (pipeline.stats().queued > options.queue.calls) {
      findings.Add(6, "{} calls are queued", pipeline.stats().queued);
    }
    for (const auto& shard : pipeline.shards()) {
      CheckShard(*shard, pipeline.shards().size(), options, findings);
      id_bytes += shard->shard().ids().settled_bytes();
    }
  }
  const size_t most =
      options.ids.own_bytes + options.ids.common_bytes + server.options().executors * kGroupIdBytes;
  if (id_bytes > most) {
    findings.Add(6, "{} bytes of remembered ids, of {} at the most", id_bytes, most);
  }
  // Groups, and the batches of a snapshot for each shard.
  const size_t batches =
      server.options().executors * options.batches_in_flight + 16 * server.options().shards;
  if (server.store()->pending() > batches) {
    findings.Add(6, "{} batches are on their way", server.store()->pending());
  }
}

}  // namespace quota::simulation
