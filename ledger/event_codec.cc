#include "ledger/event_codec.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/account_record.h"
#include "ledger/record_bounds.h"
#include "ledger/wire.h"

namespace quota::ledger {
namespace {

constexpr uint8_t kEntryVersion = 1;

// Stored: never renumber.
enum Kind : uint8_t {
  kReserved = 1,
  kExtended = 2,
  kSettled = 3,
  kIdsSealed = 4,
  kIdsForgotten = 5,
  kOrgCreated = 16,
  kPlanChanged = 17,
  kCreditsPurchased = 18,
  kDayOpened = 19,
  kDayClosed = 20,
  kCreditsRevoked = 21,
  kThresholdReached = 22,
  kCatalogReloaded = 23,
  kBackupTaken = 25,
};

// Of RESERVED.
constexpr uint8_t kHasSlots = 1;  // not 1 slot
constexpr uint8_t kHasSecondPool = 2;
constexpr uint8_t kHasSession = 4;
constexpr uint8_t kHasPacks = 8;
constexpr uint8_t kCommitOnExpiry = 16;
// Of SETTLED.
constexpr uint8_t kHasAsked = 1;    // not what was held
constexpr uint8_t kHasCharged = 2;  // not what was asked
constexpr uint8_t kHasOverage = 4;
constexpr uint8_t kSettledFlags = kHasAsked | kHasCharged | kHasOverage | kHasPacks;
constexpr uint8_t kReservedFlags =
    kHasSlots | kHasSecondPool | kHasSession | kHasPacks | kCommitOnExpiry;

int64_t Seconds(Instant instant) {
  return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
}

void EncodePacks(const PackChanges& packs, WireWriter& out) {
  out.Varint(packs.size());
  for (const PackDraw& change : packs) {
    out.Varint(change.purchase);
    out.Zigzag(change.credits.value());
  }
}

template <typename Message>
void EncodeMessage(Kind kind, const Message& message, std::string& bytes) {
  WireWriter out(bytes);
  out.Byte(kind);
  out.Bytes(ToBytes(message));
}

// Reads the events of one entry.
class EntryDecoder {
 public:
  explicit EntryDecoder(std::string_view bytes) : in_(bytes) {}

  absl::StatusOr<Entry> Decode() {
    if (in_.Byte() != kEntryVersion) in_.MarkBad();
    entry_.at = DecodeAt();
    while (in_.ok() && !in_.done()) {
      entry_.events.push_back(DecodeEvent());
    }
    if (in_.ok()) return std::move(entry_);
    return absl::DataLossError(
        fmt::format("the entry does not decode at its event {}", entry_.events.size()));
  }

 private:
  Event DecodeEvent() {
    switch (in_.Byte()) {
      case kReserved:
        return DecodeReserved();
      case kExtended:
        return DecodeExtended();
      case kSettled:
        return DecodeSettled();
      case kIdsSealed:
        return Once(sealed_, IdsSealed{});
      case kIdsForgotten:
        return Once(forgotten_, IdsForgotten{in_.Varint()});
      case kOrgCreated:
        return DecodeMessage<records::OrgCreated>();
      case kPlanChanged:
        return DecodeMessage<records::PlanChanged>();
      case kCreditsPurchased:
        return DecodeMessage<records::CreditsPurchased>();
      case kCreditsRevoked:
        return DecodeMessage<records::CreditsRevoked>();
      case kDayOpened:
        return DecodeMessage<records::DayOpened>();
      case kDayClosed:
        return DecodeMessage<records::DayClosed>();
      case kThresholdReached:
        return DecodeMessage<records::ThresholdReached>();
      case kCatalogReloaded:
        return DecodeMessage<records::CatalogReloaded>();
      case kBackupTaken:
        return DecodeMessage<records::BackupTaken>();
      default:
        in_.MarkBad();
        return IdsSealed{};
    }
  }

  // A group seals and forgets pages once, at its end. (An entry of millions of such events, each of
  // one byte, would take a thousand times its size in memory.)
  template <typename T>
  T Once(bool& seen, T event) {
    if (seen) in_.MarkBad();
    seen = true;
    return event;
  }

  template <typename Message>
  Message DecodeMessage() {
    const std::string_view bytes = in_.Bytes();
    Message message;
    if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
        !InBounds(message)) {
      in_.MarkBad();
    }
    return message;
  }

  AccountNumber DecodeAccount() {
    const AccountNumber account = in_.Varint32();
    if (account == 0) in_.MarkBad();
    return account;
  }

  ReservationId DecodeId() {
    auto id = ReservationId::FromPacked(in_.Bytes());
    if (id) return *std::move(id);
    in_.MarkBad();
    return {};
  }

  Credits DecodeCredits() {
    const uint64_t value = in_.Varint();
    if (value > static_cast<uint64_t>(kMaxBalance.value())) in_.MarkBad();
    return in_.ok() ? Credits(static_cast<int64_t>(value)) : Credits();
  }

  // Where it is bad: the epoch, so that no sum of it overflows.
  Instant Bounded(Instant instant) {
    if (!InBounds(instant)) in_.MarkBad();
    return in_.ok() ? instant : Instant();
  }
  Instant DecodeAt() { return Bounded(Instant(Duration(in_.Zigzag()))); }
  // Distances are bounded before they are added, too.
  Instant DecodeDay() {
    const int64_t distance = in_.Zigzag();
    if (std::abs(distance / 2) > kMaxTime / std::chrono::seconds(1)) in_.MarkBad();
    if (!in_.ok()) return Instant();
    return Bounded(Instant(std::chrono::seconds(Seconds(entry_.at) - distance)));
  }
  Instant DecodeDeadline() {
    const int64_t ttl = in_.Zigzag();
    if (std::abs(ttl / 2) > kMaxTime.count()) in_.MarkBad();
    return in_.ok() ? Bounded(entry_.at + Duration(ttl)) : Instant();
  }

  PackChanges DecodePacks() {
    PackChanges packs;
    const uint64_t count = in_.Varint();
    if (count == 0 || count > kMaxPurchases) in_.MarkBad();
    for (uint64_t i = 0; i < count && in_.ok(); ++i) {
      const uint32_t purchase = in_.Varint32();
      const Credits credits(in_.Zigzag());
      if (!IsChange(credits)) in_.MarkBad();
      packs.push_back({purchase, credits});
    }
    return packs;
  }

  std::string DecodeSession() {
    const uint64_t index = in_.Varint();
    if (index == sessions_.size()) {
      const std::string_view name = in_.Bytes();
      const bool known = std::find(sessions_.begin(), sessions_.end(), name) != sessions_.end();
      if (name.empty() || known) in_.MarkBad();
      sessions_.emplace_back(name);
    }
    if (index < sessions_.size()) return sessions_[index];
    in_.MarkBad();
    return {};
  }

  // A field that its flag announces has another value than the usual one, which needs no field.
  template <typename T>
  T Unusual(T value, T usual) {
    if (value == usual) in_.MarkBad();
    return value;
  }

  Event DecodeReserved() {
    Reserved event;
    event.account = DecodeAccount();
    event.id = DecodeId();
    event.fingerprint = in_.Fixed64();
    event.credits = DecodeCredits();
    event.day_start = DecodeDay();
    event.deadline = DecodeDeadline();
    const uint8_t flags = in_.Byte();
    if ((flags & ~kReservedFlags) != 0) in_.MarkBad();
    event.slots = (flags & kHasSlots) != 0 ? Unusual(in_.Varint32(), 1U) : 1;
    if (event.slots > kMaxHoldSlots) in_.MarkBad();
    if ((flags & kHasSecondPool) != 0) event.second_pool = Unusual<uint8_t>(in_.Byte(), 0);
    if ((flags & kHasSession) != 0) event.session = DecodeSession();
    if ((flags & kHasPacks) != 0) event.packs = DecodePacks();
    event.commit_on_expiry = (flags & kCommitOnExpiry) != 0;
    return event;
  }

  Event DecodeExtended() {
    Extended event;
    event.account = DecodeAccount();
    event.id = DecodeId();
    event.deadline = DecodeDeadline();
    return event;
  }

  Event DecodeSettled() {
    Settled event;
    event.account = DecodeAccount();
    event.id = DecodeId();
    event.fingerprint = in_.Fixed64();
    const uint8_t how = in_.Byte();
    if ((how & 15) < static_cast<uint8_t>(HoldState::kCommitted) ||
        (how & 15) > static_cast<uint8_t>(HoldState::kSessionLost) ||
        (how >> 4) > static_cast<uint8_t>(Origin::kLate)) {
      in_.MarkBad();
    }
    event.state = static_cast<HoldState>(how & 15);
    event.origin = static_cast<Origin>(how >> 4);
    event.held = DecodeCredits();
    event.day_start = DecodeDay();
    const uint8_t flags = in_.Byte();
    if ((flags & ~kSettledFlags) != 0) in_.MarkBad();
    const bool committed = event.state == HoldState::kCommitted;
    const Credits usual = committed ? event.held : kZeroCredits;
    event.asked = (flags & kHasAsked) != 0 ? Unusual(DecodeCredits(), usual) : usual;
    event.charged =
        (flags & kHasCharged) != 0 ? Unusual(DecodeCredits(), event.asked) : event.asked;
    if ((flags & kHasOverage) != 0) event.overage = Unusual(DecodeCredits(), kZeroCredits);
    if ((flags & kHasPacks) != 0) event.packs = DecodePacks();
    return event;
  }

  WireReader in_;
  Entry entry_;
  std::vector<std::string> sessions_;
  bool sealed_ = false;
  bool forgotten_ = false;
};

}  // namespace

EntryEncoder::EntryEncoder(Instant at, std::string memory) : at_(at), bytes_(std::move(memory)) {
  bytes_.clear();
  WireWriter out(bytes_);
  out.Byte(kEntryVersion);
  out.Zigzag(at.time_since_epoch().count());
}

void EntryEncoder::Add(const Event& event) {
  std::visit([this](const auto& body) { Encode(body); }, event);
  ++count_;
}

void EntryEncoder::Encode(const Reserved& event) {
  WireWriter out(bytes_);
  out.Byte(kReserved);
  out.Varint(event.account);
  out.Id(event.id);
  out.Fixed64(event.fingerprint);
  out.Varint(static_cast<uint64_t>(event.credits.value()));
  out.Zigzag(Seconds(at_) - Seconds(event.day_start));
  out.Zigzag((event.deadline - at_).count());
  uint8_t flags = 0;
  if (event.slots != 1) flags |= kHasSlots;
  if (event.second_pool != 0) flags |= kHasSecondPool;
  if (!event.session.empty()) flags |= kHasSession;
  if (!event.packs.empty()) flags |= kHasPacks;
  if (event.commit_on_expiry) flags |= kCommitOnExpiry;
  out.Byte(flags);
  if (event.slots != 1) out.Varint(event.slots);
  if (event.second_pool != 0) out.Byte(event.second_pool);
  if (!event.session.empty()) {
    // A group has few sessions: a search beats a table.
    const auto known = std::find(sessions_.begin(), sessions_.end(), event.session);
    out.Varint(static_cast<uint64_t>(known - sessions_.begin()));
    if (known == sessions_.end()) {
      out.Bytes(event.session);
      sessions_.push_back(event.session);
    }
  }
  if (!event.packs.empty()) EncodePacks(event.packs, out);
}

void EntryEncoder::Encode(const Extended& event) {
  WireWriter out(bytes_);
  out.Byte(kExtended);
  out.Varint(event.account);
  out.Id(event.id);
  out.Zigzag((event.deadline - at_).count());
}

void EntryEncoder::Encode(const Settled& event) {
  WireWriter out(bytes_);
  out.Byte(kSettled);
  out.Varint(event.account);
  out.Id(event.id);
  out.Fixed64(event.fingerprint);
  out.Byte(static_cast<uint8_t>(static_cast<uint8_t>(event.origin) << 4 |
                                static_cast<uint8_t>(event.state)));
  out.Varint(static_cast<uint64_t>(event.held.value()));
  out.Zigzag(Seconds(at_) - Seconds(event.day_start));
  const Credits usual = event.state == HoldState::kCommitted ? event.held : Credits();
  uint8_t flags = 0;
  if (event.asked != usual) flags |= kHasAsked;
  if (event.charged != event.asked) flags |= kHasCharged;
  if (event.overage != kZeroCredits) flags |= kHasOverage;
  if (!event.packs.empty()) flags |= kHasPacks;
  out.Byte(flags);
  if ((flags & kHasAsked) != 0) out.Varint(static_cast<uint64_t>(event.asked.value()));
  if ((flags & kHasCharged) != 0) out.Varint(static_cast<uint64_t>(event.charged.value()));
  if ((flags & kHasOverage) != 0) out.Varint(static_cast<uint64_t>(event.overage.value()));
  if ((flags & kHasPacks) != 0) EncodePacks(event.packs, out);
}

void EntryEncoder::Encode(const IdsSealed& event) { WireWriter(bytes_).Byte(kIdsSealed); }

void EntryEncoder::Encode(const IdsForgotten& event) {
  WireWriter out(bytes_);
  out.Byte(kIdsForgotten);
  out.Varint(event.through_sequence);
}

void EntryEncoder::Encode(const records::OrgCreated& event) {
  EncodeMessage(kOrgCreated, event, bytes_);
}
void EntryEncoder::Encode(const records::PlanChanged& event) {
  EncodeMessage(kPlanChanged, event, bytes_);
}
void EntryEncoder::Encode(const records::CreditsPurchased& event) {
  EncodeMessage(kCreditsPurchased, event, bytes_);
}
void EntryEncoder::Encode(const records::CreditsRevoked& event) {
  EncodeMessage(kCreditsRevoked, event, bytes_);
}
void EntryEncoder::Encode(const records::DayOpened& event) {
  EncodeMessage(kDayOpened, event, bytes_);
}
void EntryEncoder::Encode(const records::DayClosed& event) {
  EncodeMessage(kDayClosed, event, bytes_);
}
void EntryEncoder::Encode(const records::ThresholdReached& event) {
  EncodeMessage(kThresholdReached, event, bytes_);
}
void EntryEncoder::Encode(const records::CatalogReloaded& event) {
  EncodeMessage(kCatalogReloaded, event, bytes_);
}

void EntryEncoder::Encode(const records::BackupTaken& event) {
  EncodeMessage(kBackupTaken, event, bytes_);
}

absl::StatusOr<Entry> DecodeEntry(std::string_view bytes) { return EntryDecoder(bytes).Decode(); }

}  // namespace quota::ledger
