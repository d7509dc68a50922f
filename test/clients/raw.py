"""HTTP as bytes on a socket: for what no SDK would send."""

import base64
import datetime
import hashlib
import hmac
import re
import socket

from server import ACCESS_KEY, PATIENCE, REGION, SECRET_KEY, Server

TIMEOUT_SECONDS = 15 * PATIENCE
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def code(self) -> str:
        """The error code, as either kind of service writes it."""
        text = self.body.decode(errors="replace")
        found = re.search(r"<Code>(\w+)</Code>", text) or re.search(r'"__type":\s*"(?:[^"]*#)?(\w+)"', text)
        return found.group(1) if found else ""


class Connection:
    """One connection; in the clear."""

    def __init__(self, server: Server):
        self.host = "{}:{}".format(*server.address)
        self.socket = socket.create_connection(server.address, TIMEOUT_SECONDS)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes) -> None:
        """What an answer that came early makes impossible to send is not sent."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def end_of_sending(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def _take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            if not self._more():
                raise AssertionError(f"the connection ended inside an answer: {self.buffer[:500]}")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def answer(self, to_head: bool = False) -> Answer | None:
        """The next answer; None: the server closed instead."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                assert self.buffer == b"", f"half an answer: {self.buffer[:500]}"
                return None
        head = self._take(self.buffer.index(b"\r\n\r\n") + 4).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        assert re.fullmatch(r"HTTP/1\.1 \d{3} .*", first), first
        headers = {}
        for line in lines:
            field, _, value = line.partition(":")
            headers[field.lower()] = value.strip()
        status = int(first.split()[1])
        if to_head or status in (204, 304):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = self._chunks()
        else:
            body = self._take(int(headers.get("content-length", "0")))
        return Answer(status, headers, body)

    def _chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self.buffer:
                assert self._more(), "the connection ended inside a chunk"
            size = int(self._take(self.buffer.index(b"\r\n") + 2).split(b";")[0], 16)
            body += self._take(size)
            self._take(2)
            if size == 0:
                return body

    def is_closed(self) -> bool:
        """Waits for the server to close."""
        return self.buffer == b"" and not self._more()


def signing_key(date: str, service: str) -> bytes:
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (date, REGION, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


class Request:
    """A request signed with version 4. `path` as it is sent; every header is signed."""

    def __init__(self, connection: Connection, method: str, path: str, service: str = "s3",
                 headers: dict[str, str] | None = None, body: bytes = b"",
                 payload_hash: str | None = None, time: datetime.datetime | None = None):
        now = time or datetime.datetime.now(datetime.timezone.utc)
        self.time = now.strftime("%Y%m%dT%H%M%SZ")
        self.date = self.time[:8]
        self.service = service
        self.body = body
        hashed = payload_hash or hashlib.sha256(body).hexdigest()
        said = {name.lower(): value for name, value in (headers or {}).items()}
        self.headers = {"host": connection.host, "x-amz-date": self.time,
                        "x-amz-content-sha256": hashed, "content-length": str(len(body))} | said
        target, _, query = path.partition("?")
        names = ";".join(sorted(self.headers))
        canonical = "\n".join([method, target, query,
                               *(f"{n}:{self.headers[n]}" for n in sorted(self.headers)), "", names, hashed])
        self.scope = f"{self.date}/{REGION}/{service}/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", self.time, self.scope,
                             hashlib.sha256(canonical.encode()).hexdigest()])
        self.signature = hmac.new(signing_key(self.date, service), to_sign.encode(),
                                  hashlib.sha256).hexdigest()
        self.headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{self.scope}, "
                                         f"SignedHeaders={names}, Signature={self.signature}")
        self.first_line = f"{method} {path} HTTP/1.1"

    def head(self) -> bytes:
        lines = [self.first_line, *(f"{name}: {value}" for name, value in self.headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def bytes(self) -> bytes:
        return self.head() + self.body

    def chunk_signature(self, previous: str, data: bytes) -> str:
        to_sign = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", self.time, self.scope, previous, EMPTY_SHA256,
                             hashlib.sha256(data).hexdigest()])
        return hmac.new(signing_key(self.date, self.service), to_sign.encode(), hashlib.sha256).hexdigest()


def crc32_base64(value: int) -> str:
    return base64.b64encode(value.to_bytes(4, "big")).decode()
