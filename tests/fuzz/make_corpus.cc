// Writes the seeds that people can't write by hand: build the target fuzz_make_corpus, then
//
//   bin/fuzz_make_corpus tests/fuzz/corpus
//
// Needed again only after a change of a format; old seeds may stay, as what is old must not crash
// either. Seeds of texts are written by hand.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "common/check.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "ledger/ledger.h"
#include "server/event_positions.h"
#include "server/owned_shard.h"
#include "server/page_tokens.h"
#include "storage/format.h"
#include "storage/memory_store.h"
#include "storage/record.h"
#include "tests/ledger/ledger_harness.h"

namespace quota {
namespace {

class CorpusWriter {
 public:
  explicit CorpusWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void Add(const std::string& target, const std::string& name, std::string_view bytes) const {
    std::filesystem::create_directories(folder_ / target);
    std::ofstream out(folder_ / target / name, std::ios::binary);
    out << bytes;
    QUOTA_CHECK(out.good());
  }

 private:
  const std::filesystem::path folder_;
};

// ---- Requests ----

template <typename Request>
Request Change() {
  Request request;
  request.set_request_id("request-1");
  request.set_org_id("acme");
  return request;
}

v1::ReserveRequest SampleReserve() {
  v1::ReserveRequest request;
  request.set_org_id("acme");
  request.set_reservation_id("0f8fad5b-d9cb-469f-a165-70867728950e");
  request.mutable_method()->set_name("tickets.list");
  (*request.mutable_method()->mutable_attributes())["from"] = 3000;
  request.set_slots(2);
  request.mutable_ttl()->set_seconds(60);
  request.set_mode(v1::RESERVE_MODE_BEST_EFFORT);
  request.set_on_expiry(v1::EXPIRY_ACTION_COMMIT);
  return request;
}

// In the order of kReaders in request_targets.cc.
std::vector<std::string> SampleRequests() {
  std::vector<std::string> samples;
  const auto add = [&samples](const auto& request) {
    samples.push_back(static_cast<char>(samples.size()) + request.SerializeAsString());
  };
  add(SampleReserve());
  v1::CommitRequest commit;
  commit.set_org_id("acme");
  commit.set_reservation_id("r1");
  commit.set_credits(7);
  add(commit);
  v1::ReleaseRequest release;
  release.set_org_id("acme");
  release.set_reservation_id("r1");
  add(release);
  v1::ExtendRequest extend;
  extend.set_org_id("acme");
  extend.set_reservation_id("r1");
  extend.mutable_ttl()->set_seconds(600);
  add(extend);
  v1::ChargeRequest charge;
  charge.set_org_id("acme");
  charge.set_reservation_id("c1");
  charge.set_credits(1'000'000'000'000);
  add(charge);
  v1::GetUsageRequest usage;
  usage.set_org_id("acme");
  add(usage);
  auto create = Change<v1::CreateOrgRequest>();
  create.set_edition("enterprise");
  create.set_agents(12);
  create.set_data_center("eu");
  create.set_time_zone("Europe/Berlin");
  create.mutable_signup_day()->set_year(2024);
  create.mutable_signup_day()->set_month(2);
  create.mutable_signup_day()->set_day(29);
  create.set_legacy_limit(50'000);
  add(create);
  v1::GetOrgRequest get;
  get.set_org_id("acme");
  add(get);
  auto edition = Change<v1::SetEditionRequest>();
  edition.set_edition("free");
  edition.set_expected_revision(3);
  add(edition);
  auto agents = Change<v1::SetAgentsRequest>();
  agents.set_agents(10);
  agents.set_light_agents(5);
  add(agents);
  auto purchase = Change<v1::PurchaseCreditsRequest>();
  purchase.set_purchase_id("invoice-1");
  purchase.set_pack_credits(5'000);
  *purchase.mutable_first_day() = create.signup_day();
  add(purchase);
  auto revoke = Change<v1::RevokeCreditsRequest>();
  revoke.set_purchase_id("invoice-1");
  add(revoke);
  auto legacy = Change<v1::SetLegacyLimitRequest>();
  legacy.set_legacy_limit(9);
  *legacy.mutable_grandfathered_until() = create.signup_day();
  add(legacy);
  auto center = Change<v1::SetDataCenterRequest>();
  center.set_data_center("in");
  center.set_time_zone("");
  add(center);
  auto suspend = Change<v1::SuspendOrgRequest>();
  suspend.set_reason("unpaid");
  add(suspend);
  add(Change<v1::ResumeOrgRequest>());
  auto limit = Change<v1::SetConcurrencyLimitRequest>();
  limit.set_pool("heavy");
  limit.set_limit(3);
  add(limit);
  return samples;
}

void AddRequests(const CorpusWriter& corpus) {
  const std::vector<std::string> requests = SampleRequests();
  for (size_t i = 0; i < requests.size(); ++i) {
    corpus.Add("request", "request-" + std::to_string(i), requests[i]);
  }
  v1::SessionRequest message;
  message.mutable_open()->set_session_id("api-1");
  message.mutable_open()->set_epoch(2);
  corpus.Add("session_message", "open", message.SerializeAsString());
  auto& batch = *message.mutable_batch();
  batch.set_sequence(1);
  *batch.add_operations()->mutable_reserve() = SampleReserve();
  batch.mutable_operations(0)->mutable_reserve()->set_bind_to_session(true);
  batch.add_operations()->mutable_commit()->set_org_id("acme");
  batch.add_operations()->mutable_get_usage()->set_org_id("acme");
  batch.add_operations();
  corpus.Add("session_message", "batch", message.SerializeAsString());
}

void AddTokens(const CorpusWriter& corpus) {
  corpus.Add("page_token", "org", server::FormatPageToken({3, 17}));
  corpus.Add("page_token", "day", server::FormatDayToken(1'762'128'000'000'000));
  corpus.Add("page_token", "audit",
             server::FormatAuditToken(storage::AuditKey(1, 2, 1'762'128'000'000'000, 4, 5)));
  corpus.Add("event_position", "two_shards",
             '\x02' + server::FormatPositions({{1'762'128'000'000'000, 7, 1}, {}}));
  corpus.Add("event_position", "no_shards", std::string(1, '\0'));
}

// ---- What is stored ----

// Some of everything: holds bound and not, packs, two days, settled ids.
void Use(ledger::LedgerHarness& ledger) {
  ledger.BuyPack("pack", 50);
  ledger.BuyDaily("daily", 5);
  ledger::Reserve bound = ledger::Ask("bound", 70);
  bound.session = "session";
  QUOTA_CHECK(ledger.Run(bound).ok());
  QUOTA_CHECK(ledger.Run(ledger::AskMethod("heavy", "reports.run")).ok());
  QUOTA_CHECK(ledger.Run(ledger::AskCharge("0f8fad5b-d9cb-469f-a165-70867728950e", 20)).ok());
  QUOTA_CHECK(ledger.Commit("heavy", 26).ok());
  QUOTA_CHECK(ledger.Extend("bound", std::chrono::hours(20)).ok());
  ledger.Advance(std::chrono::hours(14));
  QUOTA_CHECK(ledger.Run(ledger::SetConcurrencyLimit{{}, "main", 7}).ok());
  QUOTA_CHECK(ledger.Run(ledger::Ask("today", 130)).ok());
  ledger.Advance(std::chrono::hours(1));
  ledger.Sweep();
  QUOTA_CHECK(ledger.Run(ledger::RevokeCredits{{}, "daily"}).ok());
  ledger.LoseSession("session");
}

void AddLedger(const CorpusWriter& corpus) {
  ledger::LedgerHarness ledger;
  Use(ledger);
  ledger::EntryEncoder all(ledger.clock().Now());
  for (const auto& [sequence, bytes] : ledger.entries()) {
    corpus.Add("journal_entry", "entry-" + std::to_string(sequence), bytes);
    for (const ledger::Event& event : ledger::DecodeEntry(bytes)->events) all.Add(event);
  }
  corpus.Add("journal_entry", "all", all.Take());
  QUOTA_CHECK(ledger.Run(ledger::Ask("open", 3)).ok());
  corpus.Add("account_record", "one_hold", ledger.shard().SaveAccount(1, ledger.sequence()));
  corpus.Add("account_record", "new", ledger::LedgerHarness().shard().SaveAccount(1, 1));
  for (const ledger::IdPage& page : ledger.shard().ids().pages()) {
    corpus.Add("id_page", "page-" + std::to_string(page.first_sequence), page.Encode());
  }
  for (const std::string text : {"0f8fad5b-d9cb-469f-a165-70867728950e", "r1", "id with blanks"}) {
    corpus.Add("reservation_id", "text-" + std::to_string(text.size()), text);
    corpus.Add("reservation_id", "packed-" + std::to_string(text.size()),
               ReservationId::FromText(text).packed());
  }
}

std::string BigEndian16(size_t size) {
  return {static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
}

// As store_target.cc reads it.
std::string StoreContents(storage::Store& store) {
  std::string contents;
  const auto page = store.Scan("", "", 1'000, 1 << 20);
  QUOTA_CHECK(page.ok());
  for (const auto& [key, value] : page->entries) {
    const auto payload = storage::OpenRecord(key, value);
    QUOTA_CHECK(payload.ok() && key.size() <= 64 && payload->size() < 0x8000);
    contents += static_cast<char>(key.size() - 1) + key + BigEndian16(payload->size());
    contents += *payload;
  }
  return contents;
}

void Write(storage::Store& store, storage::Batch batch) {
  QUOTA_CHECK(storage::ApplyAndWait(store, 0, std::move(batch)).result ==
              storage::WriteResult::kDone);
}

// The harness's journal as a server would keep it, and again after it has stored its accounts.
void AddStores(const CorpusWriter& corpus) {
  ledger::LedgerHarness ledger;
  Use(ledger);
  // At these limits an account takes chunks.
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(),
                             {.limits = {100, 1 << 20, 512}, .immediate = true});
  QUOTA_CHECK(storage::EnsureFormat(store, 1).ok());
  corpus.Add("store", "new", StoreContents(store));
  uint64_t sequence = 0;
  for (const auto& entry : ledger.entries()) {
    storage::Batch batch;
    storage::Journal::Append(batch, 0, ++sequence, entry.second);
    Write(store, std::move(batch));
  }
  corpus.Add("store", "journal", StoreContents(store));
  auto shard = server::OwnedShard::Recover(
      store, 0, {.journal_bytes = 1, .slice_bytes = 1 << 20, .history = {}});
  QUOTA_CHECK(shard.ok());
  while ((*shard)->MaintenanceDue()) {
    auto batches = (*shard)->Maintain(store.limits());
    QUOTA_CHECK(batches.ok());
    for (storage::Batch& batch : *batches) Write(store, std::move(batch));
    if (batches->empty()) break;
    (*shard)->MaintenanceDone();
  }
  corpus.Add("store", "snapshots", StoreContents(store));
}

void AddRecords(const CorpusWriter& corpus) {
  const std::string key = storage::JournalKey(3, 17);
  corpus.Add("record", "sealed",
             static_cast<char>(key.size()) + key + storage::SealRecord(key, "payload"));
  corpus.Add("key", "journal", key);
  corpus.Add("key", "event", storage::EventKey(1, {1'762'128'000'000'000, 4, 5}));
  corpus.Add("key", "audit", storage::AuditKey(1, 2, 3, 4, 5));
  corpus.Add("key", "format", storage::FormatKey());
  // A record of RocksDB's log that leads past the end; see storage/rocksdb/log_headers.h.
  corpus.Add("log_header", "torn", std::string("\x12\x34\x56\x78\xff\x00\x01payload", 14));
  corpus.Add("log_header", "whole",
             std::string("\x12\x34\x56\x78\x03\x00\x01"
                         "abc",
                         10));
  corpus.Add("log_header", "zeros", std::string(64, '\0'));
}

void AddStatus(const CorpusWriter& corpus) {
  google::rpc::Status status;
  google::rpc::ErrorInfo error;
  error.set_reason("OVERLOADED");
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(1);
  status.add_details()->PackFrom(error);
  status.add_details()->PackFrom(retry);
  corpus.Add("grpc_status", "overloaded", '\x08' + status.SerializeAsString());
}

// Choices: any bytes are some.
void AddChoices(const CorpusWriter& corpus) {
  for (const std::string target : {"calls", "model", "replay", "text_format"}) {
    std::mt19937_64 random(7);
    for (const size_t size : {40, 300, 900}) {
      std::string bytes;
      while (bytes.size() < size) bytes.push_back(static_cast<char>(random()));
      corpus.Add(target, "choices-" + std::to_string(size), bytes);
    }
  }
}

}  // namespace
}  // namespace quota

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "Usage: fuzz_make_corpus FOLDER\n");
    return 2;
  }
  const quota::CorpusWriter corpus(argv[1]);
  quota::AddRequests(corpus);
  quota::AddTokens(corpus);
  quota::AddLedger(corpus);
  quota::AddStores(corpus);
  quota::AddRecords(corpus);
  quota::AddStatus(corpus);
  quota::AddChoices(corpus);
  return 0;
}
