# SPDX-License-Identifier: Apache-2.0
"""Who may call a machine that asks for credentials: by the SDK, and by tokens made here."""
import base64
import contextlib
import http.client
import json
import re
import subprocess
import time

import h2.exceptions
import pytest
from grpclib.exceptions import GRPCError
from viam.components.motor import Motor
from viam.errors import ViamError
from viam.rpc.dial import Credentials

import harness
import raw

KEY_ID, KEY = "11111111-2222-4333-8444-555555555555", "the secret of the tests"
OTHER_ID, OTHER_KEY = "99999999-2222-4333-8444-555555555555", "another secret"
NAME = "machine.example"
VERSION = "/viam.robot.v1.RobotService/GetVersion"
AUTHENTICATE = "/proto.rpc.v1.AuthService/Authenticate"
LOGIN = (KEY_ID, KEY)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    """Somebody else's key, whose tokens the machine takes."""

    def __init__(self, folder):
        self.path = folder / "rsa.key"
        subprocess.run(["openssl", "genrsa", "-out", self.path, "2048"], check=True,
                       capture_output=True)
        text = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True,
                              capture_output=True, text=True).stdout
        self.jwk = {"kty": "RSA", "kid": "theirs", "alg": "RS256", "e": "AQAB",
                    "n": base64url(bytes.fromhex(text.strip().split("=")[1]))}

    def token(self, header=None, **claims):
        header = {"alg": "RS256", "kid": "theirs", "typ": "JWT", **(header or {})}
        whole = {"aud": [NAME], "sub": "somebody", "rpc_creds_type": "external",
                 "exp": int(time.time()) + 1000, **claims}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, whole))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path],
                                   input=text.encode(), check=True, capture_output=True).stdout
        return f"{text}.{base64url(signature)}"


@pytest.fixture(name="signer", scope="module")
def fixture_signer(tmp_path_factory):
    return Signer(tmp_path_factory.mktemp("signer"))


@pytest.fixture(name="papers", scope="module")
def fixture_papers(tmp_path_factory):
    return harness.Papers(tmp_path_factory.mktemp("papers"))


def config(signer=None, **keys):
    keys = keys or {KEY_ID: KEY, OTHER_ID: OTHER_KEY}
    auth = {"handlers": [{"type": "api-key", "config": {"keys": list(keys), **keys}}]}
    if signer:
        auth["external_auth_config"] = {"jwks": {"keys": [signer.jwk]}}
    return {**harness.FAKES, "network": {
        "fqdn": NAME, "sessions": {"heartbeat_window": "1m"}}, "auth": auth}


@pytest.fixture(name="server", scope="module")
def fixture_server(program, signer):
    server = harness.Server(program, config(signer), login=LOGIN)
    yield server
    server.stop()


@pytest.fixture(name="secured", scope="module")
def fixture_secured(program, signer, papers):
    server = harness.Server(program, config(signer), papers=papers, login=LOGIN)
    yield server
    server.stop()


@pytest.fixture(name="trusting")
def fixture_trusting(monkeypatch, papers):
    """Clients of this process trust the tests' authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(papers.authority))


def login_options(entity=KEY_ID, key=KEY, kind="api-key", **more):
    return {"auth_entity": entity, "credentials": Credentials(kind, key), **more}


def call(server, path=VERSION, authorization=None, body=b"", **more):
    """(code, text) of one call on a connection of its own."""
    change = {**more, **({"authorization": authorization} if authorization is not None else {})}
    with server.connect() as sock:
        answer = raw.Connection(sock).call(body, path, change)
    assert answer.status()[0] == 200
    return answer.status()[1], answer.text()


def bearer(server, token):
    return call(server, authorization=f"Bearer {token}")


def token_of(server, entity=KEY_ID, key=KEY):
    with server.connect() as sock:
        return raw.authenticate(raw.Connection(sock), entity, key)


def log_in(server, entity, kind, payload, **more):
    credentials = raw.field(1, kind.encode()) + raw.field(2, payload.encode())
    return call(server, AUTHENTICATE,
                body=raw.field(1, entity.encode()) + raw.field(2, credentials), **more)


# ---- the SDK ----

async def works(machine):
    assert await Motor.from_robot(machine, "m1").is_moving() is False
    assert {name.name for name in machine.resource_names} >= {"m1", "s1"}


async def test_sdk_insecure(server):
    async with server.machine("localhost", insecure=True, **login_options()) as machine:
        await works(machine)


async def test_sdk_over_tls(secured, trusting):
    async with secured.machine("localhost", **login_options()) as machine:
        await works(machine)
    async with secured.machine("localhost", disable_webrtc=True, **login_options()) as machine:
        await works(machine)


async def test_sdk_over_webrtc(server, secured, trusting):
    """Who has shown credentials to open a peer connection needs none on it."""
    async with secured.machine("127.0.0.1", **login_options()) as machine:
        await works(machine)
    async with server.machine("127.0.0.1", insecure=True, **login_options()) as machine:
        await works(machine)


@pytest.mark.parametrize("entity, key", [(KEY_ID, "wrong"), (KEY_ID, OTHER_KEY),
                                         ("00000000-2222-4333-8444-555555555555", KEY)])
async def test_sdk_wrong_credentials(secured, trusting, entity, key):
    with pytest.raises((GRPCError, ConnectionError), match="invalid credentials|Failed to connect"):
        async with secured.machine("localhost", disable_webrtc=True,
                                   **login_options(entity, key)) as machine:
            await works(machine)


async def test_sdk_without_credentials(server):
    with pytest.raises((GRPCError, ConnectionError)):
        async with server.machine("localhost", insecure=True, disable_webrtc=True) as machine:
            await works(machine)


async def test_sdk_credentials_nobody_wants(start):
    server = start()
    with pytest.raises((GRPCError, ConnectionError, ViamError)):
        async with server.machine("localhost", insecure=True, **login_options()) as machine:
            await works(machine)
    assert log_in(server, KEY_ID, "api-key", KEY) == (12, "Unimplemented")
    assert call(server, authorization="Basic x") == (0, "")


async def test_two_clients_with_keys_of_their_own(server):
    async with server.machine("localhost", insecure=True, **login_options()) as one:
        async with server.machine("localhost", insecure=True,
                                  **login_options(OTHER_ID, OTHER_KEY)) as two:
            await works(one)
            await works(two)


# ---- credentials ----

@pytest.mark.parametrize("entity, kind, payload, outcome", [
    ("nobody", "api-key", KEY, (16, "invalid credentials")),
    ("", "api-key", KEY, (16, "invalid credentials")),
    (KEY_ID, "api-key", "", (16, "invalid credentials")),
    ("keys", "api-key", KEY_ID, (16, "invalid credentials")),
    (KEY_ID, "zzz", KEY, (3, 'do not know how to handle credential type "zzz"')),
    (NAME, "robot-location-secret", KEY,
     (3, 'do not know how to handle credential type "robot-location-secret"')),
    (KEY_ID, "external", KEY, (12, 'direct authentication not supported for "external"')),
])
def test_credentials(server, entity, kind, payload, outcome):
    assert log_in(server, entity, kind, payload) == outcome


def test_no_credentials(server):
    assert call(server, AUTHENTICATE) == (3, "credentials required")
    twice = (3, "already authenticated; cannot re-authenticate")
    assert log_in(server, KEY_ID, "api-key", KEY, authorization="Basic x") == twice
    assert log_in(server, KEY_ID, "api-key", KEY,
                  authorization=f"Bearer {token_of(server)}") == twice


@pytest.mark.differs("it asks the cloud for all of this")
def test_location_secrets(start):
    """Any secret of the location lets in who names the machine."""
    cloud = {"id": "the part", "secret": "the part's", "fqdn": NAME, "local_fqdn": "local.example",
             "location_secrets": [{"id": "1", "secret": "first"}, {"id": "2", "secret": "second"}]}
    server = start({**harness.FAKES, "cloud": cloud}, login=(NAME, "first", "robot-location-secret"))
    kind = "robot-location-secret"
    assert log_in(server, "local.example", kind, "second") == (0, "")
    for entity, secret in ((NAME, "third"), (NAME, ""), (NAME, "the part's"), ("x", "first")):
        assert log_in(server, entity, kind, secret) == (16, "invalid credentials")
    assert log_in(server, NAME, "api-key", "first")[0] == 3
    assert call(server) == (16, "authentication required")


@pytest.mark.differs("it lets everybody guess")
def test_guessing_is_slowed(start):
    server = start(config(), login=LOGIN)
    right = 0
    while right == 0:  # with the right key a second after it was refused
        outcomes = [(16, "invalid credentials")]
        while outcomes[-1][0] == 16:
            outcomes.append(log_in(server, KEY_ID, "api-key", f"guess {len(outcomes)}"))
        assert outcomes[:12] == [(16, "invalid credentials")] * 12
        assert outcomes[-1] == (8, "too many failed attempts; try again in 1 s")
        right = log_in(server, KEY_ID, "api-key", KEY)[0]
    assert right == 8
    assert call(server, authorization="Bearer x")[0] == 16  # and it isn't down
    text = server.log.wait_for(r"refused .*: too many failed attempts")
    assert KEY_ID in text and "127.0.0.1" in text


# ---- tokens ----

@pytest.mark.parametrize("path", [
    VERSION, "/viam.robot.v1.RobotService/Nope", "/no.such/Method",
    "/viam.component.motor.v1.MotorService/IsMoving",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/grpc.health.v1.Health/Check",
    "/proto.rpc.webrtc.v1.SignalingService/Call",
    "/proto.rpc.webrtc.v1.SignalingService/OptionalWebRTCConfig",
    "/proto.rpc.v1.ExternalAuthService/AuthenticateTo",
    "/proto.rpc.v1.AuthService/Nope"])
def test_every_method_is_guarded(server, path):
    assert call(server, path) == (16, "authentication required")


@pytest.mark.parametrize("authorization, text", [
    ("Basic abc", "expected authorization header with prefix: Bearer "),
    ("bearer abc", "expected authorization header with prefix: Bearer "),
    ("", "expected authorization header with prefix: Bearer "),
    ("Bearer abc", "unauthenticated: token contains an invalid number of segments"),
    ("Bearer a.b.c", "unauthenticated: illegal base64 data at input byte 0"),
    ("Bearer " + "a" * 20_000, "unauthenticated: token contains an invalid number of segments"),
])
def test_bad_headers(server, authorization, text):
    assert call(server, authorization=authorization) == (16, text)


def parts_of(token):
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in token.split(".")[:2]]


def test_own_token(server):
    token = token_of(server)
    header, claims = parts_of(token)
    assert (header["alg"], header["typ"], len(header["kid"])) == ("EdDSA", "JWT", 43)
    assert (claims["iss"], claims["aud"], claims["sub"]) == (NAME, [NAME], KEY_ID)
    assert claims["rpc_creds_type"] == "api-key" and abs(claims["iat"] - time.time()) < 60
    assert "exp" not in claims
    assert bearer(server, token) == (0, "")
    assert call(server, authorization=f"Bearer {token}", **{"rpc-host": "elsewhere"}) == (0, "")
    assert call(server, "/no.such/Method", f"Bearer {token}") == (12, "Unimplemented")
    assert call(server, "/proto.rpc.v1.ExternalAuthService/AuthenticateTo",
                f"Bearer {token}") == (12, "Unimplemented")


def altered(token, header=None, claims=None, signature=None):
    """The token with other contents under its old signature."""
    parts = [{**part, **(change or {})} for part, change in zip(parts_of(token), (header, claims))]
    head, body = (base64url(json.dumps(part).encode()) for part in parts)
    return f"{head}.{body}.{token.split('.')[2] if signature is None else base64url(signature)}"


@pytest.mark.parametrize("change, text", [
    ({"header": {"alg": "none"}, "signature": b""}, "signing method none is invalid"),
    ({"header": {"alg": "HS256"}, "signature": b"x" * 32}, 'unexpected signing method "HS256"'),
    ({"header": {"alg": "RS256"}}, 'unexpected signing method "RS256"'),
    ({"header": {"alg": "ZZ"}}, "signing method (alg) is unavailable."),
    ({"header": {"alg": 1}}, "signing method (alg) is unspecified."),
    ({"header": {"kid": "AAAA"}}, 'this server did not sign this JWT with kid "AAAA"'),
    ({"claims": {"sub": OTHER_ID}}, "ed25519: verification error"),
    ({"signature": b"x" * 64}, "ed25519: verification error"),
    ({"claims": {"rpc_creds_type": "zzz"}}, "rpc error: code = InvalidArgument desc = do not know "
     'how to handle credential type "zzz"'),
])
def test_forged_token(server, change, text):
    assert bearer(server, altered(token_of(server), **change)) == (16, f"unauthenticated: {text}")


def test_token_of_another_machine(start, server, signer):
    """With the same keys and the same name, and with another name."""
    same, other = start(config(), login=LOGIN), start(
        {**config(signer), "network": {"fqdn": "other.example"}}, login=LOGIN)
    for machine in (same, other):
        code, text = bearer(server, token_of(machine))
        assert code == 16
        assert text.startswith("unauthenticated: this server did not sign this JWT with kid")
    assert bearer(server, signer.token()) == (0, "")
    assert bearer(other, signer.token()) == (16, "invalid audience")


@pytest.mark.parametrize("claims, text", [
    ({"exp": 1}, r"unauthenticated: token is expired by \d+h\d+m[\d.]+s"),
    ({"exp": int(time.time()) - 5}, r"unauthenticated: token is expired by .*s"),
    ({"nbf": int(time.time()) + 100000}, "unauthenticated: token is not valid yet"),
    ({"iat": int(time.time()) + 100000}, "unauthenticated: token used before issued"),
    ({"aud": ["elsewhere"]}, "invalid audience"),
    ({"aud": []}, "invalid audience"),
    ({"sub": ""}, r"expected entity \(sub\) in claims"),
])
def test_claims_of_others(server, signer, claims, text):
    code, found = bearer(server, signer.token(**claims))
    assert code == 16
    assert re.fullmatch(text, found), found


@pytest.mark.parametrize("header, text", [
    ({"kid": "zz"}, "kid header does not exist in keyset"),
    ({"kid": None}, "kid header not in token header"),
    ({"alg": "RS512"}, "key from kid has different signing alg"),
    ({"alg": "HS256"}, "key from kid has different signing alg"),
])
def test_keys_of_others(server, signer, header, text):
    assert bearer(server, signer.token(header)) == (16, f"unauthenticated: {text}")


def test_stranger(server, tmp_path):
    assert bearer(server, Signer(tmp_path).token()) == (
        16, "unauthenticated: crypto/rsa: verification error")


# ---- other ways ----

def fetch(server, path, method="GET", token=None, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(
            (name.lower(), value) for name, value in answer.getheaders())


def test_rest(server):
    status, body, headers = fetch(server, "/api/v1/version")
    assert status == 401
    assert json.loads(body) == {"code": 16, "message": "authentication required"}
    assert headers["www-authenticate"] == "authentication required"
    assert fetch(server, "/api/v1/version", token="x")[0] == 401
    assert fetch(server, "/api/v1/version", token=token_of(server))[0] == 200


@pytest.mark.differs("the reference was not asked with such tokens")
def test_rest_quotes_no_header(server, signer):
    """What a token says can't become a header of the answer."""
    token = signer.token({"kid": "x\r\nx-more: 1"}, rpc_creds_type="api-key")
    status, body, headers = fetch(server, "/api/v1/version", token=token)
    assert status == 401 and "x-more" not in headers
    assert "x\r\nx-more: 1" in json.loads(body)["message"]


def test_grpc_web(server):
    def ask(token=None):
        return fetch(server, VERSION, "POST", token, raw.message(b""),
                     content_type="application/grpc-web+proto")
    _, _, headers = ask()
    assert (headers["grpc-status"], headers["grpc-message"]) == ("16", "authentication required")
    assert ask("a.b.c")[2]["grpc-status"] == "16"
    assert b"rdk" in ask(token_of(server))[1]


def test_open_pages(server):
    for path in ("/", "/debug/graph", "/restart_status"):
        assert fetch(server, path)[0] == 200


@pytest.mark.differs("the reference has a word there, for everybody")
def test_the_first_page(server):
    """What the machine consists of is not for everybody."""
    status, body, headers = fetch(server, "/", accept="text/html")
    assert (status, body) == (401, b"authentication required\n")
    assert headers["www-authenticate"].startswith("Basic realm=")
    assert b"<table>" in fetch(server, "/", accept="text/html", token=token_of(server))[1]


@pytest.mark.differs("the metrics page is ours")
def test_metrics(server):
    """Names of methods are for who may call them: with a token, or key and secret by Basic."""
    def basic(entity, key):
        return "Basic " + base64.b64encode(f"{entity}:{key}".encode()).decode()
    status, body, headers = fetch(server, "/metrics")
    assert (status, body) == (401, b"authentication required\n")
    assert headers["www-authenticate"].startswith("Basic realm=")
    assert fetch(server, "/metrics", authorization=basic(KEY_ID, "wrong"))[0] == 401
    assert fetch(server, "/metrics", authorization="Basic ***")[0] == 401
    assert fetch(server, "/metrics", token="a.b.c")[0] == 401
    assert fetch(server, "/metrics", token=token_of(server))[0] == 200
    status, body, _ = fetch(server, "/metrics", authorization=basic(KEY_ID, KEY))
    assert status == 200
    assert re.search(rb'sinew_refused_total\{reason="credentials"} [1-9]', body)
    assert re.search(rb'sinew_refused_total\{reason="token_missing"} [1-9]', body)


# ---- changes ----

async def test_changed_keys(start):
    """A key that is taken away takes its tokens along, and the connections."""
    server = start(config(), login=LOGIN)
    token = token_of(server)
    with server.connect() as sock:
        before = raw.Connection(sock)
        assert before.call(b"", VERSION, {"authorization": f"Bearer {token}"}).status() == (200, 0)
        server.config_path.write_text(json.dumps(
            {**config(**{KEY_ID: "changed"}),
             "network": {"bind_address": server.address, "fqdn": NAME}}))

        def changed():
            try:
                return log_in(server, KEY_ID, "api-key", "changed")[0] == 0
            except (OSError, h2.exceptions.ProtocolError):  # it closes all connections
                return False
        await harness.eventually(changed)
        with pytest.raises((OSError, h2.exceptions.ProtocolError)):
            while True:
                assert before.call(b"", VERSION).status() == (200, 16)
    assert log_in(server, KEY_ID, "api-key", KEY) == (16, "invalid credentials")
    assert bearer(server, token)[1].startswith(
        "unauthenticated: this server did not sign this JWT with kid")


async def test_sessions_are_of_who_began_them(server):
    """The id of somebody else's session is of no use."""
    service = "/viam.robot.v1.RobotService/"
    mine, theirs = token_of(server), token_of(server, OTHER_ID, OTHER_KEY)
    with server.connect() as sock:
        connection = raw.Connection(sock)

        def ask(method, body, token):
            answer = connection.call(body, service + method, {"authorization": f"Bearer {token}"})
            return answer.status()[1], answer.text(), answer.body[5:]
        _, _, started = ask("StartSession", b"", mine)
        session = started[2:38]
        beat = raw.field(1, session)
        assert ask("SendSessionHeartbeat", beat, mine)[0] == 0
        assert ask("SendSessionHeartbeat", beat, theirs)[:2] == (3, "SESSION_EXPIRED")
        _, _, other = ask("StartSession", raw.field(1, session), theirs)
        assert other[2:38] != session


def test_secrets_stay_out_of_the_log(start):
    server = start({**config(), "debug": True}, login=LOGIN)
    token = token_of(server)
    log_in(server, KEY_ID, "api-key", "a wrong secret")
    bearer(server, token)
    bearer(server, token[:-3] + "AAA")
    server.stop()
    text = server.log.text()
    for secret in (KEY, OTHER_KEY, "a wrong secret", token, token.split(".")[2]):
        assert secret not in text


@pytest.mark.parametrize("auth, text", [
    ({"handlers": [{"type": "api-key", "config": {}}]}, "keys is required"),
    ({"handlers": [{"type": "zzz", "config": {}}]}, "do not know how to handle auth for"),
    ({"external_auth_config": {"jwks": {"keys": []}}}, "must contain at least 1 key"),
    ({"external_auth_config": {"jwks": {"keys": [
        {"kty": "RSA", "kid": "x", "alg": "HS256", "n": "AQAB", "e": "AQAB"}]}}},
     "invalid alg (HS256) type only (RS256, RS384, RS512) supported"),
])
def test_start_with_bad_config(program, tmp_path, auth, text):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"network": {"bind_address": "127.0.0.1:0"}, "auth": auth}))
    code, output = program.run("-config", path)
    assert code != 0
    assert text in output


def test_start_with_tokens_of_others_alone(program, signer, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({
        "network": {"bind_address": f"127.0.0.1:{harness.free_port()}"},
        "auth": {"external_auth_config": {"jwks": {"keys": [signer.jwk]}}}}))
    code, output = program.run("-config", path)
    assert code != 0
    assert "cannot use unauthenticated and auth handlers at same time" in output
