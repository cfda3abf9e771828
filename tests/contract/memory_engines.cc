// The memory engine under the contract: plain, and as a cluster engine may behave.
#include "contract/random_operations.h"
#include "support/memory_engine.h"

namespace millrace::test {
namespace {

class MemorySubject final : public Subject {
public:
    explicit MemorySubject(MemoryEngine::Options options)
        : engine_(std::make_unique<MemoryEngine>(options)) {}

    storage::LogEngine& engine() override { return *engine_; }
    storage::CatalogLog& catalog_log() override { return *engine_; }
    void reopen() override {
        engine_->release();
        engine_ = engine_->reopened();
    }
    void pump() override { engine_->release(); }

private:
    std::unique_ptr<MemoryEngine> engine_;
};

std::unique_ptr<Subject> plain() {
    return std::make_unique<MemorySubject>(MemoryEngine::Options{});
}
std::unique_ptr<Subject> gaps() {
    return std::make_unique<MemorySubject>(
        MemoryEngine::Options{.gap_max = 3, .first_position = 10});
}
std::unique_ptr<Subject> delayed() {
    return std::make_unique<MemorySubject>(MemoryEngine::Options{.gap_max = 1, .delayed = true});
}
std::unique_ptr<Subject> loose() {
    return std::make_unique<MemorySubject>(MemoryEngine::Options{
        .gap_max = 2, .unknown_rate = 0.1, .closed_rate = 0.1, .delayed = true});
}

const auto kExact =
    testing::Values(SubjectKind{"Memory", plain}, SubjectKind{"MemoryWithGaps", gaps},
                    SubjectKind{"MemoryDelayed", delayed});
const auto kEvery =
    testing::Values(SubjectKind{"Memory", plain}, SubjectKind{"MemoryWithGaps", gaps},
                    SubjectKind{"MemoryDelayed", delayed}, SubjectKind{"MemoryLoose", loose});

INSTANTIATE_TEST_SUITE_P(Memory, EngineContract, kExact, kind_name);
INSTANTIATE_TEST_SUITE_P(Memory, LooseEngineContract, kEvery, kind_name);
INSTANTIATE_TEST_SUITE_P(Memory, RandomOperations, kEvery, kind_name);

}  // namespace
}  // namespace millrace::test
