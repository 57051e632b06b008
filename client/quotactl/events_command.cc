// quotactl events: what happens, as it happens.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/position_file.h"
#include "client/quotactl/text_format.h"

namespace quota::client {
namespace {

struct EventsArguments {
  std::string org;
  bool from_oldest = false;
  std::string position;
  std::string position_file;
  int64_t max = 0;
};

std::string Bought(const v1::Purchase& purchase) {
  return absl::StrCat(
      purchase.purchase_id(), ", ",
      purchase.has_pack()
          ? absl::StrCat(FormatAmount(purchase.pack().credits()), " credits once")
          : absl::StrCat(FormatAmount(purchase.credits_per_day()), " credits a day"));
}

std::string What(const v1::Event& event, Instant now) {
  switch (event.kind_case()) {
    case v1::Event::kThresholdReached: {
      const v1::ThresholdReached& reached = event.threshold_reached();
      return absl::StrCat(reached.percent(), " % reached: ", FormatAmount(reached.used()), " of ",
                          FormatAmount(reached.allotment()), " used, resets at ",
                          FormatInstant(reached.resets_at(), now));
    }
    case v1::Event::kPlanChanged:
      return absl::StrCat(event.plan_changed().action(), ": edition ",
                          event.plan_changed().after().edition(), ", ",
                          FormatAmount(event.plan_changed().after().agents()), " agents");
    case v1::Event::kCreditsPurchased:
      return absl::StrCat("bought ", Bought(event.credits_purchased().purchase()));
    case v1::Event::kCreditsRevoked:
      return absl::StrCat("revoked ", Bought(event.credits_revoked().purchase()));
    case v1::Event::KIND_NOT_SET:
      break;
  }
  return "an event that this quotactl does not know: use a newer one";
}

// Follows the stream until enough has come; the first error of the position file ends it.
class EventFollower {
 public:
  EventFollower(Command& command, const EventsArguments& args) : command_(command), args_(args) {
    if (!args.position_file.empty()) file_.emplace(args.position_file);
  }

  ExitCode Run() {
    v1::WatchEventsRequest request;
    request.set_org_id(args_.org);
    request.set_position(args_.position);
    if (file_) {
      auto position = file_->Read();
      if (!position.ok()) return command_.Fail(position.status());
      request.set_position(*std::move(position));
    }
    request.set_from_oldest(args_.from_oldest && request.position().empty());
    const auto client = command_.NewAdminClient();
    if (!client.ok()) return command_.Fail(client.status());
    absl::Status status = (*client)->WatchEvents(
        request, [this](const v1::WatchEventsResponse& answer) { return Take(answer); });
    if (status.ok()) status = file_status_;
    if (status.ok()) return ExitCode::kOk;
    const ExitCode code = command_.Fail(status);
    if (!last_position_.empty() && !file_) {
      command_.environment.err << "  go on with --position " << last_position_ << '\n';
    }
    return code;
  }

 private:
  bool Take(const v1::WatchEventsResponse& answer) {
    if (answer.has_event()) Print(answer);
    last_position_ = answer.position();
    // After the event was shown: it is shown again rather than lost.
    if (file_) file_status_ = file_->Write(last_position_);
    return file_status_.ok() && (args_.max == 0 || shown_ < args_.max);
  }

  void Print(const v1::WatchEventsResponse& answer) {
    ++shown_;
    if (command_.json) {
      command_.out() << Command::ToJsonLine(answer) << std::flush;
      return;
    }
    const v1::Event& event = answer.event();
    command_.out() << FormatInstant(event.at(), command_.now()) << "  " << event.org_id() << "  "
                   << What(event, command_.now()) << '\n'
                   << std::flush;
  }

  Command& command_;
  const EventsArguments& args_;
  std::optional<PositionFile> file_;
  absl::Status file_status_;
  std::string last_position_;
  int64_t shown_ = 0;
};

}  // namespace

void AddEventsCommand(CLI::App& app, Command& command) {
  CLI::App* events = AddCommand(
      app, "events", "Follows what happens: thresholds reached, plans changed, credits bought",
      "  quotactl events\n"
      "  quotactl events acme --from-oldest --max 10\n"
      "  quotactl events --position-file mailer.position --output json | ./mailer");
  auto args = std::make_shared<EventsArguments>();
  events->add_option("ORG", args->org, "Only of this organisation; absent: of all");
  CLI::Option* oldest =
      events->add_flag("--from-oldest", args->from_oldest,
                       "First what is kept, up to 7 days; otherwise what comes from now on");
  events->add_option("--position", args->position, "Go on after an answer that had this position")
      ->excludes(oldest);
  events
      ->add_option("--position-file", args->position_file,
                   "Go on where this file says, if there is one, and keep the position there")
      ->type_name("FILE")
      ->excludes("--position");
  AddNumber(*events, "--max", args->max, "End after so many events; default: never");
  SetAction(*events, command, [args](Command& c) { return EventFollower(c, *args).Run(); });
}

}  // namespace quota::client
