#include "stream/consumer_lifecycle.h"

#include <utility>

#include "base/log.h"

namespace millrace::stream {
namespace {
constexpr Millis kRetryAfter{1000};
}

void ConsumerLifecycle::resume() {
    for (const StreamPtr& stream : catalog_.all()) {
        for (const auto& [name, consumer] : stream->consumers.present) {
            if (consumer.status != Consumer::Status::kActive) {
                arm({stream->uid, name, consumer.created_s}, *stream);
            }
        }
    }
}

void ConsumerLifecycle::arm(ConsumerKey key, const Stream& stream) {
    const Consumer* const consumer = stream.consumers.find(key.name, key.created_s);
    if (consumer == nullptr) {
        return;
    }
    background_.after(
        settings_.rest(consumer->due, clock_.now()),
        [this, key = std::move(key), due = consumer->due] { return finish_if_due(key, due); });
}

const Consumer* ConsumerLifecycle::find(const ConsumerKey& key, StreamPtr& stream) const {
    stream = catalog_.find(key.stream);
    return stream == nullptr ? nullptr : stream->consumers.find(key.name, key.created_s);
}

// A consumer deregistered while CREATING has two timers, and the first is none of its business.
Task<void> ConsumerLifecycle::finish_if_due(ConsumerKey key, WallTime due) {
    StreamPtr stream;
    const Consumer* const consumer = find(key, stream);
    if (consumer != nullptr && consumer->due == due) {
        co_await finish(std::move(key));
    }
}

Task<void> ConsumerLifecycle::finish(ConsumerKey key) {
    StreamPtr stream;
    const Consumer* const consumer = find(key, stream);
    if (consumer == nullptr || consumer->status == Consumer::Status::kActive) {
        co_return;
    }
    Command command{clock_.now(), {}};
    if (consumer->status == Consumer::Status::kCreating) {
        command.action = ActivateConsumer{key.stream, key.name, key.created_s};
    } else {
        command.action = RemoveConsumer{key.stream, key.name, key.created_s};
    }
    const auto answer = co_await catalog_.propose(std::move(command));
    if (!answer) {
        log::error("the catalog's log failed, will try again: {}", answer.error().message);
        background_.after(kRetryAfter, [this, key = std::move(key)] { return finish(key); });
    }
}

}  // namespace millrace::stream
