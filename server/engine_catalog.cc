// The catalog of a running engine: what is in use, and how another takes its place.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <utility>
#include <vector>

#include "common/status.h"
#include "server/catalog_change.h"
#include "server/engine.h"
#include "server/engine_executor.h"

namespace quota::server {

std::shared_ptr<const ledger::Catalog> Engine::catalog() const {
  MutexLock lock(mutex_);
  return catalog_;
}

absl::StatusOr<bool> Engine::ReloadCatalog(const ledger::AdminRequest& request) {
  if (!options_.catalog_source) {
    return absl::FailedPreconditionError(
        "quotad runs on its built-in catalog; start it with --catalog FILE to have one to reload");
  }
  QUOTA_ASSIGN_OR_RETURN(auto next, options_.catalog_source());
  if (next->source().SerializeAsString() == catalog()->source().SerializeAsString()) return false;
  QUOTA_RETURN_IF_ERROR(UseCatalog(std::move(next)));
  const int64_t revision = catalog()->At(clock_.Now()).number();
  spdlog::info("catalog revision {} is in force", revision);
  const absl::Status noted = Record(ledger::RecordReload{request, revision});
  if (noted.ok()) return true;
  return Annotate(
      noted, fmt::format("revision {} is in force, but the audit log does not have it", revision));
}

// Keeps every executor between two steps. As many locks as there are executors: more than the
// analysis can follow.
class Engine::AllSteps {
 public:
  explicit AllSteps(const std::vector<std::unique_ptr<Executor>>& executors)
      ABSL_NO_THREAD_SAFETY_ANALYSIS : executors_(executors) {
    for (const auto& executor : executors_) executor->pipeline->step_mutex().Lock();
  }
  ~AllSteps() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (const auto& executor : executors_) executor->pipeline->step_mutex().Unlock();
  }
  AllSteps(const AllSteps&) = delete;
  AllSteps& operator=(const AllSteps&) = delete;

  void UseCatalog(const std::shared_ptr<const ledger::Catalog>& next)
      ABSL_NO_THREAD_SAFETY_ANALYSIS {
    for (const auto& executor : executors_) executor->pipeline->UseCatalog(next);
  }

 private:
  const std::vector<std::unique_ptr<Executor>>& executors_;
};

absl::Status Engine::CheckNext(const ledger::CatalogRevision& next,
                               const ledger::CatalogRevision& old) const {
  QUOTA_RETURN_IF_ERROR(CheckRevision(next, old));
  if (HasAllNames(next, old)) return absl::OkStatus();
  for (const auto& executor : executors_) {
    for (const auto& shard : executor->pipeline->shards()) {
      QUOTA_RETURN_IF_ERROR(CheckInUse(shard->shard(), next));
    }
  }
  return absl::OkStatus();
}

absl::Status Engine::UseCatalog(std::shared_ptr<const ledger::Catalog> next) {
  AllSteps stopped(executors_);
  // Under the locks: a store that is closed or reopened meanwhile changes the shards.
  if (!serving()) return NotServing(state_.load(), "");
  const Instant now = ledger_clock_.Now();
  QUOTA_RETURN_IF_ERROR(CheckNext(next->At(now), catalog()->At(now)));
  stopped.UseCatalog(next);
  MutexLock lock(mutex_);
  catalog_ = std::move(next);
  return absl::OkStatus();
}

}  // namespace quota::server
