package io.keyledger.server.chaos;

import io.keyledger.server.chaos.History.Kind;
import io.keyledger.server.chaos.History.Request;
import io.keyledger.server.chaos.RecordingClient.Owner;
import io.keyledger.server.chaos.RecordingClient.Token;
import io.keyledger.server.chaos.RecordingClient.Value;
import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.People;
import io.keyledger.server.journey.ServerProcess;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * People who manage tokens, and services that ask about these, on all nodes, until it is closed. Each token is changed by
 * one thread alone, which asks every node after each change; all others ask without pause. What each does next is up to
 * its {@link VirtualUser}; this starts and ends them, and has what they share.
 */
final class Load implements AutoCloseable {

    private static final int LAST_LOOKS = 1_000;

    private final Cluster cluster;
    private final History history;
    private final Client session;
    private final String resourceServer;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicReferenceArray<Value> watched = new AtomicReferenceArray<>(64);
    private final AtomicInteger nextWatched = new AtomicInteger();
    private final Queue<Token> tokens = new ConcurrentLinkedQueue<>();
    private final Set<Integer> silent = ConcurrentHashMap.newKeySet();
    private final RecordingClient control;
    private final Owner controller;
    private final Token first;
    private final List<Future<?>> users = new ArrayList<>();
    private final List<Future<?>> crowd = new ArrayList<>();
    private volatile boolean crowded;
    private volatile boolean calm;
    private volatile boolean over;

    /**
     * Starts it.
     *
     * @param askers at each node
     * @param changers at all of them
     */
    Load(Cluster cluster, History history, int askers, int changers) {
        this.cluster = cluster;
        this.history = history;
        var client = cluster.node(0).client();
        session = People.signIn(client, ServerProcess.ADMIN_EMAIL, ServerProcess.ADMIN_PASSWORD);
        var begin = System.nanoTime();
        var service = People.createToken(session, "resource server", "introspect");
        var end = System.nanoTime();
        var position = Long.parseLong(service.created().header("Keyledger-Position"));
        // Otherwise it is one that nobody asked for.
        history.add(new Request(Kind.CREATE, 0, service.id(), "", 0, "resource server", begin, end, 201, position));
        resourceServer = service.value();
        var owners = new ArrayList<Owner>();
        for (var i = 0; i <= changers; i++) {
            var person = People.register(session, client, "person" + i);
            owners.add(new Owner(person.accountId(), "/api/tokens", headers(person.session())));
        }
        controller = owners.removeLast();
        control = client();
        first = Objects.requireNonNull(control.create(controller, null, 0));
        watch(first.value);
        owners.forEach(owner -> users.add(threads.submit(() -> new VirtualUser(this).manageTokens(owner))));
        var administrator = headers(session);
        users.add(threads.submit(() -> new VirtualUser(this).toggleAccounts(administrator)));
        for (var i = 0; i < cluster.size(); i++) {
            var node = i;
            for (var asker = 0; asker < askers; asker++) {
                users.add(threads.submit(() -> new VirtualUser(this).askAbout(node)));
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
        try (var newcomer = client()) {
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
                try (var client = client()) {
                    while (crowded && !over) {
                        client.create(controller, null, node);
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
        var some = new ArrayList<>(tokens);
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
        for (var user : users) {
            try {
                user.get();
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

    RecordingClient client() {
        return new RecordingClient(cluster, history, resourceServer, silent, tokens);
    }

    int nodes() {
        return cluster.size();
    }

    boolean isCalm() {
        return calm;
    }

    boolean isOver() {
        return over;
    }

    /** Whether a node did not answer when it was last asked by anybody. */
    boolean isSilent(int node) {
        return silent.contains(node);
    }

    /** Has all others ask about it, until so many came after it that it is forgotten. */
    void watch(Value value) {
        watched.set(nextWatched.getAndIncrement() % watched.length(), value);
    }

    @Nullable
    Value anyWatched() {
        return watched.get(ThreadLocalRandom.current().nextInt(watched.length()));
    }

    /** Adds to the history that a token's time is over, between these two. */
    void expires(Token token, long begin, long end) {
        history.add(new Request(Kind.EXPIRY, 0, token.id, token.owner.account(), 0, null, begin, end, 200, 0));
    }
}
