// A command on its way through the pipeline, and back with its answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/answers.h"
#include "ledger/catalog.h"
#include "ledger/commands.h"
#include "server/store_reader.h"
#include "storage/backup/manifest.h"

namespace quota::server {

// Owned by whoever made it, who keeps it (and all that the command's views point to) alive and
// untouched from Engine::Submit until OnAnswered has been called, which happens exactly once.
class Call {
 public:
  virtual ~Call() = default;

  // `status` and, where that is OK, `answer` are set. The answer is durable. Called on an
  // executor's or the store's thread: must not block, and may delete the call.
  virtual void OnAnswered() = 0;

  ledger::Command command;
  // The shard that decides. Set by the engine for a command with an organisation; by the maker for
  // a command to a whole shard.
  uint32_t shard = 0;

  absl::Status status;
  ledger::Answer answer;
};

// A backup that an administrator wants.
struct BackupRequest {
  std::string name;
  std::string request_id;
  std::string actor;
  std::string peer;
};

// Where calls go: the engine, as the RPC services see it. Thread-safe.
class CallSink {
 public:
  virtual ~CallSink() = default;

  // Takes `call` and answers it later. Never blocks; OnAnswered may run before Submit returns.
  // Calls of one organisation that one thread submits one after the other are decided in that
  // order.
  virtual void Submit(Call* call) = 0;

  // The same for calls that belong together, in their order.
  virtual void SubmitAll(const std::vector<Call*>& calls) = 0;

  // Reads the store, as StoreReader says.
  virtual void ReadStore(StoreReader::Job job) = 0;

  // The catalog in use.
  virtual std::shared_ptr<const ledger::Catalog> catalog() const = 0;
  // Reads the catalog again and uses it, all or nothing; see Engine. Blocks for the reading of a
  // file.
  virtual absl::StatusOr<bool> ReloadCatalog(const ledger::AdminRequest& request) = 0;

  // Takes a backup, or finds the one that the same request has taken; see Engine. Never blocks;
  // `done` is called once, on a thread of the engine or from here.
  using BackupDone = std::function<void(const absl::StatusOr<storage::BackupManifest>&)>;
  virtual void Backup(const BackupRequest& request, const BackupDone& done) = 0;

  // How many shards there are; 0 until the store has been opened.
  virtual uint32_t shard_count() const = 0;
};

}  // namespace quota::server
