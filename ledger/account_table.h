// The accounts of a shard by number. They stay where they are, and are kept side by side: the
// address of one follows from its number without a look at memory that is not its own.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "ledger/account.h"

namespace quota::ledger {

class AccountTable {
 public:
  // Null where there is none of this number.
  Account* Find(AccountNumber number) const {
    Account* place = Place(number);
    return place == nullptr || place->number == 0 ? nullptr : place;
  }

  // Where the account is or would be; null beyond the largest number.
  Account* Place(AccountNumber number) const {
    if (number == 0 || number > size_) return nullptr;
    return &chunks_[(number - 1) / kChunk][(number - 1) % kChunk];
  }

  // Numbers may come in any order; each comes once. Its number is set, and nothing else.
  Account& Add(AccountNumber number) {
    while (chunks_.size() * kChunk < number) chunks_.push_back(std::make_unique<Account[]>(kChunk));
    if (number > size_) size_ = number;
    Account& added = *Place(number);
    added.number = number;
    return added;
  }

  // The largest number.
  size_t size() const { return size_; }

 private:
  // A small store should not pay for a large one; 64 accounts take about 22 KiB.
  static constexpr size_t kChunk = 64;

  std::vector<std::unique_ptr<Account[]>> chunks_;
  size_t size_ = 0;
};

}  // namespace quota::ledger
