package io.keyledger.command.token;

import io.keyledger.api.ForRole;
import io.keyledger.api.Ids;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.CreateToken;
import io.keyledger.api.token.GetToken;
import io.keyledger.api.token.IdempotencyKey;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenValue;
import io.keyledger.command.Commands;
import io.keyledger.command.Digests;
import io.keyledger.command.Receipt;
import io.keyledger.command.token.TokenOwners.TokenOwner;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Creates tokens with their values; for the API and the pages alike. */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class TokenCreation {

    private final Commands commands;
    private final QueryGateway queries;
    private final JsonMapper json;
    private final String tokenPrefix;

    TokenCreation(
            Commands commands,
            QueryGateway queries,
            JsonMapper json,
            @Value("${keyledger.token-prefix}") String tokenPrefix) {
        this.commands = commands;
        this.queries = queries;
        this.json = json;
        this.tokenPrefix = tokenPrefix;
    }

    /**
     * What a new token shall be.
     *
     * @param permissions absent: none
     * @param expiresAt absent: never
     * @param allowedAddresses absent: from anywhere
     */
    public record NewToken(
            @Nullable String name,
            @Nullable String description,
            @Nullable Set<String> permissions,
            @Nullable Instant expiresAt,
            @Nullable List<String> allowedAddresses) {

        Set<String> wantedPermissions() {
            return permissions == null ? Set.of() : permissions;
        }

        @Override
        public String toString() {
            return "NewToken[***]";
        }
    }

    /** @param value shown this once; absent when this repeats an earlier creation with the same key */
    public record Created(TokenDetails token, @Nullable String value, Receipt receipt) {

        @Override
        public String toString() {
            return "Created[***]";
        }
    }

    /**
     * Creates a token.
     *
     * @param owner whose it shall be
     * @param idempotencyKey 1 to 255 printable ASCII characters: with the same one, the token is created once
     */
    public Created create(Caller caller, TokenOwner owner, NewToken wanted, @Nullable String idempotencyKey) {
        var value = TokenValue.generate(tokenPrefix);
        var receipt = commands.send(
                caller,
                new CreateToken(
                        Ids.newTokenId(),
                        owner.accountId(),
                        wanted.name(),
                        wanted.description(),
                        wanted.wantedPermissions(),
                        wanted.expiresAt(),
                        wanted.allowedAddresses() == null ? List.of() : wanted.allowedAddresses(),
                        Base64.getEncoder().encodeToString(value.digest()),
                        value.hint(),
                        owner.grantable(caller, wanted.wantedPermissions()),
                        idempotencyKey == null ? null : idempotencyKey(idempotencyKey, wanted)));
        if (receipt.result() instanceof IdempotencyKeys.Repeated repeated) {
            var token = queries.query(
                            new GetToken(owner.accountId(), repeated.tokenId(), receipt.position()), TokenDetails.class)
                    .join();
            return new Created(token, null, receipt);
        }
        return new Created(receipt.result(TokenDetails.class), value.reveal(), receipt);
    }

    private IdempotencyKey idempotencyKey(String key, NewToken wanted) {
        if (!key.matches("[\\x21-\\x7e]([\\x20-\\x7e]{0,253}[\\x21-\\x7e])?")) {
            throw invalidKey();
        }
        return new IdempotencyKey(key, Digests.sha256(json.writeValueAsBytes(wanted)));
    }

    static Refusal invalidKey() {
        return new Refusal.Malformed(
                "invalid_idempotency_key",
                "Send one Idempotency-Key of 1 to 255 printable ASCII characters, for example a UUID.");
    }
}
