#include "stream/meters.h"

#include <array>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace millrace::stream {
namespace {

struct Series {
    const char* name;
    const char* help;
    std::atomic<std::uint64_t> StreamMeter::*value;
};
constexpr std::array<Series, 4> kSeries = {{
    {"millrace_stream_records_in_total", "Records stored.", &StreamMeter::records_in},
    {"millrace_stream_bytes_in_total", "Bytes of data and partition keys stored.",
     &StreamMeter::bytes_in},
    {"millrace_stream_records_out_total", "Records read.", &StreamMeter::records_out},
    {"millrace_stream_bytes_out_total", "Bytes of data and partition keys read.",
     &StreamMeter::bytes_out},
}};

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

struct Meters::Table {
    struct Entry {
        std::shared_ptr<StreamMeter> meter = std::make_shared<StreamMeter>();
        Labels labels;
        // Of the scrape alone: what each series was last brought to, and the series.
        std::array<std::uint64_t, kSeries.size()> shown{};
        std::array<Counter*, kSeries.size()> counters{};
    };

    explicit Table(Metrics& m) : metrics(m) {}

    // Brings the series up to date. Scrapes come one at a time.
    void refresh() {
        const std::unique_lock lock(mutex);
        for (const Labels& labels : removed) {
            for (const Series& series : kSeries) {
                metrics.remove_counter(series.name, labels);
            }
        }
        removed.clear();
        for (auto& [uid, entry] : entries) {
            for (std::size_t i = 0; i < kSeries.size(); ++i) {
                if (entry.counters[i] == nullptr) {
                    entry.counters[i] =
                        &metrics.counter(kSeries[i].name, kSeries[i].help, entry.labels);
                }
                const std::uint64_t value = ((*entry.meter).*(kSeries[i].value)).load(kRelaxed);
                entry.counters[i]->Increment(static_cast<double>(value - entry.shown[i]));
                entry.shown[i] = value;
            }
        }
    }

    Metrics& metrics;
    std::shared_mutex mutex;
    std::unordered_map<StreamUid, Entry> entries;  // guarded by mutex
    std::vector<Labels> removed;                   // guarded by mutex; shown, to be forgotten
};

Meters::Meters(Metrics& metrics)
    : table_(std::make_shared<Table>(metrics)),
      damaged_(metrics.counter("millrace_encrypted_records_damaged_total",
                               "Reads that came to an encrypted record that does not open.")) {
    auto refresh = [weak = std::weak_ptr<Table>(table_)] {
        if (const auto table = weak.lock()) {
            table->refresh();
        }
    };
    metrics.before_scrape(std::move(refresh));
}

Meters::~Meters() = default;

void Meters::add(const Stream& stream) {
    const std::unique_lock lock(table_->mutex);
    table_->entries[stream.uid].labels = {{"account", stream.owner.account},
                                          {"region", stream.owner.region},
                                          {"stream", stream.name.text()}};
}

void Meters::remove(StreamUid uid) {
    const std::unique_lock lock(table_->mutex);
    const auto found = table_->entries.find(uid);
    if (found == table_->entries.end()) {
        return;
    }
    if (found->second.counters[0] != nullptr) {
        table_->removed.push_back(std::move(found->second.labels));
    }
    table_->entries.erase(found);
}

std::shared_ptr<StreamMeter> Meters::find(StreamUid uid) const {
    const std::shared_lock lock(table_->mutex);
    const auto found = table_->entries.find(uid);
    return found == table_->entries.end() ? nullptr : found->second.meter;
}

void Meters::in(StreamUid uid, std::uint64_t records, std::uint64_t bytes) {
    if (const auto meter = find(uid)) {
        meter->records_in.fetch_add(records, kRelaxed);
        meter->bytes_in.fetch_add(bytes, kRelaxed);
    }
}

void Meters::out(StreamUid uid, std::uint64_t records, std::uint64_t bytes) {
    if (const auto meter = find(uid)) {
        meter->records_out.fetch_add(records, kRelaxed);
        meter->bytes_out.fetch_add(bytes, kRelaxed);
    }
}

}  // namespace millrace::stream
