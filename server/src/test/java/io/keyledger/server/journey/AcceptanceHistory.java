package io.keyledger.server.journey;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What requests with tokens were answered, and what made tokens good or bad, all by one monotonic clock; and the
 * question whether a request was answered as it must not have been.
 *
 * <p>While a change is under way, either answer will do. A request that starts after one change holds and ends before
 * the next is sent must be answered by that change.
 */
final class AcceptanceHistory {

    /** A request with a token, in {@link System#nanoTime()}. */
    record Request(String token, int node, long started, long ended, int status) {}

    /** @param holds from when on the change must be seen by every request that starts */
    private record Change(boolean good, long sent, long holds) {}

    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final Map<String, List<Change>> changes = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> ended = new ConcurrentHashMap<>();

    void add(Request request) {
        requests.add(request);
        ended.computeIfAbsent(request.token(), _ -> new AtomicInteger()).incrementAndGet();
    }

    void becomesGood(String token, long sent, long holds) {
        add(token, new Change(true, sent, holds));
    }

    void becomesBad(String token, long sent, long holds) {
        add(token, new Change(false, sent, holds));
    }

    private synchronized void add(String token, Change change) {
        changes.computeIfAbsent(token, _ -> new ArrayList<>()).add(change);
    }

    /** How many requests with this token have been answered. */
    int count(String token) {
        return ended.computeIfAbsent(token, _ -> new AtomicInteger()).get();
    }

    int size() {
        return requests.size();
    }

    /** How many requests had to be refused by this node. */
    long refusalsBy(int node, String token) {
        return requests.stream()
                .filter(request -> request.node() == node && request.token().equals(token))
                .filter(request -> Boolean.FALSE.equals(expected(request)))
                .count();
    }

    List<String> violations() {
        var found = new ArrayList<String>();
        for (var request : requests) {
            var good = expected(request);
            if (request.status() != 200 && request.status() != 401) {
                found.add("neither accepted nor refused: " + request);
            } else if (good != null && good != (request.status() == 200)) {
                found.add((good ? "refused though good: " : "accepted though bad: ") + request);
            }
        }
        return found;
    }

    /** Whether it had to be accepted; null where both answers are right. */
    private Boolean expected(Request request) {
        var ofToken = changes.getOrDefault(request.token(), List.of());
        if (ofToken.stream()
                .anyMatch(change -> change.sent() < request.ended() && change.holds() > request.started())) {
            return null;
        }
        return ofToken.stream()
                .filter(change -> change.holds() <= request.started())
                .max(Comparator.comparingLong(Change::holds))
                .map(Change::good)
                .orElse(null);
    }
}
