#include "tests/simulation/bounds_audit.h"

namespace quota::simulation {
namespace {

// What is journalled while a snapshot is on its way, slice by slice: the journal may have this many
// times the bytes after which it is to be trimmed.
constexpr size_t kJournalSlack = 12;
// What one step may settle: the bytes of a group's ids.
constexpr size_t kGroupIdBytes = 16 << 10;

void CheckShard(const server::OwnedShard& owned, const server::PipelineOptions& options,
                Findings& findings) {
  const ledger::Shard& shard = owned.shard();
  if (owned.journal_bytes() > kJournalSlack * options.snapshots.journal_bytes) {
    findings.Add(6, "shard {}: {} bytes of journal are kept", owned.number(),
                 owned.journal_bytes());
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
      CheckShard(*shard, options, findings);
      id_bytes += shard->shard().ids().settled_bytes();
    }
  }
  const size_t most = server.options().shards * options.ids.max_bytes + options.ids.common_bytes +
                      server.options().executors * kGroupIdBytes;
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
