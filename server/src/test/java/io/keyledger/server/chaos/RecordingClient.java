package io.keyledger.server.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.chaos.History.Kind;
import io.keyledger.server.chaos.History.Request;
import io.keyledger.server.chaos.HttpConnection.Reply;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Sends requests to the nodes, each once, and adds each to the history with its begin, end and answer. For one thread, with
 * connections of its own.
 */
final class RecordingClient implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern SCOPE = Pattern.compile("\"scope\":\"([^\"]*)\"");
    private static final Pattern NAME = Pattern.compile("\"name\":\"([^\"]*)\"");

    /** How long questions wait for their answers, and changes: nothing takes longer that goes well. */
    private static final Duration PATIENCE = Duration.ofMillis(1_500);

    private static final Duration PATIENCE_FOR_CHANGES = Duration.ofSeconds(12);

    /** No name is given twice. */
    private static final AtomicInteger NAMES = new AtomicInteger();

    private final History history;
    private final String resourceServer;
    private final Set<Integer> silent;
    private final Queue<Token> created;
    private final List<HttpConnection> connections = new ArrayList<>();
    private final List<HttpConnection> forChanges = new ArrayList<>();

    /**
     * Who owns tokens.
     *
     * @param tokens the path of these
     * @param headers that tell who manages them
     */
    record Owner(String account, String tokens, String headers) {}

    /** What a token is asked about with. */
    record Value(String token, String account, int number, String text) {}

    /** What is known of a token after its last change that was answered. */
    static final class Token {
        final String id;
        final Owner owner;
        Value value;
        long position;

        Token(String id, Owner owner, Value value, long position) {
            this.id = id;
            this.owner = owner;
            this.value = value;
            this.position = position;
        }
    }

    /** A request that was sent, and its answer; absent: none came. */
    private record Exchange(
            int node, long begin, long end, @Nullable Reply reply) {

        int status() {
            return reply == null ? History.NONE : reply.status();
        }

        String body() {
            return reply == null ? "" : reply.body();
        }

        long position() {
            return reply == null ? 0 : Long.parseLong(reply.headers().getOrDefault("keyledger-position", "0"));
        }
    }

    /**
     * Connects to no node yet.
     *
     * @param resourceServer value of the token that asks about others
     * @param silent the nodes that did not answer when they were last asked by anybody
     * @param created all tokens
     */
    RecordingClient(
            Cluster cluster, History history, String resourceServer, Set<Integer> silent, Queue<Token> created) {
        this.history = history;
        this.resourceServer = resourceServer;
        this.silent = silent;
        this.created = created;
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

    /** Asks a node about a value, in the way of this kind. */
    Request ask(Kind kind, int node, Value value) {
        var bearer = bearer(value.text());
        var exchange = switch (kind) {
            case GATEWAY -> send(connections, node, "GET", "/api/authenticate", bearer, null);
            case GATEWAY_WRITE ->
                send(connections, node, "GET", "/api/authenticate?permission=tokens:write", bearer, null);
            case INTROSPECTION -> {
                var form = bearer(resourceServer) + "Content-Type: application/x-www-form-urlencoded\r\n";
                yield send(connections, node, "POST", "/oauth2/introspect", form, "token=" + value.text());
            }
            default -> send(connections, node, "GET", "/api/permissions", bearer, null);
        };
        var reply = exchange.reply();
        String told = null;
        if (reply != null && reply.status() < 300) {
            told = switch (kind) {
                case INTROSPECTION -> reply.body().contains("\"active\":true") ? first(SCOPE, reply.body()) : null;
                case BEARER -> "";
                default -> reply.headers().get("keyledger-permissions").intern();
            };
        }
        return record(kind, exchange, value.token(), value.account(), value.number(), told, 0);
    }

    /**
     * Creates a token.
     *
     * @param expiresAt absent: never
     * @return nothing where it is not known that there is one
     */
    @Nullable
    Token create(Owner owner, @Nullable Instant expiresAt, int node) {
        var name = "token " + NAMES.getAndIncrement();
        var exchange = manage(node, "POST", owner.tokens(), owner.headers(), """
            {"name": "%s", "permissions": ["tokens:read", "tokens:write"]%s}\
            """.formatted(
                        name, expiresAt == null ? "" : ", \"expiresAt\": \"" + expiresAt + "\""));
        if (exchange.status() == 422 && expiresAt != null && !Instant.now().isBefore(expiresAt)) {
            // It took so long that the token's time was over.
            return null;
        }
        if (exchange.status() != 201) {
            record(Kind.CREATE, exchange, "", owner.account(), 0, name, 0);
            return null;
        }
        var json = JSON.readTree(exchange.body());
        var id = json.path("id").asString();
        var value = new Value(id, owner.account(), 0, json.path("value").asString());
        record(Kind.CREATE, exchange, id, owner.account(), 0, name, exchange.position());
        var token = new Token(id, owner, value, exchange.position());
        created.add(token);
        return token;
    }

    /** Changes a token in the way of this kind. */
    Request change(Kind kind, int node, Token token) {
        var path = token.owner.tokens() + "/" + token.id;
        var headers = token.owner.headers();
        var name = "token " + NAMES.getAndIncrement();
        var exchange = switch (kind) {
            case REVOKE -> manage(node, "DELETE", path, headers, null);
            case ROTATE -> manage(node, "POST", path + "/rotate", headers, "{}");
            case REPLACE -> manage(node, "POST", path + "/rotate", headers, "{\"overlap\": \"0s\"}");
            case RENAME -> manage(node, "PATCH", path, headers, "{\"name\": \"%s\"}".formatted(name));
            case NARROW -> manage(node, "PATCH", path, headers, "{\"permissions\": [\"tokens:read\"]}");
            default -> manage(node, "PATCH", path, headers, enabled(kind == Kind.ENABLE));
        };
        if (exchange.status() == 200 && (kind == Kind.ROTATE || kind == Kind.REPLACE)) {
            var text = JSON.readTree(exchange.body()).path("value").asString();
            token.value = new Value(token.id, token.owner.account(), token.value.number() + 1, text);
        }
        token.position = Math.max(token.position, exchange.position());
        var told = kind == Kind.RENAME ? name : null;
        var number = token.value.number();
        return record(kind, exchange, token.id, token.owner.account(), number, told, exchange.position());
    }

    /** Reads a token with the receipt of its last change. */
    Request read(Token token, int node) {
        var headers = token.owner.headers() + "Keyledger-Position: " + token.position + "\r\n";
        var exchange = manage(node, "GET", token.owner.tokens() + "/" + token.id, headers, null);
        var shown = exchange.status() == 200;
        var revoked = shown && exchange.body().contains("\"status\":\"revoked\"") ? 1 : 0;
        var name = shown ? first(NAME, exchange.body()) : null;
        return record(Kind.READ, exchange, token.id, token.owner.account(), revoked, name, token.position);
    }

    /** Disables or enables an account. */
    Request change(Kind kind, int node, Owner owner) {
        var path = "/api/accounts/" + owner.account();
        var exchange = manage(node, "PATCH", path, owner.headers(), enabled(kind == Kind.ENABLE_ACCOUNT));
        return record(kind, exchange, owner.account(), owner.account(), 0, null, exchange.position());
    }

    /**
     * Registers a service account.
     *
     * @param administrator headers that tell who does
     * @return nothing where it is not known that there is one
     */
    @Nullable
    Owner registerServiceAccount(String administrator, int node) {
        var body = "{\"type\": \"service\", \"displayName\": \"service %d\"}".formatted(NAMES.getAndIncrement());
        var exchange = manage(node, "POST", "/api/accounts", administrator, body);
        if (exchange.status() != 201) {
            // Not in the history, which knows tokens' accounts by their changes alone.
            assertThat(exchange.status()).as("%s", exchange).isIn(History.NONE, 503);
            return null;
        }
        var id = JSON.readTree(exchange.body()).path("id").asString();
        return new Owner(id, "/api/accounts/" + id + "/tokens", administrator);
    }

    private Exchange manage(int node, String method, String path, String headers, @Nullable String body) {
        var all = body == null ? headers : headers + "Content-Type: application/json\r\n";
        return send(forChanges, node, method, path, all, body);
    }

    private Exchange send(
            List<HttpConnection> to, int node, String method, String path, String headers, @Nullable String body) {
        var begin = System.nanoTime();
        try {
            var reply = to.get(node).send(method, path, headers, body);
            var end = System.nanoTime();
            silent.remove(node);
            return new Exchange(node, begin, end, reply);
        } catch (IOException e) {
            var end = System.nanoTime();
            silent.add(node);
            // Nobody asks a dead server as fast as possible.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            return new Exchange(node, begin, end, null);
        }
    }

    private Request record(
            Kind kind,
            Exchange exchange,
            String subject,
            String account,
            int value,
            @Nullable String told,
            long position) {
        return history.add(new Request(
                kind,
                exchange.node(),
                subject,
                account,
                value,
                told,
                exchange.begin(),
                exchange.end(),
                exchange.status(),
                position));
    }

    private static String bearer(String value) {
        return "Authorization: Bearer " + value + "\r\n";
    }

    private static String enabled(boolean enabled) {
        return "{\"enabled\": %s}".formatted(enabled);
    }

    private static String first(Pattern pattern, String text) {
        var found = pattern.matcher(text);
        return found.find() ? found.group(1).intern() : "";
    }
}
