// A store that hands everything on to another: planted bugs override what they break.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "storage/store.h"

namespace quota::simulation {

class ForwardingStore : public storage::Store {
 public:
  explicit ForwardingStore(std::unique_ptr<storage::Store> store) : store_(std::move(store)) {}

  const storage::Limits& limits() const override { return store_->limits(); }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    return store_->Get(key);
  }
  absl::StatusOr<storage::Page> Scan(std::string_view begin, std::string_view end,
                                     size_t max_entries, size_t max_bytes) override {
    return store_->Scan(begin, end, max_entries, max_bytes);
  }
  void Apply(uint32_t lane, storage::Batch batch, storage::Completion done) override {
    store_->Apply(lane, std::move(batch), std::move(done));
  }
  void Drain() override { store_->Drain(); }
  absl::Status Sync() override { return store_->Sync(); }
  storage::StoreStats stats() const override { return store_->stats(); }
  absl::Status Close() override { return store_->Close(); }

 private:
  const std::unique_ptr<storage::Store> store_;
};

}  // namespace quota::simulation
