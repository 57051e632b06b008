// The id of a reservation, in the form in which it is stored and compared.
//
// A canonical lower-case UUID ("0f8fad5b-d9cb-469f-a165-70867728950e") is packed into 16 bytes
// under a tag of its own; any other text of 1 to 64 bytes is kept as it is. Two ids are equal
// exactly when their texts are.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace quota {

// A value of 24 bytes; what fits 23 packed bytes is kept inline, the rest on the heap.
// Thread safety: as a plain value.
class alignas(8) ReservationId {
 public:
  static constexpr size_t kMaxTextBytes = 64;
  static constexpr size_t kMaxPackedBytes = kMaxTextBytes + 1;
  // What a UUID has packed, and a text of 16 bytes.
  static constexpr size_t kPackedUuidBytes = 17;

  ReservationId() = default;
  ReservationId(const ReservationId& other) { Copy(other); }
  ReservationId(ReservationId&& other) noexcept { Steal(other); }
  ReservationId& operator=(const ReservationId& other) {
    if (this != &other) {
      Free();
      Copy(other);
    }
    return *this;
  }
  ReservationId& operator=(ReservationId&& other) noexcept {
    if (this != &other) {
      Free();
      Steal(other);
    }
    return *this;
  }
  ~ReservationId() { Free(); }

  // `text` must be 1 to 64 bytes: the RPC layer has refused anything else.
  static ReservationId FromText(std::string_view text);
  // Nothing where `packed` is no packed id.
  static std::optional<ReservationId> FromPacked(std::string_view packed);

  // A tag byte (1: UUID, 0: text) and the payload.
  std::string_view packed() const {
    return {size_ > kInlineBytes ? heap() : bytes_ + kInlineBytes - size_,
            static_cast<size_t>(size_)};
  }
  std::string Text() const;
  bool empty() const { return size_ == 0; }
  // Bytes beyond sizeof(*this).
  size_t heap_bytes() const { return size_ > kInlineBytes ? size_ : 0; }

  friend bool operator==(const ReservationId& a, const ReservationId& b) {
    return a.packed() == b.packed();
  }

 private:
  static constexpr size_t kInlineBytes = 23;

  void Assign(std::string_view packed);
  // Ids are copied a few times in each call, and few are on the heap.
  void Copy(const ReservationId& other) {
    if (other.size_ <= kInlineBytes) {
      std::memcpy(static_cast<void*>(this), &other, sizeof(*this));
    } else {
      Assign(other.packed());
    }
  }
  void Steal(ReservationId& other) noexcept {
    std::memcpy(static_cast<void*>(this), &other, sizeof(*this));
    other.size_ = 0;
  }
  void Free() {
    if (size_ > kInlineBytes) delete[] heap();
    size_ = 0;
  }

  char* heap() const {
    char* heap;
    std::memcpy(&heap, bytes_ + kInlineBytes - sizeof(heap), sizeof(heap));
    return heap;
  }

  uint8_t size_ = 0;
  // The packed id, or a pointer to it, at the end: so the two words of a UUID are two words of
  // memory, and can be read as soon as they have been copied.
  char bytes_[kInlineBytes] = {};
};
static_assert(sizeof(ReservationId) == 24);

}  // namespace quota
