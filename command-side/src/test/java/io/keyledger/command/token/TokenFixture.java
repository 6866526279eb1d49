package io.keyledger.command.token;

import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.authentication.Permission;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.api.token.TokenCommand;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenPolicy;
import io.keyledger.api.token.TokenStatus;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import org.axonframework.modelling.command.VersionedAggregateIdentifier;
import org.axonframework.test.aggregate.AggregateTestFixture;
import org.axonframework.test.aggregate.TestExecutor;
import org.jspecify.annotations.Nullable;

/** The token {@code tok_1} of {@code acc_ada}, at noon. */
final class TokenFixture {

    static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
    static final Instant EVENING = Instant.parse("2026-11-01T18:00:00Z");

    private TokenFixture() {}

    static TestExecutor<Token> given(TokenEvent... events) {
        return given(new TokenPolicy(null, null), NOON, events);
    }

    /** @param at when the events happened */
    static TestExecutor<Token> given(TokenPolicy policy, Instant at, TokenEvent... events) {
        var fixture = new AggregateTestFixture<>(Token.class);
        fixture.registerInjectableResource(Clock.fixed(NOON, ZoneOffset.UTC));
        fixture.registerInjectableResource(new KeysInMemory());
        fixture.registerInjectableResource(policy);
        fixture.registerInjectableResource(
                new PermissionCatalogue(List.of(new Permission("invoices:read", "See invoices.", false))));
        fixture.registerCommandTargetResolver(message ->
                new VersionedAggregateIdentifier((Object) ((TokenCommand) message.getPayload()).tokenId(), null));
        return fixture.givenCurrentTime(at).andGiven((Object[]) events);
    }

    static PersonalText text(String text) {
        return PersonalText.of(text);
    }

    static TokenCreated created() {
        return new TokenCreated(
                "tok_1", "acc_ada", text("ci"), text("Builds"), List.of("tokens:read"), null, "digest", "klt_abcd");
    }

    static TokenCreated createdUntil(@Nullable Instant expiresAt) {
        return new TokenCreated(
                "tok_1", "acc_ada", text("ci"), null, List.of("tokens:read"), expiresAt, "digest", "klt_abcd");
    }

    /** What is answered about {@link #created()}. */
    static TokenDetails details(
            String name,
            @Nullable String description,
            List<String> permissions,
            @Nullable Instant expiresAt,
            long version) {
        return new TokenDetails(
                "tok_1",
                name,
                description,
                permissions,
                "klt_abcd",
                TokenStatus.ACTIVE,
                NOON,
                expiresAt,
                null,
                null,
                true,
                List.of(),
                null,
                null,
                version);
    }

    /** Holds no key, and opens only what belongs to an account whose key it was asked for. */
    private static final class KeysInMemory implements PersonalDataKeys {

        @Override
        public void create(String accountId) {
            throw new AssertionError("tokens make no keys");
        }

        @Override
        public void hold(Collection<String> accountIds) {}

        @Override
        public void lock(String accountId) {
            throw new AssertionError("tokens lock no keys");
        }

        @Override
        public void destroy(String accountId) {
            throw new AssertionError("tokens destroy no keys");
        }

        @Override
        public Keyring of(Collection<String> accountIds) {
            return new Keyring() {
                @Override
                public PersonalText.Sealed seal(String accountId, String context, String text) {
                    throw new AssertionError("aggregates seal nothing");
                }

                @Override
                public boolean isErased(String accountId) {
                    return false;
                }

                @Override
                public String open(String accountId, String context, PersonalText text) {
                    if (!accountIds.contains(accountId)) {
                        throw new AssertionError("the keyring lacks " + accountId);
                    }
                    return switch (text) {
                        case PersonalText.Clear(var clear) -> clear;
                        case PersonalText.Sealed _ -> throw new AssertionError("fixtures store texts in clear");
                    };
                }
            };
        }
    }
}
