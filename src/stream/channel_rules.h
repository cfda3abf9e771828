// What becomes of a channel by a command: part of CatalogState's fold, and as pure.
#pragma once

#include "stream/command.h"

namespace millrace::stream {

// `source` is the stream the channel names, null if there is none.
Applied create_channel(const ChannelTable& channels, const StreamPtr& source,
                       const CreateChannel& command);
Applied change_channel(const ChannelPtr& found, const UpdateChannel& command);
Applied change_channel(const ChannelPtr& found, const DeleteChannel& command);
Applied change_channel(const ChannelPtr& found, const ChangeChannelTags& command);
// The channel as ACTIVE, or as DELETING once more: then it is to be removed.
Applied change_channel(const ChannelPtr& found, const AdvanceChannel& command);

}  // namespace millrace::stream
