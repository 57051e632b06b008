// A fault of each kind that a sanitizer is there to find: what shows that it is on, and that it
// stops the program. planted_fault KIND
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

namespace {

// Not known to the compiler.
volatile int64_t zero = 0;

void Overflow() {
  const int64_t most = INT64_MAX - zero;
  zero = most + 1;
}

void ReadBehind() {
  const int* array = new int[4]{};
  zero = array[zero + 4];
  delete[] array;
}

void Leak() {
  // Overwritten at once, so that nothing points to it any more.
  static void* volatile pointer = nullptr;
  pointer = new int[1'000];
  pointer = nullptr;
}

void Race() {
  int64_t shared = 0;
  std::thread other([&shared] {
    for (int i = 0; i < 100'000; ++i) ++shared;
  });
  for (int i = 0; i < 100'000; ++i) ++shared;
  other.join();
  zero = shared;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 1 ? argv[1] : "";
  if (kind == "overflow") Overflow();
  if (kind == "read-behind") ReadBehind();
  if (kind == "leak") Leak();
  if (kind == "race") Race();
  // Leaks are found after main, and only then.
  if (kind != "leak") std::puts("the program went on");
  return 0;
}
