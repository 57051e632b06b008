#include "server/session_stream.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "server/field_rules.h"
#include "server/grpc_status.h"
#include "server/proto_time.h"

namespace quota::server {

// ---- SessionStreams ----

absl::Status SessionStreams::Add(const std::shared_ptr<SessionStream>& stream) {
  MutexLock lock(mutex_);
  if (ended_) return absl::UnavailableError("the server is shutting down");
  if (streams_.size() >= kMaxStreams) {
    return WithReason(
        absl::ResourceExhaustedError(
            absl::StrCat("the server has ", kMaxStreams, " Session streams open, the most it may")),
        kOverloaded);
  }
  streams_.Add(stream);
  return absl::OkStatus();
}

void SessionStreams::Remove(const SessionStream* stream) {
  MutexLock lock(mutex_);
  streams_.Remove(stream);
  removed_.NotifyAll();
}

void SessionStreams::WaitUntilNone(Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  MutexLock lock(mutex_);
  while (!streams_.empty()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) return;
    removed_.WaitFor(mutex_, std::chrono::ceil<Duration>(left));
  }
}

void SessionStreams::EndAll() {
  std::vector<std::shared_ptr<SessionStream>> open;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    open = streams_.All();
  }
  for (const auto& stream : open) {
    stream->End(absl::UnavailableError("the server is shutting down"),
                SessionStream::Pending::kWrite);
  }
}

// ---- SessionStream ----

StreamReactor* SessionStream::Start(Rpc& rpc, const ServiceContext& context,
                                    SessionStreams& streams) {
  auto stream = std::make_shared<SessionStream>(rpc, context, streams);
  {
    MutexLock lock(stream->mutex_);
    stream->self_ = stream;
  }
  if (absl::Status status = streams.Add(stream); !status.ok()) {
    stream->End(status, Pending::kDrop);
  } else {
    stream->Advance();
  }
  return stream.get();
}

SessionStream::SessionStream(Rpc& rpc, const ServiceContext& context, SessionStreams& streams)
    : rpc_(rpc), context_(context), streams_(streams), call_(context.in_flight, rpc.context()) {
  context_.metrics.AddStreams(1);
}

SessionStream::~SessionStream() {
  // Not earlier: while a batch is in flight, it may make reservations that are bound to the
  // session, and the grace must not end before they are there.
  if (connected_) {
    context_.sessions.Disconnect(session_, epoch_, Instant(context_.clock.Elapsed()));
  }
  context_.metrics.AddStreams(-1);
}

void SessionStream::OnReadDone(bool ok) {
  std::unique_ptr<SessionBatch> message;
  {
    MutexLock lock(mutex_);
    message = std::move(read_batch_);
  }
  // Not ok: the client has sent its last message, or is gone; then OnCancel tells so.
  const absl::Status status = ok ? TakeMessage(std::move(message)) : absl::OkStatus();
  if (!ok || !status.ok()) End(status, Pending::kWrite);
  {
    MutexLock lock(mutex_);
    reading_ = false;
  }
  Advance();
}

absl::Status SessionStream::TakeMessage(std::unique_ptr<SessionBatch> message) {
  QUOTA_RETURN_IF_ERROR(message->TakeRequest());
  const SessionMessage::Kind kind = message->request().kind();
  if (session_.empty()) {
    if (kind == SessionMessage::Kind::kOpen) return Open(std::move(message));
    return InvalidField("kind", "the first message of a stream must be open");
  }
  if (kind == SessionMessage::Kind::kOpen) {
    return InvalidField("open", "given again; only the first message of a stream may be it");
  }
  if (kind == SessionMessage::Kind::kNone) {
    return InvalidField("kind", "missing; it must be batch");
  }
  QUOTA_RETURN_IF_ERROR(TakeMemory(*message));
  if (!Admit()) return absl::OkStatus();
  SessionBatch::Submit(std::move(message), context_, session_, shared_from_this());
  return absl::OkStatus();
}

absl::Status SessionStream::Open(std::unique_ptr<SessionBatch> message) {
  const v1::SessionOpen& open = message->request().open();
  QUOTA_RETURN_IF_ERROR(CheckId("open.session_id", open.session_id()));
  QUOTA_RETURN_IF_ERROR(context_.sessions.Connect(
      open.session_id(), open.epoch(), [weak = weak_from_this(), id = open.session_id()] {
        // The newer stream's client is this one's: nobody waits for results here.
        if (const auto stream = weak.lock()) {
          stream->End(absl::AbortedError(
                          absl::StrCat("a newer stream has taken over session \"", id, "\"")),
                      Pending::kDrop);
        }
      }));
  session_ = open.session_id();
  epoch_ = open.epoch();
  {
    MutexLock lock(mutex_);
    connected_ = true;
  }
  if (!Admit()) return absl::OkStatus();
  v1::SessionOpened opened;
  WriteDuration(context_.sessions.grace(), *opened.mutable_grace());
  message->SetOpened(opened);
  OnBatchAnswered(std::move(message));
  return absl::OkStatus();
}

bool SessionStream::Admit() {
  MutexLock lock(mutex_);
  if (ending_) return false;
  ++in_flight_;
  context_.metrics.AddBatches(1);
  return true;
}

absl::Status SessionStream::TakeMemory(SessionBatch& message) {
  const SessionMessage& request = message.request();
  const auto bytes = static_cast<int64_t>(request.size()) +
                     static_cast<int64_t>(request.operations().size()) * InFlight::kOperationBytes;
  MutexLock lock(mutex_);
  if (!call_.Take(bytes)) return InFlight::Refusal();
  message.bytes = bytes;
  return absl::OkStatus();
}

bool SessionStream::HasRoom() const {
  if (in_flight_ == 0) return true;
  return in_flight_ < kMaxBatchesInFlight && !context_.in_flight.Short();
}

void SessionStream::OnBatchAnswered(std::unique_ptr<SessionBatch> batch) {
  {
    MutexLock lock(mutex_);
    if (dropping_) {
      Drop(std::move(batch));
    } else {
      answered_.push_back(std::move(batch));
    }
  }
  Advance();
}

void SessionStream::OnWriteDone(bool ok) {
  {
    MutexLock lock(mutex_);
    call_.EndAnswer();
    Drop(std::move(written_batch_));
  }
  if (ok) {
    Advance();
  } else {
    End(absl::CancelledError("the client is gone"), Pending::kDrop);
  }
}

void SessionStream::OnCancel() { End(absl::CancelledError("cancelled"), Pending::kDrop); }

void SessionStream::End(const absl::Status& status, Pending pending) {
  {
    MutexLock lock(mutex_);
    if (!ending_) end_status_ = status;
    ending_ = true;
    if (pending == Pending::kDrop) {
      dropping_ = true;
      while (!answered_.empty()) {
        Drop(std::move(answered_.front()));
        answered_.pop_front();
      }
    }
  }
  Advance();
}

void SessionStream::OnDone() {
  streams_.Remove(this);
  std::shared_ptr<SessionStream> self;
  {
    MutexLock lock(mutex_);
    self = std::move(self_);
  }
}

void SessionStream::Advance() {
  for (;;) {
    SessionBatch* read = nullptr;
    SessionBatch* write = nullptr;
    absl::Status finish_with;
    {
      MutexLock lock(mutex_);
      if (finished_) return;
      if (!reading_ && !ending_ && HasRoom()) {
        reading_ = true;
        read_batch_ = streams_.spare().Take();
        read = read_batch_.get();
      }
      if (written_batch_ == nullptr && !answered_.empty()) {
        written_batch_ = std::move(answered_.front());
        answered_.pop_front();
        write = written_batch_.get();
        call_.BeginAnswer();
      }
      if (read == nullptr && write == nullptr) {
        const bool settled = written_batch_ == nullptr && starting_ == 0;
        if (!ending_ || !settled || (in_flight_ > 0 && !dropping_)) return;
        finished_ = true;
        finish_with = end_status_;
      } else {
        ++starting_;
      }
    }
    if (read == nullptr && write == nullptr) {
      rpc_.Finish(ToGrpcStatus(finish_with));
      return;
    }
    if (read != nullptr) rpc_.StartRead(&read->read_bytes());
    if (write != nullptr) rpc_.StartWrite(write->WriteResponse());
    MutexLock lock(mutex_);
    --starting_;
  }
}

void SessionStream::Drop(std::unique_ptr<SessionBatch> batch) {
  --in_flight_;
  call_.GiveBack(std::exchange(batch->bytes, 0));
  context_.metrics.AddBatches(-1);
  streams_.spare().Keep(std::move(batch));
}

}  // namespace quota::server
