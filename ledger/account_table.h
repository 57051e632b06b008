// The accounts of a shard by number. They are kept side by side: the address of one follows from
// its number without a look at memory that is not its own.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <utility>

#include "ledger/account.h"
#include "ledger/chunks.h"

namespace quota::ledger {

class AccountTable {
 public:
  // Null where there is none of this number. Valid until the next Add.
  Account* Find(AccountNumber number) const {
    if (number != 0 && number <= placed_.size()) return Place(number);
    const auto ahead = ahead_.find(number);
    return ahead == ahead_.end() ? nullptr : ahead->second.get();
  }

  // Numbers may come in any order during recovery, as older accounts may be only in the journal;
  // each comes once. Its number is set, and nothing else.
  Account& Add(AccountNumber number) {
    // Those that come before their turn wait apart, so that a damaged number costs no memory.
    auto& added = ahead_.emplace(number, std::make_unique<Account>()).first->second;
    added->number = number;
    while (!ahead_.empty() && ahead_.begin()->first == placed_.size() + 1) {
      placed_.Add() = std::move(*ahead_.begin()->second);
      ahead_.erase(ahead_.begin());
    }
    return *Find(number);
  }

  // How many there are without a gap, from 1 on.
  size_t size() const { return placed_.size(); }
  // The number before which some wait; 0: none does.
  AccountNumber FirstMissing() const {
    return ahead_.empty() ? 0 : static_cast<AccountNumber>(placed_.size() + 1);
  }

 private:
  // A small store should not pay for a large one; 64 accounts take 32 KiB.
  static constexpr size_t kChunk = 64;

  Account* Place(AccountNumber number) const { return const_cast<Account*>(&placed_[number - 1]); }

  Chunks<Account, kChunk> placed_;
  std::map<AccountNumber, std::unique_ptr<Account>> ahead_;
};

}  // namespace quota::ledger
