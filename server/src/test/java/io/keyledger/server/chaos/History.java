package io.keyledger.server.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** What clients sent and what they were answered, all by one monotonic clock: {@link System#nanoTime()} of one process. */
final class History {

    /** No answer: the connection failed, or the client would not wait any longer. */
    static final int NONE = 0;

    /** What a request is for. */
    enum Kind {
        GATEWAY(null),
        /** Asks for the permission {@code tokens:write}, too. */
        GATEWAY_WRITE(null),
        INTROSPECTION(null),
        BEARER(null),
        /** Of a token, by whoever made its last change, with that one's receipt. */
        READ(null),
        /** No request: the token's time is over. */
        EXPIRY(null),
        CREATE("token.created"),
        RENAME("token.renamed"),
        /** Takes {@code tokens:write} away. */
        NARROW("token.permissions-changed"),
        DISABLE("token.disabled"),
        ENABLE("token.enabled"),
        /** The value before stays until the new one is used. */
        ROTATE("token.rotated"),
        /** The values before end at once. */
        REPLACE("token.rotated"),
        REVOKE("token.revoked"),
        DISABLE_ACCOUNT("account.disabled"),
        ENABLE_ACCOUNT("account.enabled");

        /** What the log tells of such a change; absent: it is none. */
        final @Nullable String event;

        Kind(@Nullable String event) {
            this.event = event;
        }

        boolean isChange() {
            return event != null;
        }
    }

    /**
     * A request.
     *
     * @param node which server it was sent to
     * @param subject the token's id, or that of the account that is changed; none of a creation without an answer
     * @param account whose token it is
     * @param value number of the token's value, counted from 0: with which it was asked, or that was made; of what was
     *     read: 1 where the token was shown as revoked
     * @param told permissions, null where the token was refused; the token's name, as it was given or read
     * @param status of HTTP, or {@link #NONE}
     * @param position that a change was answered with; 0: none
     */
    record Request(
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

        boolean isAcknowledged() {
            return status >= 200 && status < 300;
        }

        /** Nobody can say whether it did anything. */
        boolean isOpen() {
            return status == NONE || status == 503;
        }
    }

    private final Collection<Request> requests = new ConcurrentLinkedQueue<>();

    private final LongAdder size = new LongAdder();
    private final LongAdder revocations = new LongAdder();

    /** @return the same */
    Request add(Request request) {
        requests.add(request);
        size.increment();
        if (request.kind() == Kind.REVOKE && request.isAcknowledged()) {
            revocations.increment();
        }
        return request;
    }

    long size() {
        return size.sum();
    }

    /** Those that were acknowledged. */
    long revocations() {
        return revocations.sum();
    }

    /** In the order in which they were sent. */
    List<Request> requests() {
        var sorted = new ArrayList<>(requests);
        sorted.sort(Comparator.comparingLong(Request::begin));
        return sorted;
    }

    /** A JSON object a line. */
    void write(Path file) throws IOException {
        var json = new JsonMapper();
        try (var out = Files.newBufferedWriter(file)) {
            for (var request : requests()) {
                out.write(json.writeValueAsString(request));
                out.newLine();
            }
        }
    }
}
