#include "inspect/dump.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "common/status.h"
#include "inspect/account_text.h"
#include "inspect/event_json.h"
#include "ledger/event_codec.h"
#include "server/owned_shard.h"
#include "storage/format.h"
#include "storage/journal.h"

namespace quota::inspect {
namespace {

using nlohmann::ordered_json;

std::string OneLine(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

// One shard of a dump.
class ShardDump {
 public:
  ShardDump(storage::Store& store, uint32_t number, const DumpOptions& options, std::ostream& out)
      : store_(store), number_(number), options_(options), out_(out) {}

  // The first error.
  absl::Status Run() {
    auto recovered = server::OwnedShard::Recover(store_, number_, server::SnapshotOptions());
    absl::Status status = recovered.status();
    if (recovered.ok()) owned_ = *std::move(recovered);
    if (options_.accounts && owned_ != nullptr) PrintAccounts();
    if (options_.journal) status.Update(PrintJournal());
    return status;
  }

  // Whether the organisation that was asked for is here.
  bool found() const { return found_; }

 private:
  bool Wanted(const std::string& org) {
    if (options_.org.empty()) return true;
    if (org != options_.org) return false;
    found_ = true;
    return true;
  }

  void PrintAccounts() {
    const ledger::Shard& shard = owned_->shard();
    for (ledger::AccountNumber number = 1; number <= shard.account_count() && out_; ++number) {
      const ledger::Account& account = *shard.account(number);
      if (!Wanted(account.org)) continue;
      ordered_json json = AccountJson(shard, account);
      if (options_.json) {
        out_ << OneLine({{"record", "account"}, {"value", std::move(json)}});
      } else {
        out_ << AccountText(json);
      }
    }
  }

  absl::Status PrintJournal() {
    auto reader = storage::JournalReader::Open(store_, number_);
    if (!reader.ok()) return reader.status();
    while (out_) {
      QUOTA_ASSIGN_OR_RETURN(const auto entry, reader->Next());
      if (!entry) break;
      const auto decoded = ledger::DecodeEntry(entry->payload);
      if (!decoded.ok()) {
        return Annotate(decoded.status(),
                        fmt::format("shard {}, sequence {}", number_, entry->sequence));
      }
      PrintEntry(entry->sequence, *decoded);
    }
    return absl::OkStatus();
  }

  // The organisation of an account, also where only the journal has it.
  std::string NameOf(ledger::AccountNumber number) const {
    const ledger::Account* account = owned_ == nullptr ? nullptr : owned_->shard().account(number);
    return account == nullptr ? std::string() : account->org;
  }

  void PrintEntry(uint64_t sequence, const ledger::Entry& entry) {
    std::vector<ordered_json> events;
    for (const ledger::Event& event : entry.events) {
      if (!Wanted(NameOf(AccountOf(event)))) continue;
      events.push_back(
          EventJson(event, [this](ledger::AccountNumber number) { return NameOf(number); }));
    }
    if (events.empty() && !entry.events.empty()) return;
    if (options_.json) {
      out_ << OneLine({{"record", "entry"},
                       {"value",
                        {{"shard", number_},
                         {"sequence", sequence},
                         {"at", InstantText(entry.at)},
                         {"events", std::move(events)}}}});
      return;
    }
    out_ << fmt::format("shard {}, sequence {}, {}\n", number_, sequence, InstantText(entry.at));
    for (const ordered_json& event : events) out_ << "  " << EventText(event) << '\n';
  }

  storage::Store& store_;
  const uint32_t number_;
  const DumpOptions& options_;
  std::ostream& out_;
  // Null where it can't be recovered.
  std::unique_ptr<server::OwnedShard> owned_;
  bool found_ = false;
};

}  // namespace

absl::Status DumpStore(storage::Store& store, const DumpOptions& options, std::ostream& out) {
  QUOTA_ASSIGN_OR_RETURN(const storage::FormatInfo format, storage::ReadFormat(store));
  if (options.shard && *options.shard >= format.shards) {
    return absl::InvalidArgumentError(fmt::format("there is no shard {}: the store has {}, from 0",
                                                  *options.shard, format.shards));
  }
  std::optional<uint32_t> only = options.shard;
  if (!options.org.empty()) {
    only = ledger::ShardOf(options.org, format.shards);
  }
  absl::Status status;
  bool found = options.org.empty();
  for (uint32_t number = 0; number < format.shards && out; ++number) {
    if (only && number != *only) continue;
    ShardDump shard(store, number, options, out);
    status.Update(shard.Run());
    found = found || shard.found();
  }
  if (status.ok() && !found) {
    return absl::NotFoundError(fmt::format("there is no organisation {}", options.org));
  }
  return status;
}

}  // namespace quota::inspect
