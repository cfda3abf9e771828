// Meters: how much went in and out of each stream, for the metrics page. Counting is two additions
// on the stream's own atomics; the series themselves are touched only while a scrape is prepared,
// so that a deleted stream's series can go while a late request still counts. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "base/metrics.h"
#include "stream/stream.h"

namespace millrace::stream {

struct StreamMeter {
    std::atomic<std::uint64_t> records_in{0};
    std::atomic<std::uint64_t> bytes_in{0};  // of data and partition keys
    std::atomic<std::uint64_t> records_out{0};
    std::atomic<std::uint64_t> bytes_out{0};
};

class Meters final {
public:
    explicit Meters(Metrics& metrics);
    ~Meters();
    Meters(const Meters&) = delete;
    Meters& operator=(const Meters&) = delete;

    void add(const Stream& stream);
    // REQUIRES: no namesake was added since.
    void remove(StreamUid uid);

    // Nothing is counted for a stream that was not added or is removed.
    void in(StreamUid uid, std::uint64_t records, std::uint64_t bytes);
    void out(StreamUid uid, std::uint64_t records, std::uint64_t bytes);
    // A read came to an encrypted record that does not open.
    void damaged() { damaged_.Increment(); }

private:
    struct Table;
    std::shared_ptr<StreamMeter> find(StreamUid uid) const;
    std::shared_ptr<Table> table_;  // shared with the scrape's hook, which outlives us
    Counter& damaged_;
};

}  // namespace millrace::stream
