// What tests say about stores and statuses.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "storage/range_reader.h"
#include "storage/store.h"

namespace quota::storage {

// Matches a status (or the status of a StatusOr) by its code and a part of its message.
MATCHER_P2(IsError, code, part, "") {
  const absl::Status& status = [](const auto& value) -> const absl::Status& {
    if constexpr (requires { value.status(); }) {
      return value.status();
    } else {
      return value;
    }
  }(arg);
  *result_listener << status;
  return status.code() == code && std::string(status.message()).find(part) != std::string::npos;
}

// Applies `batch` and expects it to be done.
inline void MustApply(Store& store, Batch batch) {
  const WriteOutcome outcome = ApplyAndWait(store, 0, std::move(batch));
  ASSERT_EQ(outcome.result, WriteResult::kDone) << outcome.status;
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
}

inline void MustPut(Store& store, const std::string& key, const std::string& value) {
  Batch batch;
  batch.Put(key, value);
  MustApply(store, std::move(batch));
}

// Everything in [begin, end).
inline std::map<std::string, std::string> Contents(Store& store, const std::string& begin = "",
                                                   const std::string& end = "") {
  std::map<std::string, std::string> contents;
  RangeReader reader(store, begin, end);
  for (;;) {
    absl::StatusOr<std::optional<RangeReader::Entry>> entry = reader.Next();
    if (!entry.ok()) {
      ADD_FAILURE() << entry.status();
      return contents;
    }
    if (!entry->has_value()) return contents;
    contents.insert(**std::move(entry));
  }
}

}  // namespace quota::storage
