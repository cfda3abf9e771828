// One request from bytes to bytes: target, decode, auth, bind, limits, call, encode. The
// order of these stages is visible to clients (which error wins); it is written once, in
// pipeline.cc, and tested pairwise.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "api/operations.h"
#include "base/metrics.h"
#include "env/clock.h"
#include "env/entropy.h"
#include "protocol/access_keys.h"
#include "protocol/identity.h"
#include "protocol/request_id.h"
#include "wire/handler.h"

namespace millrace::protocol {

// Thread-safe: handle() runs concurrently on all workers. What is passed to the constructor must
// outlive the pipeline and its running tasks.
class Pipeline final : public wire::Handler {
public:
    Pipeline(stream::Broker& broker, Metrics& metrics, Settings settings, env::Clock& clock,
             env::Entropy& entropy, std::span<const api::Operation> operations = api::operations());
    ~Pipeline() override;

    // From now on requests must be signed with one of these; before the first call any signature
    // will do. Thread-safe.
    void require(std::shared_ptr<const AccessKeys> keys);

    // Answers every request; whatever a handler throws becomes a 500.
    Task<wire::Response> handle(const wire::Request& request) override;

private:
    class Exchange;
    struct Row;  // one operation with its metrics

    Row* find(std::string_view operation) const;

    stream::Broker& broker_;
    const Settings settings_;
    env::Clock& clock_;
    RequestIds ids_;
    std::atomic<bool> signatures_count_ = false;  // then there are keys
    AccessKeyHolder keys_;
    std::vector<std::unique_ptr<Row>> rows_;  // in the order of before()
    std::unique_ptr<Row> unknown_;            // for requests that name no operation
};

}  // namespace millrace::protocol
