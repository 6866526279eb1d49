#!/usr/bin/env python3
"""Kills the primary of cluster.sh's cluster under load, and checks what Keyledger answered.

    KEYLEDGER_ADMIN_PASSWORD=... deploy/patroni/failover.py http://localhost:8080 DIRECTORY

Eight clients revoke tokens, eight ask at /api/authenticate. After some seconds something happens to the primary, by MODE:
machine   kill -9 of its PostgreSQL, Patroni and etcd, as when its machine dies
postgres  kill -9 of its PostgreSQL
hang      its Patroni stands still, and PostgreSQL goes on: an old primary that knows of no new one

Counted are acknowledged revocations that were lost (none may be), and how long commands and
look-ups were away.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

ADDRESS = urllib.parse.urlparse(sys.argv[1])
DIRECTORY = sys.argv[2]
EMAIL = os.environ.get("KEYLEDGER_ADMIN_EMAIL", "admin@localhost")
PASSWORD = os.environ["KEYLEDGER_ADMIN_PASSWORD"]
CLIENTS = 8
TOKENS = int(os.environ.get("TOKENS", "6000"))
BEFORE, AFTER = 5, 45
MODE = os.environ.get("MODE", "machine")


class Client:
    """One connection, made anew when it breaks; status 0: no answer."""

    def __init__(self, headers):
        self.headers = {"Content-Type": "application/json", **headers}
        self.connection = None
        self.cookies = []

    def ask(self, method, path, body=None):
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(ADDRESS.hostname, ADDRESS.port, timeout=30)
            self.connection.request(method, path, body, self.headers)
            answer = self.connection.getresponse()
            self.cookies = answer.headers.get_all("Set-Cookie", [])
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            return 0, b""


def bearer(value):
    return Client({"Authorization": "Bearer " + value})


def sign_in():
    client = Client({})
    status, answer = client.ask("POST", "/api/session", json.dumps({"email": EMAIL, "password": PASSWORD}))
    assert status == 204, (status, answer)
    cookies = dict(cookie.split(";")[0].split("=", 1) for cookie in client.cookies)
    return {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-XSRF-TOKEN": cookies["XSRF-TOKEN"],
    }


def parallel(work, clients=CLIENTS):
    threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    return threads


def primary():
    members = json.loads(subprocess.check_output(["patronictl", "-c", f"{DIRECTORY}/node1.yml", "list", "-f", "json"]))
    return next(int(m["Member"][-1]) for m in members if m["Role"] == "Leader")


def pid(name):
    return int(open(f"{DIRECTORY}/{name}.pid").read())


def fail(n):
    """All at once. Only what this cluster's files name."""
    if MODE == "hang":
        os.kill(pid(f"patroni{n}"), signal.SIGSTOP)
        return
    with open(f"{DIRECTORY}/node{n}/postmaster.pid") as file:
        postmaster = int(file.readline())
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(postmaster)], capture_output=True, text=True)
    others = [pid(f"patroni{n}"), pid(f"etcd{n}")] if MODE == "machine" else []
    for process in others + [postmaster] + [int(child) for child in children.stdout.split()]:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass


def gap(times, since, until):
    """The longest time without a success, and when it began, from the kill on."""
    inside = [since] + sorted(t for t in times if since <= t <= until) + [until]
    return max((b - a, a - since) for a, b in zip(inside, inside[1:]))


def main():
    session = sign_in()
    status, made = Client(session).ask(
        "POST", "/api/accounts", json.dumps({"type": "service", "displayName": f"failover {time.time_ns()}"}))
    assert status == 201, made
    account = json.loads(made)["id"]

    tokens, lock = [], threading.Lock()

    def create(n):
        client = Client(session)
        for i in range(TOKENS // CLIENTS):
            status, made = client.ask("POST", f"/api/accounts/{account}/tokens", json.dumps({"name": f"{n} {i}"}))
            assert status == 201, made
            token = json.loads(made)
            with lock:
                tokens.append((token["id"], token["value"]))

    for thread in parallel(create):
        thread.join()
    good = tokens.pop()
    print(f"{len(tokens)} tokens", flush=True)

    acknowledged, revoked_at, looked_up_at, wrong, refused = [], [], [], [], {}
    stop = threading.Event()

    def revoke(_):
        client = Client(session)
        while not stop.is_set():
            with lock:
                if not tokens:
                    return
                token, value = tokens.pop()
            while not stop.is_set():
                status, _body = client.ask("DELETE", f"/api/accounts/{account}/tokens/{token}")
                if status == 204:
                    now = time.monotonic()
                    acknowledged.append((token, value))
                    revoked_at.append(now)
                    if bearer(value).ask("GET", "/api/authenticate")[0] not in (401, 503):
                        wrong.append(("accepted after its revocation", token))
                    break
                refused[status] = refused.get(status, 0) + 1
                time.sleep(0.05)
            time.sleep(0.05)

    def look_up(_):
        client = bearer(good[1])
        while not stop.is_set():
            status, _body = client.ask("GET", "/api/authenticate")
            if status == 204:
                looked_up_at.append(time.monotonic())
            elif status not in (0, 503):
                wrong.append((f"a good token was answered {status}", good[0]))
            time.sleep(0.005)

    threads = parallel(revoke) + parallel(look_up)
    time.sleep(BEFORE)
    n = primary()
    killed = time.monotonic()
    fail(n)
    print(f"{MODE} of node{n}, the primary, after {len(acknowledged)} revocations", flush=True)
    time.sleep(AFTER)
    stop.set()
    for thread in threads:
        thread.join()

    if MODE == "hang":
        os.kill(pid(f"patroni{n}"), signal.SIGCONT)
        time.sleep(AFTER)
    lost = [token for token, value in acknowledged if bearer(value).ask("GET", "/api/authenticate")[0] != 401]
    print(f"acknowledged revocations {len(acknowledged)}, lost {len(lost)}, wrong answers {wrong[:5]}")
    print(f"revocations not made at first, by status: {refused}")
    for what, times in (("commands", revoked_at), ("look-ups", looked_up_at)):
        length, start = gap(times, killed, killed + AFTER)
        print(f"{what} were away for {length:.1f} s, from {start:.1f} s after that; {len(times)} succeeded")
    sys.exit(1 if lost or wrong else 0)


main()
