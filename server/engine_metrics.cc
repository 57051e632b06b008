#include "server/engine_metrics.h"

#include <array>
#include <chrono>
#include <string>

#include "server/metric_family.h"

namespace quota::server {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// One series a state, of which one is 1: so that a state can be summed and graphed.
prometheus::MetricFamily StateFamily(EngineState state) {
  prometheus::MetricFamily family{"quotad_engine_state",
                                  "1 for the state that the engine is in, 0 for the others.",
                                  prometheus::MetricType::Gauge,
                                  {}};
  for (const EngineState each : {EngineState::kRecovering, EngineState::kServing,
                                 EngineState::kStopped, EngineState::kClosed}) {
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    metric.label = {{"state", std::string(NameOf(each))}};
    metric.gauge.value = each == state ? 1 : 0;
  }
  return family;
}

void AddPipeline(const PipelineStats& stats, Families& families) {
  const auto gauge = [&families](const char* name, const char* help, double value) {
    families.push_back(GaugeFamily(name, help, value));
  };
  const auto counter = [&families](const char* name, const char* help, uint64_t value) {
    families.push_back(CounterFamily(name, help, static_cast<double>(value)));
  };
  gauge("quotad_queued_calls", "Calls that wait to be decided.", static_cast<double>(stats.queued));
  gauge("quotad_organisations", "Organisations in the store.", static_cast<double>(stats.accounts));
  gauge("quotad_open_reservations", "Reservations that are open.",
        static_cast<double>(stats.open_holds));
  gauge("quotad_remembered_ids", "Ids of ended reservations that are remembered.",
        static_cast<double>(stats.remembered_ids));
  gauge("quotad_remembered_ids_bytes", "Memory of the remembered ids.",
        static_cast<double>(stats.remembered_bytes));
  gauge("quotad_id_window_seconds",
        "How long the ids of ended reservations are remembered now: the shortest of the shards.",
        Seconds(stats.id_window));
  counter("quotad_calls_decided_total", "Calls that were decided.", stats.calls);
  counter("quotad_calls_overloaded_total", "Calls refused because a queue was full.",
          stats.refused_calls);
  counter("quotad_groups_total",
          "Groups of calls decided together: calls_decided / groups is the size of a group.",
          stats.groups);
  counter("quotad_journal_events_total", "Events that were journalled.", stats.events);
  counter("quotad_journal_bytes_total", "Bytes of journal entries.", stats.journal_bytes);
  counter("quotad_snapshots_total",
          "Slices of snapshots that were stored: accounts, and pages of ids.", stats.snapshots);
  counter("quotad_reservations_expired_total", "Reservations that ended because their ttl passed.",
          stats.expired_holds);
  counter("quotad_reservations_session_lost_total",
          "Reservations that ended because their session was lost.", stats.lost_holds);
  counter("quotad_commits_late_total", "Commits of reservations that had expired or been lost.",
          stats.late_commits);
}

void AddStore(const storage::StoreStats& stats, Families& families) {
  const auto counter = [&families](const char* name, const char* help, uint64_t value) {
    families.push_back(CounterFamily(name, help, static_cast<double>(value)));
  };
  counter("quotad_store_syncs_total", "Times that the device was asked to make writes durable.",
          stats.syncs);
  counter("quotad_store_batches_total", "Batches written to the store.", stats.batches);
  counter("quotad_store_written_bytes_total", "Keys and values in those batches.",
          stats.bytes_written);
  counter("quotad_store_refused_batches_total", "Batches that the store refused.", stats.refused);
  counter("quotad_store_background_errors_total", "Failures of the store's own upkeep.",
          stats.background_errors);
}

}  // namespace

std::string_view NameOf(EngineState state) {
  switch (state) {
    case EngineState::kRecovering:
      return "recovering";
    case EngineState::kServing:
      return "serving";
    case EngineState::kStopped:
      return "stopped";
    case EngineState::kClosed:
      return "closed";
  }
  return "unknown";
}

std::vector<prometheus::MetricFamily> EngineFamilies(const EngineStatus& status) {
  Families families;
  families.push_back(StateFamily(status.state));
  families.push_back(CounterFamily("quotad_store_failures_total",
                                   "Times that the store failed and was closed to be reopened.",
                                   static_cast<double>(status.store_failures)));
  families.push_back(CounterFamily("quotad_store_reopen_failures_total",
                                   "Attempts to open a failed store again that failed.",
                                   static_cast<double>(status.reopen_failures)));
  families.push_back(GaugeFamily("quotad_store_reopen_pause_seconds",
                                 "How long the engine waits before it opens a failed store again.",
                                 Seconds(status.reopen_pause)));
  AddPipeline(status.pipeline, families);
  AddStore(status.store, families);
  families.push_back(GaugeFamily("quotad_sessions",
                                 "Sessions that are connected or within their grace.",
                                 static_cast<double>(status.sessions)));
  families.push_back(GaugeFamily("quotad_event_watches", "Streams of WatchEvents that are open.",
                                 static_cast<double>(status.event_watches)));
  families.push_back(GaugeFamily("quotad_orgs_created_by_calls",
                                 "Organisations that were unknown and were created by a call.",
                                 static_cast<double>(status.orgs_created_by_calls)));
  families.push_back(
      CounterFamily("quotad_orgs_refused_total",
                    "Calls of unknown organisations that the catalog's bounds did not let create "
                    "one, since the start.",
                    static_cast<double>(status.orgs_refused)));
  families.push_back(CounterFamily("quotad_sessions_lost_total",
                                   "Sessions that did not come back within their grace.",
                                   static_cast<double>(status.lost_sessions)));
  families.push_back(GaugeFamily("quotad_clock_wall_ahead_seconds",
                                 "The wall clock less ledger time, at the last reading.",
                                 Seconds(status.clock.wall_ahead)));
  families.push_back(GaugeFamily(
      "quotad_clock_jump_held",
      "1 while the wall clock has jumped ahead and is not followed until an operator accepts it.",
      status.clock.jump_held ? 1 : 0));
  return families;
}

}  // namespace quota::server
