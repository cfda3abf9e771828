// The loads of millrace_load; load.cc says what each is. Each prints one line.
#pragma once

#include <chrono>
#include <string>

namespace millrace::bench {

// Not counted, at the start of those that write.
inline constexpr std::chrono::seconds kWarmUp{1};

void create(unsigned short port, const std::string& stream, const std::string& shards);
void write_load(bool batch, unsigned short port, const std::string& stream, std::size_t connections,
                std::chrono::seconds seconds, const std::string& pid);

void drain(unsigned short port, const std::string& stream, std::size_t shards,
           std::chrono::seconds seconds, const std::string& pid);

void poll(unsigned short port, const std::string& stream, std::size_t shards,
          std::chrono::seconds seconds, const std::string& pid);

void beside(unsigned short port, const std::string& stream, std::size_t shards,
            std::chrono::seconds seconds, const std::string& pid);

void connect_load(unsigned short port, const std::string& stream, std::size_t connections,
                  std::chrono::seconds seconds, const std::string& pid);

void fanout(unsigned short port, const std::string& stream, std::size_t consumers,
            std::chrono::seconds seconds, const std::string& pid);

void subscribers(unsigned short port, const std::string& stream, std::size_t subscribers,
                 std::chrono::seconds seconds, const std::string& pid);

void sync(const std::string& directory, std::chrono::seconds seconds);

}  // namespace millrace::bench
