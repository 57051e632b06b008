#include "tests/histories/stage.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "tests/fakes/test_catalog.h"
#include "tests/histories/call_wire.h"
#include "tests/histories/player.h"
#include "tests/histories/session_player.h"
#include "tests/integration/wait_until.h"

namespace quota::test {
namespace {

// For each look of WaitUntil: about as fast as real time, so that no id is forgotten in a history.
constexpr std::chrono::milliseconds kTimeStep{5};
// The same while the store is stopped, for pauses that grow with each failure; and while sessions
// are to be lost: a grace of 5 s, and some time to notice that the stream
// is cut.
constexpr std::chrono::milliseconds kFastStep{100};
constexpr std::chrono::seconds kMoreThanGrace{7};
// The client that looks at the end.
constexpr int kLastLook = 99;

}  // namespace

Stage::Stage(Options options)
    : dice_(options.seed),
      server_({.open_store = std::move(options.open_store),
               .executors = options.executors,
               .catalog = [] { return TestCatalog(); }}),
      time_([this] {
        WaitUntil(
            [this] {
              server_.clock().Advance(server_.server().engine().serving() ? kTimeStep : kFastStep);
              return done_.load();
            },
            std::chrono::minutes(10));
      }) {}

Stage::~Stage() {
  done_ = true;
  time_.join();
}

Verification Stage::Play(const Cast& cast, const std::string& target) {
  const std::string org = "org-" + std::to_string(++plays_);
  // An earlier play's event may have stopped the store.
  EXPECT_TRUE(WaitUntil([&] { return server_.calls().CreateOrg(org, "small").ok(); }));
  const History history = Record(cast, target.empty() ? server_.target() : target, org);
  calls_ += history.size();
  unanswered_ +=
      static_cast<size_t>(std::count_if(history.begin(), history.end(), [](const CallRecord& call) {
        return call.answered_at == kNoAnswer && call.request.kind != CallKind::kLoseSession;
      }));
  return Verify(history, OrgModel(cast.figures));
}

void Stage::WriteUntilFailures(uint64_t failures) {
  int charges = 0;
  EXPECT_TRUE(WaitUntil([&] {
    if (server_.server().engine().status().store_failures >= failures) return true;
    const std::string id = "write-" + std::to_string(++charges);
    server_.calls().Charge(MakeCharge("org-" + std::to_string(plays_), id, 0));
    return false;
  }));
}

// While the other clients are at work.
void Stage::PassGrace() {
  const Instant after = server_.clock().Now() + kMoreThanGrace;
  WaitUntil([&] {
    server_.clock().Advance(kFastStep);
    return server_.clock().Now() >= after;
  });
}

History Stage::Record(const Cast& cast, const std::string& target, const std::string& org) {
  std::vector<std::unique_ptr<Player>> players;
  for (int i = 0; i < cast.unary + cast.session; ++i) {
    PlayerOptions options{.target = target,
                          .org = org,
                          .client = i,
                          .seed = dice_.Seed(),
                          .calls = cast.calls,
                          .plain = cast.plain,
                          .dies = i >= cast.unary && i < cast.unary + cast.dying};
    if (i < cast.unary) {
      players.push_back(std::make_unique<UnaryPlayer>(options));
    } else {
      players.push_back(std::make_unique<SessionPlayer>(options));
    }
  }
  std::vector<std::thread> threads;
  for (const auto& player : players) {
    threads.emplace_back([&player] { player->Run(); });
  }
  if (event_) event_();
  if (cast.dying > 0) PassGrace();
  for (std::thread& thread : threads) thread.join();

  UnaryPlayer last({.target = target, .org = org, .client = kLastLook});
  last.Look();
  History history = last.history();
  for (const auto& player : players) {
    history.insert(history.end(), player->history().begin(), player->history().end());
  }
  return history;
}

}  // namespace quota::test
