// The patterns of the service's model, each with the text that messages print and a matcher of the
// whole value. The matchers are written out by hand: linear in time and without recursion, whatever
// a client sends. The dialect is Java's: `.` stops at line terminators (also U+0085, U+2028 and
// U+2029), `\S` is all but the six ASCII blanks.
#pragma once

#include "model/shape.h"

namespace millrace::model {

extern const Pattern kNamePattern;  // stream, shard and consumer names
extern const Pattern kStreamArnPattern;
extern const Pattern kResourceArnPattern;  // of a stream, a consumer or a channel
extern const Pattern kConsumerArnPattern;
extern const Pattern kStreamIdPattern;
extern const Pattern kSequenceNumberPattern;
extern const Pattern kHashKeyPattern;

// Of channels and what they name.
extern const Pattern kChannelArnPattern;
extern const Pattern kRoleArnPattern;
extern const Pattern kBucketArnPattern;
extern const Pattern kAccountPattern;
extern const Pattern kErrorPrefixPattern;
extern const Pattern kLogGroupPattern;
extern const Pattern kLogStreamPattern;

}  // namespace millrace::model
