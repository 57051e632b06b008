#include "storage/format.h"

#include <optional>
#include <random>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "storage/keys.h"
#include "storage/record.h"

namespace quota::storage {
namespace {

constexpr size_t kCreationIdBytes = 16;

// The record belongs to no shard; it is written before any of them is.
constexpr uint32_t kNoShard = 0;

std::string Encode(uint32_t shards, std::string_view creation_id) {
  std::string payload;
  AppendBigEndian32(payload, kFormatVersion);
  AppendBigEndian32(payload, shards);
  payload.append(creation_id);
  return SealRecord(FormatKey(), payload);
}

absl::StatusOr<FormatInfo> Decode(std::string_view value) {
  QUOTA_ASSIGN_OR_RETURN(std::string_view payload, OpenRecord(FormatKey(), value));
  FormatInfo info;
  std::string_view rest = payload;
  if (!ConsumeBigEndian32(rest, info.version)) {
    return absl::DataLossError("format record F is cut short");
  }
  // Before the rest is looked at: only the version is the same in every version.
  if (info.version != kFormatVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("format record F says that the store has format version ", info.version,
                     ", and this quotad reads version ", kFormatVersion, ": run the ",
                     info.version > kFormatVersion ? "newer" : "older",
                     " quotad that wrote it, or restore a backup of version ", kFormatVersion));
  }
  if (!ConsumeBigEndian32(rest, info.shards) || rest.size() != kCreationIdBytes) {
    return absl::DataLossError("format record F does not have the length of its version");
  }
  if (info.shards == 0 || info.shards > kMaxShards) {
    return absl::DataLossError(absl::StrCat("format record F says that the store has ", info.shards,
                                            " shards; 1 to ", kMaxShards, " are possible"));
  }
  info.creation_id = absl::BytesToHexString({rest.data(), rest.size()});
  return info;
}

std::string DrawCreationId() {
  std::random_device device;
  std::string id;
  while (id.size() < kCreationIdBytes) AppendBigEndian32(id, device());
  return id;
}

}  // namespace

absl::StatusOr<FormatInfo> ReadFormat(Store& store) {
  QUOTA_ASSIGN_OR_RETURN(std::optional<std::string> stored, store.Get(FormatKey()));
  if (stored.has_value()) return Decode(*stored);
  QUOTA_ASSIGN_OR_RETURN(Page first, store.Scan("", "", 1, 1));
  if (first.entries.empty()) return absl::NotFoundError("the store is empty");
  return absl::FailedPreconditionError(absl::StrCat(
      "the store has no format record F but holds ", PrintableKey(first.entries[0].first),
      ": it is not quotad's, or was damaged; give an empty folder, or restore a backup"));
}

absl::StatusOr<FormatInfo> EnsureFormat(Store& store, uint32_t shards_if_new) {
  if (shards_if_new == 0 || shards_if_new > kMaxShards) {
    return absl::InvalidArgumentError(absl::StrCat("a store can't have ", shards_if_new,
                                                   " shards; 1 to ", kMaxShards, " are possible"));
  }
  absl::StatusOr<FormatInfo> stored = ReadFormat(store);
  if (!absl::IsNotFound(stored.status())) return stored;
  Batch batch;
  batch.RequireAbsent(FormatKey());
  const std::string value = Encode(shards_if_new, DrawCreationId());
  batch.Put(FormatKey(), value);
  WriteOutcome outcome = ApplyAndWait(store, kNoShard, std::move(batch));
  if (outcome.result != WriteResult::kDone) return outcome.status;
  return Decode(value);
}

}  // namespace quota::storage
