// Every limit of the network side, with its default. Sizes in bytes; deadlines are renewed with
// each request and swept by a coarse timer, so they may come late by an eighth, never early.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace millrace::wire {

struct Limits {
    std::size_t header_bytes_max = 64 << 10;           // request line and fields; beyond: 431
    std::size_t body_bytes_max = 16 << 20;             // of one request; beyond: 413
    std::size_t body_bytes_in_flight_max = 256 << 20;  // of all, and large answers; beyond: 503
    std::size_t connections_max = 10'000;              // of the process; beyond: closed at once
    std::size_t streams_max = 128;                     // requests of one HTTP/2 connection at once
    Millis idle_timeout{120'000};                      // between two requests
    Millis header_timeout{15'000};            // from a request's first byte to its last field
    Millis body_timeout{60'000};              // from there to the body's last byte
    Millis write_timeout{60'000};             // without the client taking a byte of the answer
    Millis linger_timeout{5'000};             // how long a refused client may go on sending
    std::size_t linger_bytes_max = 32 << 20;  // and how much of it is read and dropped
};

}  // namespace millrace::wire
