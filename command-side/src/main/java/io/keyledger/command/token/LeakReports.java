package io.keyledger.command.token;

import io.keyledger.api.ForRole;
import io.keyledger.api.account.FindContacts;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.Origin;
import io.keyledger.api.token.FindTokensOfValues;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.ReportTokenLeak;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenOfValue;
import io.keyledger.api.token.TokenValue;
import io.keyledger.command.Commands;
import io.keyledger.command.account.AccountMail;
import io.keyledger.command.account.AccountMail.Letter;
import io.keyledger.command.account.AccountMail.Topic;
import io.keyledger.command.account.Passwords;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.axonframework.messaging.responsetypes.ResponseTypes;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/**
 * Ends tokens whose values were found in public, at once, and tells their owners. What is no value of ours is passed
 * over in silence, so that nobody learns from the answer which of many are good.
 */
@Component
@ForRole(ForRole.Role.COMMAND)
final class LeakReports {

    private static final Logger LOG = LoggerFactory.getLogger(LeakReports.class);
    private static final int SOURCE_URL_MAX = 500;

    private final Commands commands;
    private final QueryGateway queries;
    private final Passwords passwords;
    private final AccountMail mail;

    LeakReports(Commands commands, QueryGateway queries, Passwords passwords, AccountMail mail) {
        this.commands = commands;
        this.queries = queries;
        this.passwords = passwords;
        this.mail = mail;
    }

    /** @param url where it was found */
    record Leak(@Nullable String value, @Nullable String url) {

        @Override
        public String toString() {
            return "Leak[***]";
        }
    }

    /**
     * Revokes every token that one of these values is accepted for; when this returns, no node accepts it any more.
     *
     * <p>One that cannot be revoked holds up no other: its failure is thrown when all were tried, so that whoever reports
     * it tries again.
     *
     * @param source who reports it; absent: somebody unknown
     */
    @SuppressWarnings("IllegalCatch") // Whatever fails for one token, the others are in public, too.
    void report(Origin origin, @Nullable String source, Collection<Leak> leaks) {
        var byDigest = new TreeMap<String, Leak>();
        for (var leak : leaks) {
            if (leak.value() != null) {
                TokenValue.parse(leak.value().strip())
                        .ifPresent(value ->
                                byDigest.putIfAbsent(Base64.getEncoder().encodeToString(value.digest()), leak));
            }
        }
        RuntimeException failure = null;
        for (var token : find(byDigest)) {
            try {
                report(origin, source, token, byDigest.get(token.digest()));
            } catch (RuntimeException e) {
                LOG.error("{} was reported as leaked and could not be revoked: {}", token.tokenId(), e.toString());
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private List<TokenOfValue> find(Map<String, Leak> byDigest) {
        return queries.query(
                        new FindTokensOfValues(List.copyOf(byDigest.keySet())),
                        ResponseTypes.multipleInstancesOf(TokenOfValue.class))
                .join();
    }

    private void report(Origin origin, @Nullable String source, TokenOfValue token, @Nullable Leak leak) {
        if (token.retired() && !passwords.mayHappen("retired value leaked:" + token.digest(), 1, Duration.ofHours(1))) {
            return;
        }
        var receipt = commands.send(
                Caller.anonymous(origin),
                new ReportTokenLeak(token.tokenId(), token.digest(), token.hint(), source, url(leak)));
        if (receipt.result(Boolean.class)) {
            tellOwners(origin, token, receipt.position());
        }
    }

    private static @Nullable String url(@Nullable Leak leak) {
        if (leak == null || leak.url() == null || leak.url().isBlank()) {
            return null;
        }
        return leak.url().length() <= SOURCE_URL_MAX ? leak.url() : leak.url().substring(0, SOURCE_URL_MAX);
    }

    @SuppressWarnings("IllegalCatch") // The token is revoked, whether or not its owner can be told right now.
    private void tellOwners(Origin origin, TokenOfValue token, long position) {
        if (!mail.isConfigured()) {
            return;
        }
        try {
            var name = queries.query(new GetToken(token.accountId(), token.tokenId(), position), TokenDetails.class)
                    .join()
                    .name();
            for (var email : queries.query(
                            new FindContacts(token.accountId()), ResponseTypes.multipleInstancesOf(String.class))
                    .join()) {
                mail.send(
                        origin,
                        () -> Optional.of(new Letter(Topic.TOKEN_LEAKED, email, null, List.of(name, token.hint()))));
            }
        } catch (RuntimeException e) {
            LOG.warn("The owner of {} could not be told of its leak: {}", token.tokenId(), e.toString());
        }
    }
}
