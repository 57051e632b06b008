#include "tests/histories/linearizability.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace quota::test {
namespace {

// Whether `a` must be carried out before `b`: it was answered before that one was made, or came
// before it on the same stream.
bool Precedes(const CallRecord& a, const CallRecord& b) {
  if (a.answered_at < b.called_at) return true;
  return a.on_stream && b.on_stream && a.client == b.client && a.called_at < b.called_at;
}

class Search {
 public:
  Search(const History& history, const OrgModel& model, size_t most_tried)
      : calls_(history), most_tried_(most_tried), model_(model), best_model_(model) {
    std::sort(calls_.begin(), calls_.end(),
              [](const CallRecord& a, const CallRecord& b) { return a.called_at < b.called_at; });
    done_.assign(calls_.size(), '0');
    for (const CallRecord& call : calls_) answered_ += Answered(call) ? 1 : 0;
  }

  // A walk over choices, without recursion: the next call to carry out, or back by one.
  Verification Run() {
    size_t next = 0;
    while (left() > 0) {
      next = FindNext(next);
      if (tried_.size() > most_tried_) return Failed("too many orders to try them all");
      if (next < calls_.size()) {
        next = 0;
        continue;
      }
      if (steps_.empty()) return Failed("no order of the calls explains their answers");
      next = TakeBack() + 1;
    }
    return {.linearizable = true, .explanation = "", .tried = tried_.size()};
  }

 private:
  struct Step {
    size_t call;
    OrgModel before;
  };

  static bool Answered(const CallRecord& call) { return call.answered_at != kNoAnswer; }
  size_t left() const { return answered_ - answered_done_; }

  // Carries out the first call from `from` on that may be next and leads to something new; the
  // number of calls where there is none.
  size_t FindNext(size_t from) {
    // What was called after the first answer that is still to come can't be next.
    Tick first_answer = kNoAnswer;
    for (size_t i = 0; i < calls_.size(); ++i) {
      if (done_[i] == '0') first_answer = std::min(first_answer, calls_[i].answered_at);
    }
    for (size_t i = from; i < calls_.size() && calls_[i].called_at < first_answer; ++i) {
      if (done_[i] == '0' && !Waits(i) && CarryOut(i)) return i;
    }
    return calls_.size();
  }

  // A call of its stream comes before it. One that has no answer may never have been carried out.
  bool Waits(size_t call) const {
    if (!calls_[call].on_stream) return false;
    for (size_t i = 0; i < call; ++i) {
      if (done_[i] == '0' && Answered(calls_[i]) && Precedes(calls_[i], calls_[call])) return true;
    }
    return false;
  }

  bool CarryOut(size_t call) {
    OrgModel after = model_;
    const CallAnswer answer = after.Run(calls_[call].request);
    const bool answered = Answered(calls_[call]);
    if (answered && answer != calls_[call].answer) return false;
    std::string key = after.Key();
    // Nobody saw it, and it changed nothing.
    if (!answered && key == model_.Key()) return false;
    done_[call] = '1';
    if (!tried_.insert(done_ + key).second) {
      done_[call] = '0';
      return false;
    }
    steps_.push_back({call, model_});
    model_ = std::move(after);
    if (answered) ++answered_done_;
    if (answered_done_ > most_done_ || best_.empty()) NoteBest();
    return true;
  }

  size_t TakeBack() {
    Step step = std::move(steps_.back());
    steps_.pop_back();
    model_ = std::move(step.before);
    done_[step.call] = '0';
    if (Answered(calls_[step.call])) --answered_done_;
    return step.call;
  }

  void NoteBest() {
    most_done_ = answered_done_;
    best_.clear();
    for (const Step& step : steps_) best_.push_back(step.call);
    best_model_ = model_;
  }

  Verification Failed(std::string_view why) const {
    std::string text = fmt::format("{}. The longest order that does for {} of {} answers:\n", why,
                                   most_done_, answered_);
    std::string done(calls_.size(), '0');
    for (const size_t call : best_) {
      done[call] = '1';
      text += "  " + ToText(calls_[call]) + "\n";
    }
    text += "None of these can follow:\n";
    for (size_t i = 0; i < calls_.size(); ++i) {
      const bool too_late = std::any_of(calls_.begin(), calls_.end(), [&](const CallRecord& other) {
        const size_t index = static_cast<size_t>(&other - calls_.data());
        return done[index] == '0' && Answered(other) && Precedes(other, calls_[i]);
      });
      if (done[i] == '1' || too_late) continue;
      OrgModel model = best_model_;
      CallRecord expected = calls_[i];
      expected.answer = model.Run(expected.request);
      text += "  " + ToText(calls_[i]) + "\n    where the model says: " + ToText(expected) + "\n";
    }
    return {.linearizable = false, .explanation = std::move(text), .tried = tried_.size()};
  }

  // In the order in which they were made.
  std::vector<CallRecord> calls_;
  const size_t most_tried_;
  size_t answered_ = 0;

  // The present order: what it has carried out ('1' for each call), and what that led to.
  std::string done_;
  OrgModel model_;
  std::vector<Step> steps_;
  size_t answered_done_ = 0;
  // `done_` and the model's key of all that was tried.
  std::unordered_set<std::string> tried_;

  // The order that went furthest.
  size_t most_done_ = 0;
  std::vector<size_t> best_;
  OrgModel best_model_;
};

}  // namespace

Verification Verify(const History& history, const OrgModel& model, size_t most_tried) {
  return Search(history, model, most_tried).Run();
}

}  // namespace quota::test
