// A value that is empty in nearly all of a million objects: where it is, it takes a pointer.
//
//   Seldom<Extras> extras;
//   extras->limit                 // of an empty Extras
//   extras.Edit().limit = 5;      // from now on there is one
#pragma once

#include <memory>

namespace quota::ledger {

// Copies like a T. Not thread-safe.
template <typename T>
class Seldom {
 public:
  Seldom() = default;
  Seldom(const Seldom& other) : value_(Copy(other)) {}
  Seldom(Seldom&&) noexcept = default;
  Seldom& operator=(const Seldom& other) {
    if (this != &other) value_ = Copy(other);
    return *this;
  }
  Seldom& operator=(Seldom&&) noexcept = default;
  ~Seldom() = default;

  const T& operator*() const {
    static const T empty;
    return value_ ? *value_ : empty;
  }
  const T* operator->() const { return &**this; }

  T& Edit() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }

 private:
  static std::unique_ptr<T> Copy(const Seldom& other) {
    return other.value_ ? std::make_unique<T>(*other.value_) : nullptr;
  }

  std::unique_ptr<T> value_;
};

}  // namespace quota::ledger
