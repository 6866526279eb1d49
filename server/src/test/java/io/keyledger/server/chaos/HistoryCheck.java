package io.keyledger.server.chaos;

import static java.util.stream.Collectors.toSet;

import io.keyledger.server.chaos.History.Kind;
import io.keyledger.server.chaos.History.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a history and the log of events at its end, and finds what must not have happened. What was not answered, or with
 * 503, may have happened at any time since, or not at all; everything else must be as if each request had taken effect
 * at one moment between its begin and its end.
 */
final class HistoryCheck {

    /** What was broken. */
    enum Rule {
        /** Success for a request that began after a revocation, disabling or expiry held, or before the creation. */
        ACCEPTED_THOUGH_BAD,
        /** 401 for a token that was good from begin to end. */
        REFUSED_THOUGH_GOOD,
        /** A permission that had been taken away, or the lack of one that was there. */
        WRONG_PERMISSION,
        /** An acknowledged change that the log does not have. */
        LOST,
        /** More events than changes were asked for. */
        DOUBLED,
        /** A read with the receipt of a change that does not see it. */
        RECEIPT_BROKEN,
        /** Neither what was asked for, nor 503. */
        UNEXPECTED_ANSWER
    }

    record Violation(Rule rule, String what) {}

    /** An event, as the log has it. */
    record Logged(long position, String subject, String type) {}

    private static final class Token {
        final String account;
        final Register<String> name;
        final Register<Boolean> revoked = new Register<>(false);
        final Register<Boolean> expired = new Register<>(false);
        final Register<Boolean> enabled = new Register<>(true);
        final Register<Boolean> mayWrite = new Register<>(true);
        final Map<Integer, Register<Boolean>> accepted = new HashMap<>();
        final Map<Integer, Uses> uses = new HashMap<>();

        Token(Request created) {
            account = created.account();
            name = new Register<>(Objects.requireNonNull(created.told()));
            accepted.put(0, new Register<>(false));
            accepted.get(0).change(true, created.begin(), created.end());
        }
    }

    /** Of one value of a token. */
    private static final class Uses {
        long begun = Register.NEVER;
        long accepted = Register.NEVER;
    }

    private final List<Request> requests;
    private final Map<String, Token> tokens = new HashMap<>();
    private final Map<String, Register<Boolean>> accounts = new HashMap<>();
    private final List<Violation> violations = new ArrayList<>();

    private HistoryCheck(List<Request> requests) {
        this.requests = requests;
    }

    /** @param requests in the order in which they were sent */
    static List<Violation> check(List<Request> requests, List<Logged> log) {
        var check = new HistoryCheck(requests);
        check.learn();
        check.judge();
        check.compare(log);
        return check.violations;
    }

    private void learn() {
        for (var request : requests) {
            if (request.kind() == Kind.CREATE && request.isAcknowledged()) {
                tokens.put(request.subject(), new Token(request));
            }
        }
        for (var request : requests) {
            var token = tokens.get(request.subject());
            if (token != null && isQuestion(request)) {
                var uses = token.uses.computeIfAbsent(request.value(), _ -> new Uses());
                uses.begun = Math.min(uses.begun, request.begin());
                if (isAccepted(request)) {
                    uses.accepted = Math.min(uses.accepted, request.end());
                }
            }
        }
        requests.stream()
                .filter(request -> request.kind().isChange() || request.kind() == Kind.EXPIRY)
                .filter(request -> request.isAcknowledged() || request.isOpen())
                .forEach(this::learn);
    }

    private void learn(Request change) {
        var holds = change.isAcknowledged() ? change.end() : Register.NEVER;
        if (change.kind() == Kind.DISABLE_ACCOUNT || change.kind() == Kind.ENABLE_ACCOUNT) {
            account(change.subject()).change(change.kind() == Kind.ENABLE_ACCOUNT, change.begin(), holds);
            return;
        }
        var token = tokens.get(change.subject());
        if (token == null) {
            return;
        }
        switch (change.kind()) {
            case RENAME -> token.name.change(Objects.requireNonNull(change.told()), change.begin(), holds);
            case NARROW -> token.mayWrite.change(false, change.begin(), holds);
            case DISABLE -> token.enabled.change(false, change.begin(), holds);
            case ENABLE -> token.enabled.change(true, change.begin(), holds);
            case EXPIRY -> token.expired.change(true, change.begin(), holds);
            case REVOKE -> token.revoked.change(true, change.begin(), holds);
            case ROTATE, REPLACE -> rotate(token, change, holds);
            default -> {}
        }
    }

    private static void rotate(Token token, Request rotation, long holds) {
        if (!rotation.isAcknowledged() || rotation.kind() == Kind.REPLACE) {
            token.accepted.values().forEach(value -> value.change(false, rotation.begin(), holds));
        } else {
            var uses = token.uses.getOrDefault(rotation.value(), new Uses());
            token.accepted.values().forEach(value -> value.change(false, uses.begun, uses.accepted));
        }
        if (rotation.isAcknowledged()) {
            var made = new Register<>(false);
            made.change(true, rotation.begin(), rotation.end());
            token.accepted.put(rotation.value(), made);
        }
    }

    private Register<Boolean> account(String id) {
        return accounts.computeIfAbsent(id, _ -> new Register<>(true));
    }

    private static boolean isQuestion(Request request) {
        return switch (request.kind()) {
            case GATEWAY, GATEWAY_WRITE, INTROSPECTION, BEARER -> true;
            default -> false;
        };
    }

    private static boolean isAccepted(Request request) {
        return (request.kind() == Kind.GATEWAY_WRITE && request.status() == 403)
                || (request.isAcknowledged() && request.told() != null);
    }

    private static boolean isRefused(Request request) {
        return request.kind() == Kind.INTROSPECTION
                ? request.isAcknowledged() && request.told() == null
                : request.status() == 401;
    }

    private void judge() {
        for (var request : requests) {
            if (request.kind() == Kind.EXPIRY || request.isOpen()) {
                continue;
            }
            if (isQuestion(request)) {
                judgeQuestion(request, tokens.get(request.subject()));
            } else if (request.kind() == Kind.READ) {
                judgeRead(request, tokens.get(request.subject()));
            } else if (!request.isAcknowledged()) {
                found(Rule.UNEXPECTED_ANSWER, request);
            }
        }
    }

    private void judgeQuestion(Request request, Token token) {
        if (isAccepted(request)) {
            if (!mayBe(true, token, request)) {
                found(Rule.ACCEPTED_THOUGH_BAD, request);
            } else if (request.kind() != Kind.BEARER) {
                var may = request.status() != 403
                        && Objects.requireNonNull(request.told()).contains("tokens:write");
                if (!token.mayWrite.mayBe(may, request.begin(), request.end())) {
                    found(Rule.WRONG_PERMISSION, request);
                }
            }
        } else if (!isRefused(request)) {
            found(Rule.UNEXPECTED_ANSWER, request);
        } else if (!mayBe(false, token, request)) {
            found(Rule.REFUSED_THOUGH_GOOD, request);
        }
    }

    /** Whether the value may have been good, or bad, at a moment of the request. */
    private boolean mayBe(boolean good, Token token, Request request) {
        var begin = request.begin();
        var end = request.end();
        var accepted = token.accepted.get(request.value());
        var enabled = account(token.account);
        return good
                ? accepted.mayBe(true, begin, end)
                        && token.revoked.mayBe(false, begin, end)
                        && token.expired.mayBe(false, begin, end)
                        && token.enabled.mayBe(true, begin, end)
                        && enabled.mayBe(true, begin, end)
                : accepted.mayBe(false, begin, end)
                        || token.revoked.mayBe(true, begin, end)
                        || token.expired.mayBe(true, begin, end)
                        || token.enabled.mayBe(false, begin, end)
                        || enabled.mayBe(false, begin, end);
    }

    private void judgeRead(Request read, Token token) {
        if (read.status() == 404 || read.status() == 400) {
            found(Rule.RECEIPT_BROKEN, read);
        } else if (!read.isAcknowledged()) {
            found(Rule.UNEXPECTED_ANSWER, read);
        } else if (!token.name.mayBe(Objects.requireNonNull(read.told()), read.begin(), read.end())
                || !token.revoked.mayBe(read.value() == 1, read.begin(), read.end())) {
            found(Rule.RECEIPT_BROKEN, read);
        }
    }

    private record Changes(String subject, String event) {}

    private static final class Count {
        int sent;
        int acknowledged;

        /** Acknowledged, and with an event of its own. */
        int certain;
    }

    /** What it is that may be so already; absent: each such change has its event, whatever was before. */
    private static @Nullable Kind state(Kind kind) {
        return switch (kind) {
            case REVOKE -> Kind.REVOKE;
            case DISABLE, ENABLE -> Kind.ENABLE;
            case DISABLE_ACCOUNT, ENABLE_ACCOUNT -> Kind.ENABLE_ACCOUNT;
            default -> null;
        };
    }

    private record Unknown(String subject, @Nullable Kind state) {}

    private void compare(List<Logged> log) {
        var byPosition = new HashMap<Long, Logged>();
        var logged = new HashMap<Changes, Integer>();
        for (var event : log) {
            byPosition.put(event.position(), event);
            logged.merge(new Changes(event.subject(), event.type()), 1, Integer::sum);
        }
        var counts = new HashMap<Changes, Count>();
        var taken = new HashSet<Long>();
        var unknown = new HashSet<Unknown>();
        for (var request : requests) {
            if (!request.kind().isChange() || !(request.isAcknowledged() || request.isOpen())) {
                continue;
            }
            var count = counts.computeIfAbsent(
                    new Changes(request.subject(), Objects.requireNonNull(request.kind().event)), _ -> new Count());
            var state = state(request.kind());
            count.sent++;
            if (request.isOpen()) {
                unknown.add(new Unknown(request.subject(), state));
                continue;
            }
            count.acknowledged++;
            // What is so already takes no event.
            if (state == null || !unknown.contains(new Unknown(request.subject(), state))) {
                count.certain++;
                var event = byPosition.get(request.position());
                if (event == null
                        || !event.subject().equals(request.subject())
                        || !event.type().equals(request.kind().event)) {
                    found(Rule.LOST, request);
                } else if (!taken.add(request.position())) {
                    found(Rule.DOUBLED, request);
                }
            }
        }
        var events = Arrays.stream(Kind.values()).map(kind -> kind.event).collect(toSet());
        logged.keySet().stream()
                .filter(changes ->
                        events.contains(changes.event()) && !changes.event().equals(Kind.CREATE.event))
                .forEach(changes -> counts.computeIfAbsent(changes, _ -> new Count()));
        counts.forEach((changes, count) -> {
            var found = logged.getOrDefault(changes, 0);
            var once = changes.event().equals(Kind.REVOKE.event);
            if (found < (once ? Math.min(count.acknowledged, 1) : count.certain)) {
                violations.add(new Violation(
                        Rule.LOST, "%s: %d acknowledged, %d logged".formatted(changes, count.acknowledged, found)));
            }
            if (found > (once ? Math.min(count.sent, 1) : count.sent)) {
                violations.add(
                        new Violation(Rule.DOUBLED, "%s: %d sent, %d logged".formatted(changes, count.sent, found)));
            }
        });
        var unanswered = counts.getOrDefault(new Changes("", Kind.CREATE.event), new Count()).sent;
        var strangers = log.stream()
                .filter(event -> event.type().equals(Kind.CREATE.event) && !tokens.containsKey(event.subject()))
                .count();
        if (strangers > unanswered) {
            violations.add(new Violation(
                    Rule.DOUBLED, "%d creations not answered, %d tokens unknown".formatted(unanswered, strangers)));
        }
    }

    private void found(Rule rule, Request request) {
        violations.add(new Violation(rule, request.toString()));
    }
}
