// What a load comes to: times, records, errors, processor time.
#pragma once

#include <string>
#include <vector>

#include "bench/client.h"

namespace millrace::bench {

struct Tally {
    std::vector<double> micros;
    std::size_t records = 0;
    std::size_t bytes = 0;
    std::size_t errors = 0;
    std::string first_error;

    void fail(const Answer& answer);
    double quantile(double q);
    void print(double seconds, double broker_cpu, double own_cpu);
};

// User and system time of a process, in seconds; 0 when there is no such process.
double cpu_seconds(const std::string& pid);

}  // namespace millrace::bench
