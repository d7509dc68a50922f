"""A `dyad serve` of one test run: on a folder of its own, at a port that it chooses."""

import os
import pathlib
import signal
import subprocess
import threading
import time

ACCESS_KEY = "AKIACLIENTTESTS23456"
SECRET_KEY = "secret/of+the/client/tests/0123456789abc"
REGION = "us-east-1"
ACCOUNT = "000000000000"
# How many times longer than usual to wait for a program that is slow, one that a sanitizer watches.
PATIENCE = int(os.environ.get("DYAD_TEST_PATIENCE", "1"))
START_SECONDS = 30 * PATIENCE
STOP_SECONDS = 40 * PATIENCE

TEST_CREDENTIALS = {"DYAD_ROOT_ACCESS_KEY_ID": ACCESS_KEY, "DYAD_ROOT_SECRET_ACCESS_KEY": SECRET_KEY}


def make_certificate(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """A certificate of 127.0.0.1, localhost and names below it that signs itself, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:*.localhost",
         "-out", certificate, "-keyout", key], check=True, capture_output=True)
    return certificate, key


class Server:
    """Running once start() has returned. `credentials`: what the environment says, by default a pair
    that the tests know; {}: the server makes its own."""

    def __init__(self, dyad: pathlib.Path, folder: pathlib.Path, tls: bool = False,
                 credentials: dict[str, str] = TEST_CREDENTIALS, arguments: tuple[str, ...] = (),
                 listen: str = "127.0.0.1:0"):
        self.dyad = dyad
        self.folder = folder
        self.data = folder / "data"
        self.credentials = credentials
        self.arguments = list(arguments)
        self.listen = listen
        self.certificate: pathlib.Path | None = None
        if tls:
            self.certificate, key = make_certificate(folder)
            self.arguments += ["--tls-cert", str(self.certificate), "--tls-key", str(key)]
        self.endpoint = ""
        self.banner: list[str] = []
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        return [str(self.dyad), "serve", "--data", str(self.data), "--listen", self.listen,
                "--region", REGION, *self.arguments]

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DYAD_", "AWS_"))}
        return kept | self.credentials

    def start(self) -> float:
        """Seconds from the process's beginning until it says where it listens."""
        self.endpoint = ""
        self.banner = []
        listening = threading.Event()
        began = time.monotonic()
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.command(), env=self.environment(), text=True,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)

        def read_output() -> None:
            for line in self.process.stdout:
                self.banner.append(line)
                words = line.split()
                if words[:1] == ["endpoint"]:
                    self.endpoint = words[1]
                    self.seconds_to_start = time.monotonic() - began
                    listening.set()
            listening.set()

        threading.Thread(target=read_output, daemon=True).start()
        if not listening.wait(START_SECONDS) or not self.endpoint:
            self.process.kill()
            raise AssertionError(f"the server did not start: {self.log()[-4000:]}")
        return self.seconds_to_start

    def stop(self) -> int:
        """Exit code of a stop by SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the server did not stop in {STOP_SECONDS} s: {self.log()[-4000:]}")

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace") + "".join(self.banner)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.endpoint.split("//")[1].rsplit(":", 1)
        return host, int(port)

    def client_environment(self) -> dict[str, str]:
        """What AWS CLI and SDKs are told, and all they are told."""
        said = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        if self.certificate is not None:
            said |= {"AWS_CA_BUNDLE": str(self.certificate),
                     "NODE_EXTRA_CA_CERTS": str(self.certificate)}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DYAD_", "AWS_"))}
        return kept | said
