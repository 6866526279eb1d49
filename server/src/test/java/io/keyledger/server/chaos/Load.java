package io.keyledger.server.chaos;

import io.keyledger.server.chaos.History.Kind;
import io.keyledger.server.chaos.History.Request;
import io.keyledger.server.chaos.HttpConnection.Reply;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.ServerProcess;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * People who manage tokens, and services that ask about these, on all nodes, until it is closed. Each token is changed by
 * one thread alone, which asks every node after each change; all others ask without pause.
 */
final class Load implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern SCOPE = Pattern.compile("\"scope\":\"([^\"]*)\"");
    private static final Pattern NAME = Pattern.compile("\"name\":\"([^\"]*)\"");

    /** How long questions wait for their answers, and changes: nothing takes longer that goes well. */
    private static final Duration PATIENCE = Duration.ofMillis(1_500);

    private static final Duration PATIENCE_FOR_CHANGES = Duration.ofSeconds(12);

    private static final int LAST_LOOKS = 1_000;

    /** Between two questions, where there is no hurry. */
    private static final Duration LEISURE = Duration.ofMillis(10);

    /** What the clocks of this process and of the database may differ by, on one machine. */
    private static final Duration CLOCKS = Duration.ofMillis(20);

    private final Cluster cluster;
    private final History history;
    private final Client session;
    private final String administrator;
    private final String resourceServer;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicReferenceArray<Value> watched = new AtomicReferenceArray<>(64);
    private final AtomicInteger nextWatched = new AtomicInteger();
    private final AtomicInteger names = new AtomicInteger();
    private final Queue<Token> all = new ConcurrentLinkedQueue<>();
    private final boolean[] silent;
    private final Worker control;
    private final Person controller;
    private final Token first;
    private final List<Future<?>> workers = new ArrayList<>();
    private final List<Future<?>> crowd = new ArrayList<>();
    private volatile boolean crowded;
    private volatile boolean calm;
    private volatile boolean over;

    /** What a token is asked about with. */
    private record Value(String token, String account, int number, String text) {}

    /** @param headers that tell who it is */
    private record Person(String account, String tokens, String headers) {}

    private static final class Token {
        final String id;
        final Person owner;
        Value value;
        long position;

        Token(String id, Person owner, Value value, long position) {
            this.id = id;
            this.owner = owner;
            this.value = value;
            this.position = position;
        }
    }

    /**
     * Starts it.
     *
     * @param askers at each node
     * @param changers at all of them
     */
    Load(Cluster cluster, History history, int askers, int changers) {
        this.cluster = cluster;
        this.history = history;
        silent = new boolean[cluster.size()];
        var client = cluster.node(0).client();
        session = People.signIn(client, ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
        administrator = headers(session);
        var begin = System.nanoTime();
        var service = People.createToken(session, "resource server", "introspect");
        // Otherwise it is one that nobody asked for.
        history.add(new Request(
                Kind.CREATE,
                0,
                service.id(),
                "",
                0,
                "resource server",
                begin,
                System.nanoTime(),
                201,
                Long.parseLong(service.created().header("Keyledger-Position"))));
        resourceServer = bearer(service.value());
        var people = new ArrayList<Person>();
        for (var i = 0; i <= changers; i++) {
            var person = People.register(session, client, "person" + i);
            people.add(new Person(person.accountId(), "/api/tokens", headers(person.session())));
        }
        controller = people.removeLast();
        control = new Worker();
        first = Objects.requireNonNull(control.create(controller, null));
        people.forEach(person -> workers.add(threads.submit(() -> new Worker().live(person))));
        workers.add(threads.submit(() -> new Worker().toggle()));
        for (var node = 0; node < cluster.size(); node++) {
            var number = node;
            for (var asker = 0; asker < askers; asker++) {
                workers.add(threads.submit(() -> new Worker().ask(number)));
            }
        }
    }

    private static String headers(Client client) {
        var text = new StringBuilder();
        for (var i = 0; i < client.headers().size(); i += 2) {
            text.append("%s: %s\r\n"
                    .formatted(client.headers().get(i), client.headers().get(i + 1)));
        }
        return text.toString();
    }

    private static String bearer(String value) {
        return "Authorization: Bearer " + value + "\r\n";
    }

    /**
     * Whether a node does all that it is there for: a change, a read with its receipt, and the answer to a gateway.
     *
     * @return false also where it does not yet
     */
    boolean works(int node) {
        var token = control.create(controller, null, node);
        if (token == null) {
            return false;
        }
        return control.ask(Kind.GATEWAY, node, token.value).status() == 204
                && control.read(token, node).status() == 200
                && control.change(Kind.REVOKE, node, token).isAcknowledged();
    }

    /** Whether somebody who comes now is answered. */
    boolean isWelcome(int node) {
        try (var newcomer = new Worker()) {
            return newcomer.ask(Kind.GATEWAY, node, first.value).status() == 204;
        }
    }

    /** The administrator's session, on the first node. */
    Client administrator() {
        return session;
    }

    /** Whether nobody changes anything, and all others ask at leisure. */
    void calm(boolean now) {
        calm = now;
    }

    /** So many more at once who create tokens at this node, until they are dispersed. */
    void crowd(int clients, int node) {
        crowded = true;
        for (var i = 0; i < clients; i++) {
            crowd.add(threads.submit(() -> {
                try (var worker = new Worker()) {
                    while (crowded) {
                        worker.create(controller, null, node);
                    }
                }
            }));
        }
    }

    void disperse() throws InterruptedException, ExecutionException {
        crowded = false;
        for (var client : crowd) {
            client.get();
        }
        crowd.clear();
    }

    /** At the end, once nothing is under way: what tokens are now, at each node. */
    void lookOnceMore() {
        stop();
        var some = new ArrayList<>(all);
        Collections.shuffle(some, ThreadLocalRandom.current());
        for (var token : some.subList(0, Math.min(LAST_LOOKS, some.size()))) {
            for (var node = 0; node < cluster.size(); node++) {
                control.ask(Kind.GATEWAY, node, token.value);
            }
            control.read(token, Math.floorMod(token.id.hashCode(), cluster.size()));
        }
    }

    /** @throws AssertionError when somebody gave up before */
    private void stop() {
        over = true;
        threads.close();
        for (var worker : workers) {
            try {
                worker.get();
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() {
        stop();
        control.close();
    }

    private void watch(Value value) {
        watched.set(nextWatched.getAndIncrement() % watched.length(), value);
    }

    /** One thread, and its connections. */
    private final class Worker implements AutoCloseable {

        private final List<HttpConnection> connections = new ArrayList<>();
        private final List<HttpConnection> forChanges = new ArrayList<>();

        Worker() {
            for (var i = 0; i < cluster.size(); i++) {
                var node = i;
                connections.add(new HttpConnection(() -> cluster.node(node).address(), PATIENCE));
                forChanges.add(new HttpConnection(() -> cluster.node(node).address(), PATIENCE_FOR_CHANGES));
            }
        }

        @Override
        public void close() {
            connections.forEach(HttpConnection::close);
            forChanges.forEach(HttpConnection::close);
        }

        private @Nullable Reply send(
                HttpConnection to, int node, String method, String path, String headers, @Nullable String body) {
            try {
                var reply = to.send(method, path, headers, body);
                silent[node] = false;
                return reply;
            } catch (IOException e) {
                silent[node] = true;
                // Nobody asks a dead server as fast as possible.
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
                return null;
            }
        }

        /** Without pause, mostly about what is being changed. */
        void ask(int node) {
            var random = ThreadLocalRandom.current();
            try (this) {
                while (!over) {
                    if (calm) {
                        LockSupport.parkNanos(LEISURE.toNanos());
                    }
                    var value = watched.get(random.nextInt(watched.length()));
                    if (value != null) {
                        var die = random.nextInt(20);
                        ask(
                                die < 12
                                        ? Kind.GATEWAY
                                        : die < 15 ? Kind.GATEWAY_WRITE : die < 18 ? Kind.INTROSPECTION : Kind.BEARER,
                                node,
                                value);
                    }
                }
            }
        }

        Request ask(Kind kind, int node, Value value) {
            var to = connections.get(node);
            var begin = System.nanoTime();
            var reply = switch (kind) {
                case GATEWAY -> send(to, node, "GET", "/api/authenticate", bearer(value.text()), null);
                case GATEWAY_WRITE ->
                    send(to, node, "GET", "/api/authenticate?permission=tokens:write", bearer(value.text()), null);
                case INTROSPECTION ->
                    send(
                            to,
                            node,
                            "POST",
                            "/oauth2/introspect",
                            resourceServer + "Content-Type: application/x-www-form-urlencoded\r\n",
                            "token=" + value.text());
                default -> send(to, node, "GET", "/api/permissions", bearer(value.text()), null);
            };
            var end = System.nanoTime();
            var status = reply == null ? History.NONE : reply.status();
            String told = null;
            if (reply != null && status < 300) {
                told = switch (kind) {
                    case INTROSPECTION -> reply.body().contains("\"active\":true") ? first(SCOPE, reply.body()) : null;
                    case BEARER -> "";
                    default -> reply.headers().get("keyledger-permissions").intern();
                };
            }
            return record(kind, node, value.token(), value.account(), value.number(), told, begin, end, status, 0);
        }

        private static String first(Pattern pattern, String text) {
            var found = pattern.matcher(text);
            return found.find() ? found.group(1).intern() : "";
        }

        private Request record(
                Kind kind,
                int node,
                String subject,
                String account,
                int value,
                @Nullable String told,
                long begin,
                long end,
                int status,
                long position) {
            var request = new Request(kind, node, subject, account, value, told, begin, end, status, position);
            history.add(request);
            return request;
        }

        private void askEverywhere(Value value) {
            for (var node = 0; node < cluster.size(); node++) {
                if (!silent[node]) {
                    ask(Kind.GATEWAY, node, value);
                    ask(Kind.GATEWAY_WRITE, node, value);
                }
            }
        }

        /** One that answers, as far as is known; now and then any. */
        private int anyNode() {
            var random = ThreadLocalRandom.current();
            var node = random.nextInt(cluster.size());
            for (var i = 0; i < cluster.size() && silent[node] && random.nextInt(20) > 0; i++) {
                node = (node + 1) % cluster.size();
            }
            return node;
        }

        private void awaitWork() {
            while (calm && !over) {
                LockSupport.parkNanos(LEISURE.toNanos());
            }
        }

        /** One token after the other, from its creation to its revocation. */
        void live(Person owner) {
            try (this) {
                for (var turn = 0; !over; turn++) {
                    awaitWork();
                    if (turn % 4 == 3) {
                        liveShortly(owner);
                    } else if (turn % 4 == 1) {
                        liveLong(owner);
                    } else {
                        var token = create(owner, null);
                        if (token != null) {
                            revoke(token);
                        }
                    }
                }
            }
        }

        private void liveLong(Person owner) {
            var token = create(owner, null);
            if (token == null) {
                return;
            }
            change(Kind.RENAME, anyNode(), token);
            read(token, anyNode());
            change(Kind.NARROW, anyNode(), token);
            askEverywhere(token.value);
            var first = token.value;
            if (change(Kind.ROTATE, anyNode(), token).isAcknowledged()) {
                askEverywhere(first);
                askEverywhere(token.value);
                askEverywhere(first);
            }
            var second = token.value;
            if (change(Kind.REPLACE, anyNode(), token).isAcknowledged()) {
                askEverywhere(second);
                askEverywhere(token.value);
            }
            change(Kind.DISABLE, anyNode(), token);
            askEverywhere(token.value);
            change(Kind.ENABLE, anyNode(), token);
            askEverywhere(token.value);
            revoke(token);
            read(token, anyNode());
        }

        /** It ends by itself, soon. */
        private void liveShortly(Person owner) {
            var expiresAt = Instant.now().plusMillis(1_500).truncatedTo(ChronoUnit.MILLIS);
            var ends = System.nanoTime()
                    + Duration.between(Instant.now(), expiresAt).toNanos();
            var token = create(owner, expiresAt);
            if (token == null) {
                return;
            }
            record(
                    Kind.EXPIRY,
                    0,
                    token.id,
                    owner.account(),
                    0,
                    null,
                    ends - CLOCKS.toNanos(),
                    ends + CLOCKS.toNanos(),
                    200,
                    0);
            while (!over && System.nanoTime() < ends + CLOCKS.toNanos()) {
                askEverywhere(token.value);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
            askEverywhere(token.value);
            revoke(token);
        }

        private void revoke(Token token) {
            while (!over && !change(Kind.REVOKE, anyNode(), token).isAcknowledged()) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
            askEverywhere(token.value);
        }

        @Nullable
        Token create(Person owner, @Nullable Instant expiresAt) {
            var token = create(owner, expiresAt, anyNode());
            if (token != null) {
                watch(token.value);
                askEverywhere(token.value);
            }
            return token;
        }

        @Nullable
        Token create(Person owner, @Nullable Instant expiresAt, int node) {
            var name = "token " + names.getAndIncrement();
            var body = """
                {"name": "%s", "permissions": ["tokens:read", "tokens:write"]%s}\
                """.formatted(name, expiresAt == null ? "" : ", \"expiresAt\": \"" + expiresAt + "\"");
            var begin = System.nanoTime();
            var reply = sendChange(node, "POST", owner.tokens(), owner, body);
            var end = System.nanoTime();
            if (expiresAt != null && status(reply) == 422) {
                // It took so long that the token's time was over.
                return null;
            }
            if (reply == null || reply.status() != 201) {
                record(Kind.CREATE, node, "", owner.account(), 0, name, begin, end, status(reply), 0);
                return null;
            }
            var json = JSON.readTree(reply.body());
            var id = json.path("id").asString();
            var value = new Value(id, owner.account(), 0, json.path("value").asString());
            var token = new Token(id, owner, value, position(reply));
            record(Kind.CREATE, node, id, owner.account(), 0, name, begin, end, 201, token.position);
            all.add(token);
            return token;
        }

        private @Nullable Reply sendChange(int node, String method, String path, Person who, @Nullable String body) {
            return send(
                    forChanges.get(node),
                    node,
                    method,
                    path,
                    body == null ? who.headers() : who.headers() + "Content-Type: application/json\r\n",
                    body);
        }

        private static int status(@Nullable Reply reply) {
            return reply == null ? History.NONE : reply.status();
        }

        private static long position(Reply reply) {
            return Long.parseLong(reply.headers().getOrDefault("keyledger-position", "0"));
        }

        Request change(Kind kind, int node, Token token) {
            var path = token.owner.tokens() + "/" + token.id;
            var name = "token " + names.getAndIncrement();
            var begin = System.nanoTime();
            var reply = switch (kind) {
                case REVOKE -> sendChange(node, "DELETE", path, token.owner, null);
                case ROTATE -> sendChange(node, "POST", path + "/rotate", token.owner, "{}");
                case REPLACE -> sendChange(node, "POST", path + "/rotate", token.owner, "{\"overlap\": \"0s\"}");
                case RENAME -> sendChange(node, "PATCH", path, token.owner, "{\"name\": \"%s\"}".formatted(name));
                case NARROW -> sendChange(node, "PATCH", path, token.owner, "{\"permissions\": [\"tokens:read\"]}");
                default ->
                    sendChange(node, "PATCH", path, token.owner, "{\"enabled\": %s}".formatted(kind == Kind.ENABLE));
            };
            var end = System.nanoTime();
            var number = token.value.number();
            var position = reply == null ? 0 : position(reply);
            if (status(reply) == 200 && (kind == Kind.ROTATE || kind == Kind.REPLACE)) {
                number++;
                token.value = new Value(
                        token.id,
                        token.owner.account(),
                        number,
                        JSON.readTree(reply.body()).path("value").asString());
            }
            token.position = Math.max(token.position, position);
            var request = record(
                    kind,
                    node,
                    token.id,
                    token.owner.account(),
                    number,
                    kind == Kind.RENAME ? name : null,
                    begin,
                    end,
                    status(reply),
                    position);
            if (number > 0) {
                watch(token.value);
            }
            return request;
        }

        /** With the receipt of its last change. */
        Request read(Token token, int node) {
            var begin = System.nanoTime();
            var reply = send(
                    forChanges.get(node),
                    node,
                    "GET",
                    token.owner.tokens() + "/" + token.id,
                    token.owner.headers() + "Keyledger-Position: " + token.position + "\r\n",
                    null);
            var end = System.nanoTime();
            var shown = status(reply) == 200;
            return record(
                    Kind.READ,
                    node,
                    token.id,
                    token.owner.account(),
                    shown && reply.body().contains("\"status\":\"revoked\"") ? 1 : 0,
                    shown ? first(NAME, reply.body()) : null,
                    begin,
                    end,
                    status(reply),
                    token.position);
        }

        /** Disables and enables an account, over and over; another one, where it is not known what became of it. */
        void toggle() {
            try (this) {
                while (!over) {
                    var account = registerServiceAccount();
                    if (account != null) {
                        toggle(account);
                    }
                }
            }
        }

        private void toggle(Person account) {
            var tokens = new ArrayList<Token>();
            for (var i = 0; i < 3; i++) {
                var token = create(account, null);
                if (token != null) {
                    tokens.add(token);
                }
            }
            while (!over) {
                awaitWork();
                for (var kind : List.of(Kind.DISABLE_ACCOUNT, Kind.ENABLE_ACCOUNT)) {
                    if (!change(kind, account)) {
                        return;
                    }
                    for (var token : tokens) {
                        watch(token.value);
                        askEverywhere(token.value);
                    }
                }
            }
        }

        private boolean change(Kind kind, Person account) {
            var node = anyNode();
            var body = "{\"enabled\": %s}".formatted(kind == Kind.ENABLE_ACCOUNT);
            var begin = System.nanoTime();
            var reply = sendChange(node, "PATCH", "/api/accounts/" + account.account(), account, body);
            var end = System.nanoTime();
            return record(
                            kind,
                            node,
                            account.account(),
                            account.account(),
                            0,
                            null,
                            begin,
                            end,
                            status(reply),
                            reply == null ? 0 : position(reply))
                    .isAcknowledged();
        }

        private @Nullable Person registerServiceAccount() {
            var somebody = new Person("", "", administrator);
            var reply = sendChange(
                    anyNode(),
                    "POST",
                    "/api/accounts",
                    somebody,
                    "{\"type\": \"service\", \"displayName\": \"service %d\"}".formatted(names.getAndIncrement()));
            if (status(reply) != 201) {
                return null;
            }
            JsonNode json = JSON.readTree(reply.body());
            var id = json.path("id").asString();
            return new Person(id, "/api/accounts/" + id + "/tokens", administrator);
        }
    }
}
