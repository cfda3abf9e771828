// ConsumerLifecycle: carries consumers from CREATING to ACTIVE and from DELETING to gone. As with
// streams, what a consumer waits for stands in the catalog: a restart takes it up, and a step that
// fails is tried again.
#pragma once

#include "base/task.h"
#include "env/clock.h"
#include "stream/background.h"
#include "stream/catalog.h"
#include "stream/settings.h"

namespace millrace::stream {

class ConsumerLifecycle final {
public:
    ConsumerLifecycle(Catalog& catalog, env::Clock& clock, Background& background,
                      const Settings& settings)
        : catalog_(catalog), clock_(clock), background_(background), settings_(settings) {}

    // After the catalog was loaded: arms what is pending.
    void resume();

    // Sees to it that the transition of a consumer of `stream` is done when it is due.
    void arm(ConsumerKey key, const Stream& stream);
    // Does now what the consumer waits for, due or not; nothing if it waits for nothing.
    Task<void> finish(ConsumerKey key);

private:
    const Consumer* find(const ConsumerKey& key, StreamPtr& stream) const;
    Task<void> finish_if_due(ConsumerKey key, WallTime due);

    Catalog& catalog_;
    env::Clock& clock_;
    Background& background_;
    const Settings& settings_;
};

}  // namespace millrace::stream
