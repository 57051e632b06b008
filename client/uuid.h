// Ids for reservations and administrators' requests.
#pragma once

#include <random>
#include <string>

namespace quota::client {

// The calling thread's generator, seeded from std::random_device at its first use. A process that
// forks must do so before: parent and child would draw the same ids.
std::mt19937_64& ThreadRandom();

// A canonical lower-case UUID of version 4, the form that the server stores in the least space.
std::string NewUuid();

}  // namespace quota::client
