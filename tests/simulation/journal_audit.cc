#include "tests/simulation/journal_audit.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "storage/keys.h"
#include "storage/record.h"

namespace quota::simulation {
namespace {

using ledger::HoldState;
using ledger::Origin;

template <typename T>
inline constexpr bool kIsAdminEvent =
    std::is_same_v<T, records::PlanChanged> || std::is_same_v<T, records::CreditsPurchased> ||
    std::is_same_v<T, records::CreditsRevoked> || std::is_same_v<T, records::OrgCreated>;

// The account that an event is about; 0: none.
ledger::AccountNumber AccountOf(const ledger::Event& event) {
  return std::visit(
      [](const auto& body) -> ledger::AccountNumber {
        using T = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<T, ledger::IdsSealed> ||
                      std::is_same_v<T, ledger::IdsForgotten> ||
                      std::is_same_v<T, records::CatalogReloaded> ||
                      std::is_same_v<T, records::BackupTaken>) {
          return 0;
        } else if constexpr (requires { body.account(); }) {
          return body.account();
        } else {
          return body.account;
        }
      },
      event);
}

}  // namespace

JournalAudit::JournalAudit(uint32_t shards, const Requests& requests, Findings& findings,
                           Tally& tally)
    : requests_(requests), findings_(findings), tally_(tally), mirrors_(shards) {
  for (uint32_t number = 0; number < shards; ++number) {
    mirrors_[number].shard = std::make_unique<ledger::Shard>(number);
    // There is nothing to recover: what comes is applied as it is when it is decided.
    if (!mirrors_[number].shard->FinishRecovery().ok()) findings_.Add(5, "an empty shard is bad");
  }
}

void JournalAudit::OnDurable(const storage::Batch& batch) {
  for (const storage::Write& write : batch.writes()) {
    std::string_view key = write.key;
    if (write.kind != storage::Write::Kind::kPut ||
        key.front() != static_cast<char>(storage::KeyTag::kJournal)) {
      continue;
    }
    key.remove_prefix(1);
    uint32_t shard = 0;
    uint64_t sequence = 0;
    if (!storage::ConsumeBigEndian32(key, shard) || !storage::ConsumeBigEndian64(key, sequence) ||
        shard >= mirrors_.size()) {
      return findings_.Add(5, "{} is no key of a journal", storage::PrintableKey(write.key));
    }
    const auto payload = storage::OpenRecord(write.key, write.value);
    const auto entry = payload.ok() ? ledger::DecodeEntry(*payload) : payload.status();
    if (!entry.ok()) return findings_.Add(5, "{}", entry.status().ToString());
    AddEntry(shard, sequence, *entry);
  }
}

void JournalAudit::AddEntry(uint32_t shard, uint64_t sequence, const ledger::Entry& entry) {
  Mirror& mirror = mirrors_[shard];
  if (sequence != mirror.last_sequence + 1) {
    findings_.Add(2, "shard {}: sequence {} became durable after {}", shard, sequence,
                  mirror.last_sequence);
  }
  if (entry.at < mirror.last_at) {
    findings_.Add(5, "shard {}: ledger time ran backwards at sequence {}", shard, sequence);
  }
  mirror.last_sequence = sequence;
  mirror.last_at = entry.at;
  last_at_ = std::max(last_at_, entry.at);
  for (const ledger::Event& event : entry.events) AddEvent(mirror, event, entry.at, sequence);
}

AccountBook* JournalAudit::BookOf(Mirror& mirror, ledger::AccountNumber account) {
  return account < mirror.books.size() ? mirror.books[account] : nullptr;
}

void JournalAudit::CheckAsked(const AccountBook& book, const ledger::Reserved& event) {
  const AskedReservation* asked = requests_.Find(book.org(), event.id.Text());
  const bool as_asked = asked != nullptr && !asked->charge &&
                        asked->mode != ledger::Mode::kCheckOnly && event.slots == asked->slots &&
                        event.commit_on_expiry == asked->commit_on_expiry &&
                        event.session == asked->session &&
                        (event.credits == asked->credits ||
                         (asked->mode == ledger::Mode::kBestEffort &&
                          event.credits < asked->credits && event.credits >= Credits(1)));
  if (!as_asked) {
    findings_.Add(3, "{}: {} was granted {}, which nobody asked for", book.org(), event.id.Text(),
                  event.credits.value());
  }
}

void JournalAudit::CheckAsked(const AccountBook& book, const ledger::Settled& event) {
  const std::string id = event.id.Text();
  const AskedReservation* asked = requests_.Find(book.org(), id);
  bool as_asked = asked != nullptr;
  if (as_asked && event.origin == Origin::kCharge) {
    as_asked = asked->charge &&
               (event.charged == asked->credits ||
                (asked->mode == ledger::Mode::kBestEffort && event.charged < asked->credits));
  } else if (as_asked && event.state == HoldState::kCommitted) {
    as_asked = asked->commits.contains(event.asked) ||
               (asked->commits.contains(std::nullopt) && event.asked == event.held) ||
               (asked->commit_on_expiry && event.asked == event.held);
  } else if (as_asked && event.state == HoldState::kReleased) {
    as_asked = asked->release;
  } else if (as_asked && event.state == HoldState::kSessionLost) {
    as_asked = !asked->session.empty();
  }
  if (!as_asked) {
    findings_.Add(3, "{}: {} was settled in a way that nobody asked for: state {}, charged {}",
                  book.org(), id, static_cast<int>(event.state), event.charged.value());
  }
  if (event.state == HoldState::kExpired) ++tally_.expired;
  if (event.origin == Origin::kLate) ++tally_.late_commits;
}

void JournalAudit::AddEvent(Mirror& mirror, const ledger::Event& event, Instant at,
                            uint64_t sequence) {
  ++tally_.events;
  if (const auto* created = std::get_if<records::OrgCreated>(&event)) {
    AccountBook& book = books_.try_emplace(created->org_id(), created->org_id()).first->second;
    mirror.books.push_back(&book);
    places_[created->org_id()] = {mirror.shard->number(), created->account()};
  }
  const ledger::AccountNumber number = AccountOf(event);
  AccountBook* book = BookOf(mirror, number);
  if (number != 0 && book == nullptr) return findings_.Add(5, "account {} is unknown", number);
  const size_t ids_before = mirror.shard->ids().settled_ids();
  if (absl::Status status = mirror.shard->Apply(event, at, sequence); !status.ok()) {
    return findings_.Add(5, "shard {}, sequence {}: {}", mirror.shard->number(), sequence,
                         status.ToString());
  }
  if (std::holds_alternative<ledger::IdsForgotten>(event)) {
    tally_.ids_forgotten += ids_before - mirror.shard->ids().settled_ids();
  }
  if (book == nullptr) return;
  const ledger::Account& account = *mirror.shard->account(number);
  std::visit(
      [&](const auto& body) {
        using T = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<T, ledger::Reserved> || std::is_same_v<T, ledger::Settled>) {
          CheckAsked(*book, body);
          book->Add(body, at, findings_);
          const Fact* fact = book->Find(body.id.Text());
          bool grant = true;
          if constexpr (std::is_same_v<T, ledger::Settled>) grant = body.origin == Origin::kCharge;
          if (grant) book->CheckGrant(account, body.day_start, *fact, findings_);
        } else if constexpr (std::is_same_v<T, ledger::Extended> ||
                             std::is_same_v<T, records::DayOpened> ||
                             std::is_same_v<T, records::DayClosed>) {
          book->Add(body, at, findings_);
        } else if constexpr (kIsAdminEvent<T>) {
          if (!requests_.HasAdmin(book->org(), body.request().request_id())) {
            findings_.Add(3, "{}: nobody asked for the request {}", book->org(),
                          body.request().request_id());
          }
          book->AddAdmin(body.request(), findings_);
        }
      },
      event);
  Count(event, account);
  book->Compare(account, findings_);
}

void JournalAudit::Count(const ledger::Event& event, const ledger::Account& account) {
  if (std::holds_alternative<records::DayOpened>(event)) ++tally_.days_opened;
  bool lowered = false;
  bool on_packs = false;
  for (const ledger::Day& day : account.days) {
    lowered = lowered || day.daily > day.allotment.Sum();
    on_packs = on_packs || !day.draws.empty();
  }
  for (const ledger::Pool& pool : account.pools) lowered = lowered || pool.in_flight > pool.limit;
  if (lowered && std::holds_alternative<records::PlanChanged>(event)) ++tally_.lowered_below;
  if (on_packs) ++tally_.on_packs;
}

const AccountBook* JournalAudit::FindBook(const std::string& org) const {
  const auto found = books_.find(org);
  return found == books_.end() ? nullptr : &found->second;
}

bool JournalAudit::Remembers(const std::string& org, const std::string& id) const {
  const auto place = places_.find(org);
  if (place == places_.end()) return false;
  const ledger::RememberedIds& ids = shard(place->second.shard).ids();
  return static_cast<bool>(ids.Find(place->second.account, ReservationId::FromText(id)));
}

}  // namespace quota::simulation
