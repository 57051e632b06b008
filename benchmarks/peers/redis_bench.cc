// redis_bench: check and charge in Redis, atomically, by a Lua script; calls are pipelined.
#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <sys/socket.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "benchmarks/peers/peer_run.h"
#include "common/status.h"

namespace quota::bench {
namespace {

// The least that a quota check can do: no holds, no ids that make a retry safe.
constexpr char kScript[] =
    "local used = tonumber(redis.call('GET', KEYS[1]) or '0') "
    "if used + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return -1 end "
    "return redis.call('INCRBY', KEYS[1], ARGV[1])";
constexpr char kAllotment[] = "1000000000000";

using Context = std::unique_ptr<redisContext, decltype(&redisFree)>;
using Reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

absl::StatusOr<Context> Open(int port) {
  Context context(redisConnect("127.0.0.1", port), &redisFree);
  if (context == nullptr || context->err != 0) {
    return absl::UnavailableError(absl::StrCat("can't connect to Redis on port ", port));
  }
  return context;
}

// Blocks. An error where Redis answers with one.
absl::StatusOr<Reply> Command(redisContext* context, const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  Reply reply(static_cast<redisReply*>(redisCommandArgv(context, static_cast<int>(words.size()),
                                                        texts.data(), sizes.data())),
              &freeReplyObject);
  if (reply == nullptr) return absl::UnavailableError(absl::StrCat("Redis: ", context->errstr));
  if (reply->type == REDIS_REPLY_ERROR) {
    return absl::InternalError(absl::StrCat("Redis: ", reply->str));
  }
  return reply;
}

std::string Word(const std::string& text) {
  return absl::StrCat("$", text.size(), "\r\n", text, "\r\n");
}

class RedisConnection final : public PeerConnection {
 public:
  RedisConnection(Context context, const std::string& hash)
      : context_(std::move(context)),
        before_key_(absl::StrCat("*6\r\n", Word("EVALSHA"), Word(hash), Word("1"))),
        after_key_(absl::StrCat(Word("1"), Word(kAllotment))) {}

  absl::Status Send(const std::vector<std::string>& orgs) override {
    sent_ = 0;
    out_.clear();
    for (const std::string& org : orgs) {
      absl::StrAppend(&out_, before_key_, "$", org.size(), "\r\n", org, "\r\n", after_key_);
    }
    return Write();
  }

  absl::Status Proceed(uint32_t& granted) override {
    QUOTA_RETURN_IF_ERROR(Write());
    char bytes[16 * 1024];
    const ssize_t size = recv(socket(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (size == 0) return absl::UnavailableError("Redis closed the connection");
    if (size < 0) return absl::OkStatus();
    redisReader* reader = context_->reader;
    redisReaderFeed(reader, bytes, static_cast<size_t>(size));
    for (;;) {
      void* object = nullptr;
      if (redisReaderGetReply(reader, &object) != REDIS_OK) {
        return absl::DataLossError(absl::StrCat("Redis: ", reader->errstr));
      }
      if (object == nullptr) return absl::OkStatus();
      const Reply reply(static_cast<redisReply*>(object), &freeReplyObject);
      if (reply->type != REDIS_REPLY_INTEGER || reply->integer < 1) {
        return absl::FailedPreconditionError(
            absl::StrCat("Redis refused: ", reply->str == nullptr ? "-1" : reply->str));
      }
      ++granted;
    }
  }

  int socket() const override { return context_->fd; }
  bool wants_write() const override { return sent_ < out_.size(); }

 private:
  absl::Status Write() {
    while (wants_write()) {
      const ssize_t size =
          send(socket(), out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return absl::OkStatus();
      if (size < 0) return absl::UnavailableError("Redis closed the connection");
      sent_ += static_cast<size_t>(size);
    }
    return absl::OkStatus();
  }

  Context context_;
  const std::string before_key_;
  const std::string after_key_;
  std::string out_;
  size_t sent_ = 0;
};

class Redis final : public Peer {
 public:
  explicit Redis(int port) : port_(port) {}

  absl::Status Prepare(const std::vector<std::string>& orgs) override {
    orgs_ = orgs;
    QUOTA_ASSIGN_OR_RETURN(Context context, Open(port_));
    QUOTA_RETURN_IF_ERROR(Command(context.get(), {"FLUSHALL"}).status());
    std::vector<std::string> words = {"MSET"};
    for (const std::string& org : orgs) {
      words.push_back(org);
      words.emplace_back("0");
    }
    QUOTA_RETURN_IF_ERROR(Command(context.get(), words).status());
    QUOTA_ASSIGN_OR_RETURN(const Reply hash, Command(context.get(), {"SCRIPT", "LOAD", kScript}));
    hash_ = hash->str;
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<PeerConnection>> Connect() override {
    QUOTA_ASSIGN_OR_RETURN(Context context, Open(port_));
    return std::make_unique<RedisConnection>(std::move(context), hash_);
  }

  absl::StatusOr<int64_t> Used() override {
    QUOTA_ASSIGN_OR_RETURN(Context context, Open(port_));
    std::vector<std::string> words = {"MGET"};
    words.insert(words.end(), orgs_.begin(), orgs_.end());
    QUOTA_ASSIGN_OR_RETURN(const Reply values, Command(context.get(), words));
    int64_t used = 0;
    for (size_t i = 0; i < values->elements; ++i) {
      if (values->element[i]->str != nullptr) used += std::stoll(values->element[i]->str);
    }
    return used;
  }

 private:
  const int port_;
  std::vector<std::string> orgs_;
  std::string hash_;
};

}  // namespace
}  // namespace quota::bench

int main(int argc, char** argv) {
  return quota::bench::RunPeer("redis_bench", argc, argv, [](const auto& options) {
    return std::make_unique<quota::bench::Redis>(options.port);
  });
}
