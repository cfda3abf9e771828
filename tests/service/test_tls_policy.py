"""What of TLS is taken and what is not, as a scanner asks: a client hello put together by hand offers one thing alone,
so that nothing depends on what the TLS libraries of this machine would still offer."""

import os
import socket
import struct
import subprocess
import threading

import pytest

from harness import process

HANDSHAKE, ALERT = 22, 21
SSL3, TLS10, TLS11, TLS12 = 0x0300, 0x0301, 0x0302, 0x0303
ECDHE = {"ecdsa": [0xC02B, 0xC02C, 0xCCA9], "rsa": [0xC02F, 0xC030, 0xCCA8]}  # AES-GCM and ChaCha20

REFUSED = {
    "NULL": [0x0001, 0x0002, 0x003B, 0xC006, 0xC010],
    "EXPORT": [0x0003, 0x0006, 0x0008, 0x000B, 0x0014],
    "RC4": [0x0004, 0x0005, 0xC007, 0xC011],
    "DES and 3DES": [0x0009, 0x000A, 0x0016, 0xC008, 0xC012],
    "anonymous": [0x0018, 0x001B, 0x0034, 0x00A6, 0xC015, 0xC018, 0xC019],
    "CBC": [0x0033, 0x0067, 0xC009, 0xC00A, 0xC013, 0xC014, 0xC023, 0xC027],
    "without forward secrecy": [0x002F, 0x0035, 0x003C, 0x009C, 0x009D, 0xC02D, 0xC031],
    "pre-shared keys": [0x008C, 0x00A8, 0xC035],
}


def vector(size, data):
    return len(data).to_bytes(size, "big") + data


def words(*numbers):
    return struct.pack(f"!{len(numbers)}H", *numbers)


def answer_to(server, version, ciphers, compressions=b"\0"):
    """The type and content of the record that answers a hello of this version with these ciphers; (None, b"") where
    the connection is closed without one."""
    extensions = b"".join(words(kind) + vector(2, data) for kind, data in (
        (10, vector(2, words(0x001D, 0x0017))), (11, vector(1, b"\0")),
        (13, vector(2, words(0x0403, 0x0804, 0x0401, 0x0201, 0x0203))), (0xFF01, b"\0")))
    hello = words(version) + os.urandom(32) + vector(1, b"") + vector(2, words(*ciphers)) + vector(1, compressions)
    if version > SSL3:
        hello += vector(2, extensions)
    record = bytes([HANDSHAKE]) + words(min(version, TLS10)) + vector(2, b"\1" + vector(3, hello))
    with socket.create_connection(("127.0.0.1", server.port), timeout=10 * process.PATIENCE) as client:
        client.sendall(record)
        received = b""
        try:
            while len(received) < 5 or len(received) < 5 + int.from_bytes(received[3:5], "big"):
                more = client.recv(4096)
                if not more:
                    return None, b""
                received += more
        except ConnectionResetError:
            return None, b""
    return received[0], received[5:]


@pytest.fixture(scope="module", params=["ecdsa", "rsa"])
def served(request, tmp_path_factory):
    """A server with a certificate of this kind of key, and the kind."""
    folder = tmp_path_factory.mktemp("tls")
    kind = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if request.param == "ecdsa" else ["rsa:2048"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    server = process.Server(folder / "data", "--tls-certificate", folder / "cert.pem", "--tls-key",
                            folder / "key.pem").start()
    yield server, request.param
    server.close()


def test_forward_secret_authenticated_ciphers_are_taken(served):
    server, key = served
    for cipher in ECDHE[key]:
        kind, content = answer_to(server, TLS12, [cipher])
        assert kind == HANDSHAKE and content[4:6] == TLS12.to_bytes(2, "big"), hex(cipher)
        assert content[39 + content[38]:41 + content[38]] == cipher.to_bytes(2, "big")


@pytest.mark.parametrize("weakness", REFUSED)
def test_other_ciphers_are_refused(served, weakness):
    server, _ = served
    for cipher in REFUSED[weakness]:
        assert answer_to(server, TLS12, [cipher])[0] in (ALERT, None), hex(cipher)


@pytest.mark.parametrize("version", [SSL3, TLS10, TLS11])
def test_old_versions_are_refused(served, version):
    server, key = served
    assert answer_to(server, version, [*ECDHE[key], 0xC013, 0xC009, 0x002F, 0x000A])[0] in (ALERT, None)


def test_an_ssl2_hello_is_not_tls(served):
    server, _ = served
    with socket.create_connection(("127.0.0.1", server.port), timeout=10 * process.PATIENCE) as client:
        client.sendall(b"\x80\x2e\1\0\2\0\x15\0\0\0\x10" + b"\1\0\x80" * 7 + os.urandom(16))
        client.shutdown(socket.SHUT_WR)
        assert client.recv(4096)[:1] not in (bytes([HANDSHAKE]), b"\x80")


def test_nothing_is_compressed(served):
    server, key = served
    _, content = answer_to(server, TLS12, ECDHE[key], compressions=b"\1\0")
    assert content[41 + content[38]] == 0


def s_client(server, *args, keys=b"", until=b""):
    """What `openssl s_client` says, with `keys` typed once it is connected, and left when it has said `until`."""
    client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", *args],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    patience = threading.Timer(20 * process.PATIENCE, client.kill)
    patience.start()
    said = b""

    def listen(word):
        nonlocal said
        while word not in said and (line := client.stdout.readline()):
            said += line

    if keys:
        listen(b"Verify return code")
        client.stdin.write(keys)
        client.stdin.flush()
        listen(until)
    patience.cancel()
    more, _ = client.communicate(timeout=20 * process.PATIENCE)
    return (said + more).decode(errors="replace")


@pytest.mark.parametrize("option, version", [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_the_versions_that_are_taken(served, option, version):
    said = s_client(served[0], option)
    assert f"New, {version}, Cipher is" in said and "Compression: NONE" in said
    assert "Cipher is (NONE)" not in said


def test_renegotiation_is_secure_and_refused(served):
    said = s_client(served[0], "-tls1_2", keys=b"R\n", until=b"no renegotiation")
    assert "Secure Renegotiation IS supported" in said
    assert "RENEGOTIATING" in said and "no renegotiation" in said
