#include "tests/simulation/profile.h"

namespace quota::simulation {
namespace {

// Steps between two strikes: often, now and then, or next to never.
int DrawRate(Dice& dice, int often) {
  switch (dice.Uniform(1, 4)) {
    case 1:
      return often;
    case 2:
      return 1'000'000;
    default:
      return often * 4;
  }
}

// Small enough that pages are sealed, snapshots taken, the journal trimmed and ids forgotten all
// the time; and that the memory for ids runs out now and then.
ServerOptions DrawServer(Dice& dice) {
  ServerOptions server;
  server.shards = static_cast<uint32_t>(dice.Uniform(1, 5));
  server.executors = static_cast<uint32_t>(dice.OneIn(5) ? 1 : dice.Uniform(2, 3));
  server::PipelineOptions& pipeline = server.pipeline;
  pipeline.queue = {.calls = 48, .calls_of_org = 40};
  pipeline.group_calls = static_cast<size_t>(dice.Uniform(1, 12));
  pipeline.swept_events = static_cast<size_t>(dice.Uniform(1, 16));
  pipeline.snapshots = {
      .journal_bytes = server.shards * static_cast<size_t>(dice.Uniform(400, 4'000)),
      .slice_bytes = static_cast<size_t>(dice.Uniform(200, 1'500)),
      .history = {}};
  // An id takes about 60 bytes.
  pipeline.ids.page_bytes = static_cast<size_t>(dice.Uniform(150, 1'200));
  pipeline.ids.own_bytes =
      server.shards * static_cast<size_t>(dice.OneIn(3) ? 2'500 : dice.Uniform(6'000, 30'000));
  pipeline.ids.common_bytes = static_cast<size_t>(dice.Uniform(2'500, 12'000));
  return server;
}

}  // namespace

Profile Profile::Draw(Dice& dice) {
  Profile profile;
  profile.crash = DrawRate(dice, 60);
  profile.full_disk = DrawRate(dice, 200);
  profile.failure = DrawRate(dice, 40);
  profile.stall = DrawRate(dice, 40);
  profile.restart = DrawRate(dice, 200);
  profile.jump = DrawRate(dice, 25);
  profile.long_pause = DrawRate(dice, 60);
  profile.step_ms = dice.OneIn(3) ? 400 : dice.Uniform(20, 150);
  profile.acts = dice.Uniform(2, 12);
  profile.orgs = dice.Uniform(1, 12);
  profile.clients = dice.Uniform(4, 32);
  profile.administrators = dice.Uniform(1, 3);
  profile.server = DrawServer(dice);
  return profile;
}

}  // namespace quota::simulation
