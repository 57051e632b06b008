#include "common/reservation_id.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace quota {
namespace {

constexpr char kUuid[] = "0f8fad5b-d9cb-469f-a165-70867728950e";

// Texts of every kind, all different.
std::vector<std::string> Texts() {
  std::vector<std::string> texts = {
      kUuid,
      "00000000-0000-0000-0000-000000000000",
      "ffffffff-ffff-ffff-ffff-ffffffffffff",
      "0F8FAD5B-D9CB-469F-A165-70867728950E",    // upper case
      "0f8fad5b-d9cb-469f-a165-70867728950E",    // one letter
      "0f8fad5bd9cb469fa16570867728950e",        // without dashes
      "{0f8fad5b-d9cb-469f-a165-70867728950e}",  // in braces
      "0f8fad5b-d9cb-469f-a165-70867728950g",    // not hexadecimal
      "0f8fad5b-d9cb-469f-a165-70867728950",     // one short
      "0f8fad5b-d9cb-469f-a165-70867728950e0",   // one long
      "0f8fad5bd-9cb-469f-a165-70867728950e",    // a dash elsewhere
      "0f8fad5b_d9cb_469f_a165_70867728950e",    // no dashes
      "0f8fad5b-d9cb-469f-a165-7086772895 e",
      std::string("zero\0inside", 11),
      "\xc3\xa9t\xc3\xa9",
  };
  for (size_t size = 1; size <= ReservationId::kMaxTextBytes; ++size) {
    texts.push_back(std::string(size, 'x'));
  }
  return texts;
}

TEST(ReservationIdTest, TextComesBackAsItWas) {
  for (const std::string& text : Texts()) {
    const ReservationId id = ReservationId::FromText(text);
    EXPECT_EQ(id.Text(), text);
    EXPECT_FALSE(id.empty());
  }
}

TEST(ReservationIdTest, OnlyACanonicalLowerCaseUuidIsPacked) {
  for (const std::string& text : Texts()) {
    const std::string packed(ReservationId::FromText(text).packed());
    const bool uuid = text.size() == 36 && (text == kUuid || text[0] == text[35]) &&
                      text.find_first_not_of("0123456789abcdef-") == std::string::npos;
    if (uuid) {
      EXPECT_EQ(packed.size(), 17u) << text;
      EXPECT_EQ(packed[0], 1) << text;
    } else {
      EXPECT_EQ(packed.size(), text.size() + 1) << text;
      EXPECT_EQ(packed[0], 0) << text;
      EXPECT_EQ(packed.substr(1), text);
    }
  }
  // Stored: it must never change.
  EXPECT_EQ(
      ReservationId::FromText(kUuid).packed(),
      std::string_view("\x01\x0f\x8f\xad\x5b\xd9\xcb\x46\x9f\xa1\x65\x70\x86\x77\x28\x95\x0e", 17));
}

TEST(ReservationIdTest, EqualExactlyWhenTheTextsAre) {
  const std::vector<std::string> texts = Texts();
  for (size_t a = 0; a < texts.size(); ++a) {
    for (size_t b = 0; b < texts.size(); ++b) {
      EXPECT_EQ(ReservationId::FromText(texts[a]) == ReservationId::FromText(texts[b]), a == b)
          << texts[a] << " and " << texts[b];
    }
  }
}

TEST(ReservationIdTest, TextThatLooksLikePackedBytesIsAnotherId) {
  const std::string looks_packed(ReservationId::FromText(kUuid).packed());
  EXPECT_FALSE(ReservationId::FromText(looks_packed) == ReservationId::FromText(kUuid));
}

TEST(ReservationIdTest, CopiesAreIndependentAndMovedFromIsEmpty) {
  for (const std::string& text : Texts()) {
    ReservationId first = ReservationId::FromText(text);
    ReservationId copy = first;
    EXPECT_EQ(copy, first);
    ReservationId moved = std::move(first);
    EXPECT_EQ(moved, copy);
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what a move leaves is promised.
    EXPECT_EQ(first.Text(), "");
    first = ReservationId::FromText("another, long enough for the heap");
    EXPECT_EQ(copy.Text(), text);
    EXPECT_EQ(moved.Text(), text);
  }
}

TEST(ReservationIdTest, AssignmentReplacesIdsOfEverySizeAndOfItself) {
  const std::vector<std::string> texts = {"short", std::string(22, 'i'), std::string(23, 'h'),
                                          std::string(64, 'l'), kUuid};
  for (const std::string& from : texts) {
    for (const std::string& to : texts) {
      ReservationId id = ReservationId::FromText(to);
      const ReservationId source = ReservationId::FromText(from);
      id = source;
      EXPECT_EQ(id.Text(), from);
      id = ReservationId::FromText(to);
      EXPECT_EQ(id.Text(), to);
    }
    ReservationId id = ReservationId::FromText(from);
    ReservationId& same = id;
    id = same;
    EXPECT_EQ(id.Text(), from);
    id = std::move(same);
    EXPECT_EQ(id.Text(), from);
  }
}

TEST(ReservationIdTest, PackedFormComesBackAsItWas) {
  for (const std::string& text : Texts()) {
    const ReservationId id = ReservationId::FromText(text);
    const auto unpacked = ReservationId::FromPacked(id.packed());
    ASSERT_TRUE(unpacked.has_value()) << text;
    EXPECT_EQ(*unpacked, id);
    EXPECT_EQ(unpacked->Text(), text);
  }
}

TEST(ReservationIdTest, BytesThatNoIdPacksToAreRefused) {
  const std::string uuid_bytes(16, 'u');
  const std::string cases[] = {
      "",
      std::string(1, '\0'),                         // no text
      std::string(1, '\x01'),                       // no UUID
      '\x01' + uuid_bytes.substr(1),                // short
      '\x01' + uuid_bytes + 'x',                    // long
      '\x02' + uuid_bytes,                          // unknown tag
      std::string(1, '\0') + std::string(65, 'x'),  // text above 64 bytes
      std::string(1, '\0') + kUuid,                 // a UUID that should be packed
  };
  for (const std::string& packed : cases) {
    EXPECT_FALSE(ReservationId::FromPacked(packed).has_value()) << packed.size() << " bytes";
  }
}

TEST(ReservationIdTest, UuidNeedsNoHeap) {
  EXPECT_EQ(sizeof(ReservationId), 24u);
  EXPECT_EQ(ReservationId::FromText(kUuid).heap_bytes(), 0u);
  EXPECT_EQ(ReservationId::FromText(std::string(22, 'x')).heap_bytes(), 0u);
  EXPECT_EQ(ReservationId::FromText(std::string(23, 'x')).heap_bytes(), 24u);
  EXPECT_EQ(ReservationId::FromText(std::string(64, 'x')).heap_bytes(), 65u);
}

}  // namespace
}  // namespace quota
