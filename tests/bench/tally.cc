#include "bench/tally.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace millrace::bench {

void Tally::fail(const Answer& answer) {
    if (errors++ == 0) {
        first_error = std::to_string(answer.status) + " " + std::string(answer.body.substr(0, 160));
    }
}

double Tally::quantile(double q) {
    if (micros.empty())
        return 0;
    const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(micros.size() - 1));
    std::nth_element(micros.begin(), micros.begin() + at, micros.end());
    return micros[static_cast<std::size_t>(at)];
}

void Tally::print(double seconds, double broker_cpu, double own_cpu) {
    std::string why;
    for (const char c : first_error) {
        if (c == '"' || c == '\\')
            why += '\\';
        if (static_cast<unsigned char>(c) >= 0x20)
            why += c;
    }
    std::printf(
        "{\"seconds\": %.3f, \"requests\": %zu, \"records\": %zu, \"bytes\": %zu, \"errors\": "
        "%zu, "
        "\"p50_us\": %.1f, \"p99_us\": %.1f, \"broker_cpu_s\": %.3f, \"own_cpu_s\": %.3f, "
        "\"first_error\": \"%s\"}\n",
        seconds, micros.size(), records, bytes, errors, quantile(0.5), quantile(0.99), broker_cpu,
        own_cpu, why.c_str());
}

double cpu_seconds(const std::string& pid) {
    std::FILE* file = std::fopen(("/proc/" + pid + "/stat").c_str(), "r");
    if (file == nullptr)
        return 0;
    char line[1024] = {};
    const auto got = std::fread(line, 1, sizeof line - 1, file);
    std::fclose(file);
    const char* at = got == 0 ? nullptr : std::strrchr(line, ')');
    unsigned long user = 0;
    unsigned long system = 0;
    if (at == nullptr || std::sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                                     &user, &system) != 2) {
        return 0;
    }
    return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace millrace::bench
