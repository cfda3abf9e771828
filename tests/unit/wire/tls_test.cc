#include "wire/tls.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "crypto/certificates.h"
#include "env/system_clock.h"
#include "wire/front.h"
#include "wire/link.h"

namespace millrace::wire {
namespace {

const WallTime kNow = env::SystemClock().now();
const std::string kAuthority = crypto::make_authority(kNow);

std::string certificate() {
    return crypto::make_certificate(kAuthority, std::vector<std::string>{"localhost"}, kNow)
        .value();
}

TEST(TlsContext, SaysWhatCannotBeUsed) {
    const std::string one = certificate();
    const std::string other = certificate();
    EXPECT_TRUE(TlsContext::server({one, one, {}}));
    EXPECT_TRUE(TlsContext::server({one, one, kAuthority}));
    const auto refused = [](const TlsContext::Identity& identity) {
        const auto made = TlsContext::server(identity);
        EXPECT_FALSE(made);
        return made ? std::string() : made.error().message;
    };
    EXPECT_TRUE(refused({"", one, {}}).starts_with("the certificate cannot be used: "));
    EXPECT_TRUE(refused({"torn", one, {}}).starts_with("the certificate cannot be used: "));
    EXPECT_TRUE(refused({one, "", {}}).starts_with("the key cannot be used: "));
    EXPECT_TRUE(refused({one, other, {}}).starts_with("the key cannot be used: "));
    EXPECT_TRUE(refused({one, crypto::certificate_of(one), {}}).starts_with("the key cannot"));
    EXPECT_TRUE(refused({one, one, "torn"}).starts_with("the clients' authority cannot be used"));
}

// Answers with the body, twice.
class TwiceHandler final : public Handler {
public:
    Task<Response> handle(const Request& request) override {
        Response response;
        response.body = std::string(request.body) + std::string(request.body);
        co_return response;
    }
};

// A client over TLS that sends `text` and reads until the server has nothing more to say.
class Client {
public:
    Client(std::uint16_t port, std::string text) : text_(std::move(text)) {
        const boost::asio::ip::tcp::endpoint peer(boost::asio::ip::address_v4::loopback(), port);
        link_.connect(peer, [this](ErrorCode ec) {
            ASSERT_FALSE(ec || link_.open());
            link_.begin_tls(*TlsContext::trusting_client(), {});
            write();
        });
        io_.run_for(std::chrono::seconds(30));
    }
    const std::string& answer() const { return answer_; }
    ErrorCode ended() const { return ended_; }

private:
    void write() {
        ErrorCode ec;
        sent_ += link_.write_some({boost::asio::buffer(text_) + sent_, {}}, ec);
        if (sent_ == text_.size()) {
            read();
            return;
        }
        ASSERT_TRUE(!ec || would_block(ec)) << ec.message();
        link_.wait_writable([this](ErrorCode wait_ec) {
            ASSERT_FALSE(wait_ec);
            write();
        });
    }
    void read() {
        link_.async_read(room_, [this](ErrorCode ec, std::size_t bytes) {
            answer_.append(room_.data(), bytes);
            ended_ = ec;
            if (!ec) {
                read();
            }
        });
    }

    boost::asio::io_context io_{1};
    Link link_{Socket(io_)};
    const std::string text_;
    std::size_t sent_ = 0;
    std::array<char, 5000> room_{};
    std::string answer_;
    ErrorCode ended_;
};

class TlsFrontTest : public ::testing::Test {
protected:
    void SetUp() override {
        FrontConfig config;
        config.listen.push_back(parse_address("127.0.0.1:0").value());
        front_ = Front::open(std::move(config), handler_, clock_).value();
        const std::string pem = certificate();
        front_->use_tls(TlsContext::server({pem, pem, {}}).value());
        front_->start();
    }
    void TearDown() override {
        EXPECT_TRUE(front_->drain(Millis(5000), Millis(5000)));
        front_->join(Millis(5000));
    }
    std::uint16_t port() const { return front_->addresses().front().port; }

    env::SystemClock clock_;
    TwiceHandler handler_;
    std::unique_ptr<Front> front_;
};

TEST_F(TlsFrontTest, CarriesLargeBodiesBothWaysAndSaysTheEnd) {
    const std::string body(5 << 20, 'x');
    const Client client(port(), "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: " +
                                    std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(client.answer().ends_with(body + body));
    // Said under TLS, not only by the socket: nobody cut it short.
    EXPECT_EQ(client.ended(), boost::asio::error::eof);
}

TEST(TlsExpected, ClientsWaitForIt) {
    env::SystemClock clock;
    TwiceHandler handler;
    FrontConfig config;
    config.listen.push_back(parse_address("127.0.0.1:0").value());
    config.tls_expected = true;
    const auto front = Front::open(std::move(config), handler, clock).value();
    front->start();
    std::string answer;
    std::thread asking([&] {
        const Client client(front->addresses().front().port,
                            "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab");
        answer = client.answer();
    });
    // Whether it came before this or comes after it, it is served.
    while (front->accepted_connections() == 0) {
        std::this_thread::yield();
    }
    const std::string pem = certificate();
    front->use_tls(TlsContext::server({pem, pem, {}}).value());
    asking.join();
    EXPECT_TRUE(answer.ends_with("abab")) << answer;
    EXPECT_TRUE(front->drain(Millis(5000), Millis(5000)));
    front->join(Millis(5000));
}

TEST_F(TlsFrontTest, AnswersPipelinedRequests) {
    std::string text;
    for (int i = 0; i < 100; ++i) {
        text += "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab";
    }
    text += "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlast";
    const Client client(port(), text);
    EXPECT_TRUE(client.answer().ends_with("\r\n\r\nlastlast"));
}

}  // namespace
}  // namespace millrace::wire
