package io.keyledger.server.chaos;

import io.keyledger.server.chaos.History.Kind;
import io.keyledger.server.chaos.History.Request;
import io.keyledger.server.chaos.RecordingClient.Owner;
import io.keyledger.server.chaos.RecordingClient.Token;
import io.keyledger.server.chaos.RecordingClient.Value;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Chooses what one thread of the load sends next, and to which node: as a service, as an owner, as an administrator. */
final class VirtualUser implements AutoCloseable {

    /** Between two questions, where there is no hurry. */
    private static final Duration LEISURE = Duration.ofMillis(10);

    /** What the clocks of this process and of the database may differ by, on one machine. */
    private static final Duration CLOCKS = Duration.ofMillis(20);

    private final Load load;
    private final RecordingClient client;

    VirtualUser(Load load) {
        this.load = load;
        client = load.client();
    }

    @Override
    public void close() {
        client.close();
    }

    /** Asks a node without pause, mostly about what is being changed. */
    void askAbout(int node) {
        var random = ThreadLocalRandom.current();
        try (this) {
            while (!load.isOver()) {
                if (load.isCalm()) {
                    LockSupport.parkNanos(LEISURE.toNanos());
                }
                var value = load.anyWatched();
                if (value != null) {
                    var die = random.nextInt(20);
                    client.ask(
                            die < 12
                                    ? Kind.GATEWAY
                                    : die < 15 ? Kind.GATEWAY_WRITE : die < 18 ? Kind.INTROSPECTION : Kind.BEARER,
                            node,
                            value);
                }
            }
        }
    }

    /** Takes one token after the other from its creation to its revocation. */
    void manageTokens(Owner owner) {
        try (this) {
            for (var turn = 0; !load.isOver(); turn++) {
                awaitWork();
                if (turn % 4 == 3) {
                    expire(owner);
                } else if (turn % 4 == 1) {
                    changeInEveryWay(owner);
                } else {
                    var token = create(owner, null);
                    if (token != null) {
                        revoke(token);
                    }
                }
            }
        }
    }

    private void changeInEveryWay(Owner owner) {
        var token = create(owner, null);
        if (token == null) {
            return;
        }
        change(Kind.RENAME, token);
        client.read(token, anyNode());
        change(Kind.NARROW, token);
        askEverywhere(token.value);
        var first = token.value;
        if (change(Kind.ROTATE, token).isAcknowledged()) {
            askEverywhere(first);
            askEverywhere(token.value);
            askEverywhere(first);
        }
        var second = token.value;
        if (change(Kind.REPLACE, token).isAcknowledged()) {
            askEverywhere(second);
            askEverywhere(token.value);
        }
        change(Kind.DISABLE, token);
        askEverywhere(token.value);
        change(Kind.ENABLE, token);
        askEverywhere(token.value);
        revoke(token);
        client.read(token, anyNode());
    }

    /** A token that ends by itself, soon. */
    private void expire(Owner owner) {
        // Whatever keeps this thread waiting between two clocks belongs to what is not known.
        var before = System.nanoTime() - CLOCKS.toNanos();
        var now = Instant.now();
        var after = System.nanoTime() + CLOCKS.toNanos();
        var expiresAt = now.plusMillis(1_500).truncatedTo(ChronoUnit.MILLIS);
        var lasts = Duration.between(now, expiresAt).toNanos();
        var token = create(owner, expiresAt);
        if (token == null) {
            return;
        }
        load.expires(token, before + lasts, after + lasts);
        while (!load.isOver() && System.nanoTime() < after + lasts) {
            askEverywhere(token.value);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        askEverywhere(token.value);
        revoke(token);
    }

    private void revoke(Token token) {
        while (!load.isOver() && !change(Kind.REVOKE, token).isAcknowledged()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        askEverywhere(token.value);
    }

    /** Disables and enables an account, over and over; another one, where it is not known what became of it. */
    void toggleAccounts(String administrator) {
        try (this) {
            while (!load.isOver()) {
                var account = client.registerServiceAccount(administrator, anyNode());
                if (account != null) {
                    toggle(account);
                }
            }
        }
    }

    private void toggle(Owner account) {
        var tokens = new ArrayList<Token>();
        for (var i = 0; i < 3; i++) {
            var token = create(account, null);
            if (token != null) {
                tokens.add(token);
            }
        }
        while (!load.isOver()) {
            awaitWork();
            for (var kind : List.of(Kind.DISABLE_ACCOUNT, Kind.ENABLE_ACCOUNT)) {
                if (!client.change(kind, anyNode(), account).isAcknowledged()) {
                    return;
                }
                for (var token : tokens) {
                    load.watch(token.value);
                    askEverywhere(token.value);
                }
            }
        }
    }

    private @Nullable Token create(Owner owner, @Nullable Instant expiresAt) {
        var token = client.create(owner, expiresAt, anyNode());
        if (token != null) {
            load.watch(token.value);
            askEverywhere(token.value);
        }
        return token;
    }

    private Request change(Kind kind, Token token) {
        var request = client.change(kind, anyNode(), token);
        if (token.value.number() > 0) {
            load.watch(token.value);
        }
        return request;
    }

    private void askEverywhere(Value value) {
        for (var node = 0; node < load.nodes(); node++) {
            if (!load.isSilent(node)) {
                client.ask(Kind.GATEWAY, node, value);
                client.ask(Kind.GATEWAY_WRITE, node, value);
            }
        }
    }

    /** One that answers, as far as is known; now and then any. */
    private int anyNode() {
        var random = ThreadLocalRandom.current();
        var node = random.nextInt(load.nodes());
        for (var i = 0; i < load.nodes() && load.isSilent(node) && random.nextInt(20) > 0; i++) {
            node = (node + 1) % load.nodes();
        }
        return node;
    }

    private void awaitWork() {
        while (load.isCalm() && !load.isOver()) {
            LockSupport.parkNanos(LEISURE.toNanos());
        }
    }
}
