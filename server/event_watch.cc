#include "server/event_watch.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status.h"
#include "server/event_watches.h"
#include "server/field_rules.h"
#include "server/grpc_status.h"
#include "server/store_reader.h"
#include "storage/history.h"

namespace quota::server {
namespace {

// A threshold takes some 100 bytes, a plan with many purchases 30 KiB.
constexpr size_t kPageRecords = 100;

absl::Status TooOld(const storage::EventPosition& position, Instant oldest) {
  const auto text = [](int64_t micros) {
    return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMicros(micros),
                            absl::UTCTimeZone());
  };
  return absl::OutOfRangeError(
      absl::StrCat("position: it is of ", text(static_cast<int64_t>(position.at)),
                   "; events are kept since ", text(oldest.time_since_epoch().count()),
                   ": begin again with from_oldest, and expect that some are missing"));
}

// What a read of the events of `shard` from its position up to `mark` needs to know.
struct PageRequest {
  EventPositions positions;
  uint32_t shard = 0;
  storage::EventPosition mark;
  Duration keep;
  // Empty: all organisations.
  std::string_view org;
};

// May wait for the device.
absl::StatusOr<EventPage> ReadPage(storage::Store& store, PageRequest request) {
  EventPage page;
  page.positions = std::move(request.positions);
  storage::EventPosition& position = page.positions[request.shard];
  const Instant oldest = Instant(Duration(request.mark.at)) - request.keep;
  // 0: from the oldest there is.
  if (position.at != 0 && Instant(Duration(position.at)) < oldest) return TooOld(position, oldest);
  QUOTA_ASSIGN_OR_RETURN(
      const auto read,
      storage::ReadHistory(store, storage::EventKey(request.shard, position),
                           storage::EventKey(request.shard, request.mark), kPageRecords));
  for (const auto& record : read.records) {
    const auto at = storage::ParseEventKey(record.key);
    v1::WatchEventsResponse response;
    if (!at || !response.mutable_event()->ParseFromString(record.payload)) {
      return absl::DataLossError(
          absl::StrCat("the record ", storage::PrintableKey(record.key), " does not decode"));
    }
    position = {at->at, at->sequence, at->index + 1};
    if (!request.org.empty() && response.event().org_id() != request.org) continue;
    response.set_position(FormatPositions(page.positions));
    page.answers.push_back(std::move(response));
  }
  page.more = read.more;
  // A position from before may lie beyond what this shard has come to, after a restore.
  if (!page.more) position = std::max(position, request.mark);
  return page;
}

}  // namespace

StreamReactor* EventWatch::Start(Rpc& rpc, const ServiceContext& context,
                                 const v1::WatchEventsRequest& request) {
  auto watch = std::make_shared<EventWatch>(rpc, context, request);
  {
    MutexLock lock(watch->mutex_);
    watch->self_ = watch;
  }
  absl::Status status = watch->Begin(request);
  if (status.ok()) status = context.watches.Add(watch);
  if (!status.ok()) watch->End(status);
  watch->Advance();
  return watch.get();
}

absl::Status EventWatch::Begin(const v1::WatchEventsRequest& request) {
  QUOTA_RETURN_IF_ERROR(CheckOptionalId("org_id", request.org_id()));
  if (!request.position().empty() && request.from_oldest()) {
    return InvalidField("from_oldest", "it must not be set where there is a position");
  }
  const size_t shards = context_.engine.shard_count();
  if (shards == 0) return StoreNotOpen();
  MutexLock lock(mutex_);
  positions_.resize(shards);
  news_.assign(shards, true);
  if (!request.position().empty()) {
    QUOTA_ASSIGN_OR_RETURN(positions_, ParsePositions(request.position(), shards));
  } else if (!request.from_oldest()) {
    unknown_ = shards;
  }
  return absl::OkStatus();
}

void EventWatch::Advance() {
  Step step = Step::kNothing;
  absl::Status end;
  {
    MutexLock lock(mutex_);
    if (!busy_ && !finished_) step = Next();
    busy_ = busy_ || step == Step::kWrite || step == Step::kAsk || step == Step::kRead;
    finished_ = finished_ || step == Step::kFinish;
    end = end_status_;
  }
  switch (step) {
    case Step::kNothing:
      return;
    case Step::kFinish:
      return rpc_.Finish(ToGrpcStatus(end));
    case Step::kWrite:
      return rpc_.StartWrite(writing_);
    case Step::kAsk:
      return Ask();
    case Step::kRead:
      return Read();
  }
}

EventWatch::Step EventWatch::Next() {
  if (ending_) return Step::kFinish;
  if (!to_write_.empty()) {
    writing_ = std::move(to_write_.front());
    to_write_.pop_front();
    return Step::kWrite;
  }
  if (greeting_ && unknown_ == 0) {
    greeting_ = false;
    PreparePosition();
    return Step::kWrite;
  }
  if (more_) return Step::kRead;
  const auto next = std::find(news_.begin(), news_.end(), true);
  if (next != news_.end()) {
    *next = false;
    current_ = static_cast<uint32_t>(next - news_.begin());
    return Step::kAsk;
  }
  if (position_due_) {
    PreparePosition();
    return Step::kWrite;
  }
  return Step::kNothing;
}

void EventWatch::PreparePosition() {
  position_due_ = false;
  writing_.Clear();
  writing_.set_position(FormatPositions(positions_));
}

void EventWatch::Ask() {
  {
    MutexLock lock(mutex_);
    shard = current_;
  }
  command.operation = ledger::MarkHistory{};
  status = absl::OkStatus();
  answer = std::monostate();
  context_.engine.Submit(this);
}

void EventWatch::OnAnswered() {
  bool read = false;
  {
    MutexLock lock(mutex_);
    if (!status.ok()) {
      SetEnd(status);
    } else {
      const auto& mark = std::get<ledger::HistoryMark>(answer);
      mark_ = {static_cast<uint64_t>(mark.at.time_since_epoch().count()), mark.sequence, 0};
      read = unknown_ == 0;
      if (!read) {
        positions_[current_] = mark_;
        --unknown_;
      }
    }
  }
  if (read) {
    Read();
  } else {
    OnStepDone();
  }
}

void EventWatch::Read() {
  context_.engine.ReadStore([this](storage::Store* store) { OnRead(store); });
}

void EventWatch::OnRead(storage::Store* store) {
  PageRequest request;
  {
    MutexLock lock(mutex_);
    request = {positions_, current_, mark_, context_.watches.keep(), org_};
  }
  auto page = store == nullptr ? StoreNotOpen() : ReadPage(*store, std::move(request));
  {
    MutexLock lock(mutex_);
    TakePage(std::move(page));
  }
  OnStepDone();
}

void EventWatch::TakePage(absl::StatusOr<EventPage> page) {
  if (!page.ok()) return SetEnd(page.status());
  to_write_ = std::move(page->answers);
  positions_ = std::move(page->positions);
  more_ = page->more;
}

void EventWatch::OnStepDone() {
  {
    MutexLock lock(mutex_);
    busy_ = false;
  }
  Advance();
}

void EventWatch::OnWriteDone(bool ok) {
  if (!ok) End(absl::CancelledError("the client is gone"));
  OnStepDone();
}

void EventWatch::OnCancel() { End(absl::CancelledError("the client is gone")); }

void EventWatch::OnDone() {
  context_.watches.Remove(this);
  // Goes after the lock does.
  std::shared_ptr<EventWatch> last;
  MutexLock lock(mutex_);
  last.swap(self_);
}

void EventWatch::Tell(const std::vector<uint32_t>& shards) {
  {
    MutexLock lock(mutex_);
    for (const uint32_t shard : shards) {
      if (shard < news_.size()) news_[shard] = true;
    }
  }
  Advance();
}

void EventWatch::Heartbeat() {
  {
    MutexLock lock(mutex_);
    news_.assign(news_.size(), true);
    position_due_ = true;
  }
  Advance();
}

void EventWatch::End(const absl::Status& status) {
  {
    MutexLock lock(mutex_);
    SetEnd(status);
  }
  Advance();
}

void EventWatch::SetEnd(const absl::Status& status) {
  if (ending_) return;
  ending_ = true;
  end_status_ = status;
}

}  // namespace quota::server
