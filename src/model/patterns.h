// The patterns of the service's model, each with the text that messages print and a matcher of the
// whole value. The matchers are written out by hand: linear in time and without recursion, whatever
// a client sends. The dialect is Java's: `.` stops at line terminators (also U+0085, U+2028 and
// U+2029), `\S` is all but the six ASCII blanks.
#pragma once

#include "model/shape.h"

namespace millrace::model {

extern const Pattern kNamePattern;  // stream, shard and consumer names
extern const Pattern kStreamArnPattern;
extern const Pattern kResourceArnPattern;  // of a stream or a consumer
extern const Pattern kConsumerArnPattern;
extern const Pattern kStreamIdPattern;
extern const Pattern kSequenceNumberPattern;
extern const Pattern kHashKeyPattern;

}  // namespace millrace::model
