#include "storage/catalog_snapshot.h"

#include <gtest/gtest.h>

#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

class Snapshot : public Store {
protected:
    Errc fault() {
        const auto loaded = load_snapshot(*parts);
        EXPECT_FALSE(loaded);
        return loaded ? Errc::kIo : loaded.error().code;
    }
};

TEST_F(Snapshot, IsLoadedAsStored) {
    EXPECT_FALSE(load_snapshot(*parts).value());
    for (const std::string& state : {std::string(), std::string("{\"a\":1}\0tail", 12)}) {
        ASSERT_TRUE(store_snapshot(*parts, {Position(77), state}));
        const auto loaded = load_snapshot(*parts);
        ASSERT_TRUE(loaded && loaded.value());
        EXPECT_EQ(loaded.value()->through, Position(77));
        EXPECT_EQ(loaded.value()->state, state);
    }
}

TEST_F(Snapshot, DamageIsRefused) {
    ASSERT_TRUE(store_snapshot(*parts, {Position(77), "state"}));
    const auto whole = files.load(parts->layout.snapshot());
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        auto bytes = whole;
        bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        files.store(parts->layout.snapshot(), bytes);
        const bool version = bit / 8 >= 8 && bit / 8 < 12;
        EXPECT_EQ(fault(), version ? Errc::kUnsupported : Errc::kCorrupt) << bit;
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        files.store(parts->layout.snapshot(), Bytes(whole).first(size));
        EXPECT_EQ(fault(), Errc::kCorrupt) << size;
    }
}

}  // namespace
}  // namespace millrace::storage
