package io.keyledger.command.token;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.ChangeTokenExpiry;
import io.keyledger.api.token.RotateToken;
import io.keyledger.api.token.TokenDetails;
import io.keyledger.api.token.TokenValue;
import io.keyledger.command.Commands;
import io.keyledger.command.Receipt;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.stereotype.Component;

/** Gives tokens new values; for the API and the pages alike. */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class TokenRotation {

    private final Commands commands;
    private final String tokenPrefix;

    TokenRotation(Commands commands, @Value("${keyledger.token-prefix}") String tokenPrefix) {
        this.commands = commands;
        this.tokenPrefix = tokenPrefix;
    }

    /**
     * How a token is rotated.
     *
     * @param overlap how long the old value stays accepted at most: 0 to 7 days, such as {@code 24h}, {@code 7d} or
     *     {@code PT24H}; absent: 24 hours
     * @param expiresAt when the token ends from now on; absent: as before
     */
    public record Rotation(
            @Nullable String overlap, @Nullable Instant expiresAt) {

        Duration wantedOverlap() {
            if (overlap == null || overlap.isBlank()) {
                return RotateToken.DEFAULT_OVERLAP;
            }
            try {
                return DurationFormatterUtils.detectAndParse(overlap.strip());
            } catch (IllegalArgumentException e) {
                throw new Refusal.Unprocessable(
                        "overlap", "invalid_duration", "Give a duration from 0 to 7 days, such as 24h, 7d or PT24H.");
            }
        }
    }

    /** @param value shown this once */
    public record Rotated(TokenDetails token, String value, Receipt receipt) {

        @Override
        public String toString() {
            return "Rotated[***]";
        }
    }

    /**
     * Gives a token of the account a new value.
     *
     * @param accountId whose tokens the caller may change
     * @param version that the token must have; absent: any
     */
    public Rotated rotate(Caller caller, String accountId, String tokenId, Rotation wanted, @Nullable Long version) {
        var value = TokenValue.generate(tokenPrefix);
        var toSend = new ArrayList<Object>();
        toSend.add(new RotateToken(
                tokenId,
                accountId,
                Base64.getEncoder().encodeToString(value.digest()),
                value.hint(),
                wanted.wantedOverlap(),
                caller.permissions()));
        if (wanted.expiresAt() != null) {
            // Afterwards: by a policy, its lifetime counts from now.
            toSend.add(new ChangeTokenExpiry(tokenId, accountId, wanted.expiresAt()));
        }
        var receipt = commands.send(caller, version, toSend);
        return new Rotated(receipt.result(TokenDetails.class), value.reveal(), receipt);
    }
}
