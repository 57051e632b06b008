// A row of batches of which each says its place in the row, so that a store can be asked after a
// failure which of them it has: all that were acknowledged, then perhaps some more, each of them
// whole, none missing in between.
//
//   store.Apply(0, row.Next(), [&](outcome) { if done: row.Acknowledge(number); });
//   ...the store fails, and is opened again...
//   EXPECT_EQ(row.Check(Contents(*store)), "");
//   ASSERT_TRUE(store->Sync().ok());
//   row.Settle();                         // from here the row goes on
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/batch.h"

namespace quota::storage {

// For one thread, but for Acknowledge, which may come from another while the first one waits.
class BatchRow {
 public:
  explicit BatchRow(std::mt19937_64& random) : random_(random) {}

  // The next batch: a few writes, a few hundred bytes, now and then more than a log's block.
  Batch Next() {
    std::map<std::string, std::string> state = states_.back();
    Batch batch;
    const std::string last = std::to_string(count() + 1);
    batch.Put("last", last);
    state["last"] = last;
    for (uint64_t i = Pick(0, 3); i > 0; --i) {
      // Each key once in a batch.
      const std::string key = absl::StrCat("key", i, "-", Pick(0, 20));
      if (Pick(0, 4) == 0) {
        batch.Delete(key);
        state.erase(key);
      } else {
        const std::string value = last + std::string(Pick(0, Pick(0, 9) == 0 ? 70'000 : 300), 'v');
        batch.Put(key, value);
        state[key] = value;
      }
    }
    states_.push_back(std::move(state));
    return batch;
  }

  // How many batches there were, and how many of them were acknowledged.
  uint64_t count() const { return first_ + states_.size() - 1; }
  void Acknowledge(uint64_t count) { acknowledged_ = count; }

  // What is wrong with what a store holds; "" if nothing is.
  std::string Check(const std::map<std::string, std::string>& contents) {
    const auto last = contents.find("last");
    found_ = last == contents.end() ? 0 : std::stoull(last->second);
    if (found_ < acknowledged_) {
      return absl::StrCat("batch ", acknowledged_, " was acknowledged, ", found_, " is the last");
    }
    if (found_ > count()) return absl::StrCat("batch ", found_, " was never handed over");
    if (contents != states_[found_ - first_]) return absl::StrCat("torn at batch ", found_);
    return "";
  }

  // What was checked last is durable: it counts as acknowledged, and the next batch follows on it.
  void Settle() {
    states_ = {std::move(states_[found_ - first_])};
    first_ = acknowledged_ = found_;
  }

 private:
  uint64_t Pick(uint64_t low, uint64_t high) {
    return std::uniform_int_distribution<uint64_t>(low, high)(random_);
  }

  std::mt19937_64& random_;
  // What a store holds after batch first_, first_ + 1, and so on.
  std::vector<std::map<std::string, std::string>> states_{{}};
  uint64_t first_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t found_ = 0;
};

}  // namespace quota::storage
